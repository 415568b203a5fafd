"""Why a sentence cannot stand, as far as that can be told exactly: what must be there and isn't, what claims too much."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer import notes, verify
from assistant.answer.cite import Line
from assistant.answer.evidence import Evidence
from assistant.compute.mentions import mentions
from assistant.search.wants import Wants
from ingest.text.language import language_of
from ingest.text.terms import terms

NAMED = 4
"""Terms of a name or title, at most."""


def fault(line: Line, question: str, wants: Wants, sources: Sequence[Evidence]) -> str:
    """What is wrong with a line of an answer to a question that wants this, in plain words; "" if it can stand."""
    if not line.marks:
        return "" if line.aside else notes.SILENT
    cited = [sources[mark - 1] for mark in line.marks]
    held = "\n".join(one.words for one in cited)
    if (
        not verify.speaks_of(question, held)
        or verify.strange(question, held)
        or any(_other_day(one, question) for one in cited)
    ):
        return notes.ELSEWHERE
    if wants == "rows" and all(map(_is_part, cited)):
        return notes.PART
    if all(map(_is_summary, cited)):
        return notes.SUMMARY
    if verify.repeats(line.text, question):
        return notes.REPEATS
    if line.text.endswith(("?", "？")) and not _quoted(line.text, held):
        return notes.ASKS
    if _foreign(line.text, question) and not (line.item and _quoted(line.text, held)):
        return notes.FOREIGN
    lost = verify.missing(line.text, question, held)
    return notes.MISSING.format(", ".join(lost)) if lost else ""


def _foreign(said: str, question: str) -> bool:
    """Whether a whole sentence is in the other of the two languages; a name or a code alone is in none."""
    languages = {language_of(said), language_of(question)}
    return languages == {"en", "ja"} and len(terms(said)) > NAMED


def _quoted(said: str, held: str) -> bool:
    """Whether a line stands in its source as it is: a field, a label, an option of a list."""
    return " ".join(verify.bare(said).split()) in " ".join(held.split())


def _other_day(source: Evidence, question: str) -> bool:
    """Whether it is of a record, and of other days than the question names."""
    asked = mentions(question).days
    return bool(asked) and source.hit.entity.traits.look == "chart" and not asked & mentions(source.words).days


def _is_summary(source: Evidence) -> bool:
    """Whether it tells of a column how many values it has and between which they lie, which answers no question about rows."""
    return all(one.kind == "column" for one in source.members)


def _is_part(source: Evidence) -> bool:
    """Whether it is one window of a record that has more, or one row of a table."""
    entity = source.hit.entity
    return entity.kind == "row" or (entity.traits.look == "chart" and bool(entity.parent))
