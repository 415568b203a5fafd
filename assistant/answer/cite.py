"""Marks in an answer become citations: the entity, its exact place, and words that stand there letter for letter.

A mark that names no source is taken out of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from assistant.answer.evidence import Evidence
from assistant.answer.retold import retold
from assistant.answer.verify import MARK
from assistant.answer.wording import language
from ingest.source import is_gone
from ingest.space.entity import OLDER_MESSAGE, Entity, Locator
from ingest.space.facts import WrittenFacts
from ingest.space.space import Near
from ingest.text.codes import codes, figures
from ingest.text.split import sentences
from ingest.text.terms import terms

SourceName = Callable[[str], str]
"""The path of a source by its id."""

_ITEM = re.compile(r"\s*(?:\d{1,2}[.)．]|[-・•*])\s")
_LEADING = re.compile(r"(?:\s*[\[［]\d{1,2}[\]］])+\s*")
NEAR = 0.75
"""Share of the most that any source has in common with a line, from which on a mark stands."""
FOUND = 0.4
"""Share of a line's terms that a source has in common with it, from which on it is taken for the source."""
QUOTED = 320
"""Characters of a passage that are quoted under what is said of it."""
BESIDE = 320
"""Characters of what stands beside a quotation that are shown where nothing is said of it: all of a list or a rule."""
OWN = 0.15
"""What a stretch of the very entity that was found has before one of what stands around it."""
OLDER = 0.3
"""What a stretch has less in which a message quotes an older one: the newest words hold."""
ASKED = 0.5
"""What the words of the question count beside those of the answer where a passage is chosen."""
FURTHER = 0.5
"""Share of a quotation's terms that an answer lacks, from which on it is shown under the answer."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One mark of an answer. `quote` is a verbatim part of the entity's text, of a line or an utterance with those beside it;
    `source` is a path."""

    mark: int
    entity: str
    kind: str
    source_id: str
    source: str
    title: str
    locator: Locator
    quote: str

    def told(self, question: str) -> str:
        """Its line in the answer to a question: what a reader said of a thing is told in the language that is asked in."""
        return f"“{' '.join(retold(self.quote, self.kind, language(question)).split())}” [{self.mark}]"

    @property
    def gone(self) -> bool:
        """Whether the file it names is not there any more; what it said was read before."""
        return is_gone(self.source)

    def as_dict(self) -> dict[str, Any]:
        return {
            "mark": self.mark, "entity": self.entity, "kind": self.kind, "source_id": self.source_id,
            "source": self.source, "locator": self.locator.as_dict(), "quote": self.quote, "gone": self.gone,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """What a source holds: figures and codes; terms and figures."""

    exact: set[str]
    words: set[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence or list item of an answer and the sources it names; an aside ("Not in the sources: ...") names none."""

    text: str
    marks: tuple[int, ...]
    aside: bool = False

    def __str__(self) -> str:
        return " ".join([self.text, *(f"[{mark}]" for mark in self.marks)])

    @property
    def item(self) -> bool:
        """Whether it is a step or a point of a list, which is not whole without it."""
        return bool(_ITEM.match(self.text))


def lines(answer: str, count: int) -> list[Line]:
    """The sentences and items of an answer. One without a mark has that of what follows it.

    Args:
        count: how many sources there are; other marks are taken out.
    """
    found: list[Line] = []
    for text in _sentences(answer):
        if (leading := _LEADING.match(text)) and found:
            found[-1] = _marked(found[-1], leading[0], count)
            text = text[leading.end() :]
        said = MARK.sub("", text).strip()
        if said:
            line = _marked(Line(said, ()), text, count)
            found.append(replace(line, aside=not line.marks and said.endswith((":", "：", "?", "？"))))
    for at in range(len(found) - 2, -1, -1):
        if not found[at].marks and not found[at].aside:
            found[at] = replace(found[at], marks=found[at + 1].marks)
    return _once(found)


def settled(found: Sequence[Line], sources: Sequence[Evidence]) -> list[Line]:
    """The lines under the sources that have most in common with them: first of their figures and codes, which are the same
    in every language, then of their words. A mark of the model stands where its source has nearly as much."""
    there = held(sources)
    return [line if line.aside or not there else replace(line, marks=_nearest(line, there)) for line in found]


def _nearest(line: Line, there: Sequence[Held]) -> tuple[int, ...]:
    common = _common(line, there)
    best = max(range(len(common)), key=lambda n: (*common[n], n))  # of equals, the source that was ranked better
    most, share = common[best]
    near = _near(common)
    stands = tuple(mark for mark in line.marks if mark in near)
    return stands or ((best + 1,) if most or share >= FOUND else line.marks)


def rivals(line: Line, there: Sequence[Held]) -> tuple[int, ...]:
    """The marks of the sources that hold as many of a line's figures and codes as any and nearly as many of its words;
    none where none holds any figure or code of it."""
    common = _common(line, there)
    return _near(common) if any(count for count, _ in common) else ()


def _near(common: Sequence[tuple[int, float]]) -> tuple[int, ...]:
    most, share = max(common)
    return tuple(mark for mark, one in enumerate(common, 1) if one[0] == most and one[1] >= NEAR * share)


def _common(line: Line, there: Sequence[Held]) -> list[tuple[int, float]]:
    """For each source how many of a line's figures and codes stand there, and which share of its words."""
    said, wanted = set(terms(line.text)) | figures(line.text), _exact(line.text)
    return [(len(wanted & one.exact), len(said & one.words) / max(len(said), 1)) for one in there]


def held(sources: Sequence[Evidence]) -> list[Held]:
    return [Held(_exact(one.words), set(terms(one.words)) | figures(one.words)) for one in sources]


def _exact(text: str) -> set[str]:
    return figures(text) | codes(text)


def in_order(said: Sequence[Line], sources: Sequence[Evidence]) -> tuple[list[Line], list[Evidence]]:
    """The lines with marks counted as they appear, and the sources that they name, in that order."""
    order = list(dict.fromkeys(mark for line in said for mark in line.marks))
    counted = {mark: number for number, mark in enumerate(order, 1)}
    lines = [replace(line, marks=tuple(counted[mark] for mark in line.marks)) for line in said]
    return lines, [sources[mark - 1] for mark in order]


def by_words(about: str, texts: Sequence[str]) -> list[float]:
    """The share of the terms and figures of `about` that stand in each text."""
    wanted = set(terms(about)) | figures(about)
    return [len(wanted & (set(terms(text)) | figures(text))) / max(len(wanted), 1) for text in texts]


def from_lines(
    said: Sequence[Line], sources: Sequence[Evidence], name: SourceName, about: str = "", near: Near = by_words
) -> list[Citation]:
    """One citation per mark, with the words of that source that carry best what is said under it, and what was asked."""
    words = under(said)
    return [passage(mark, sources[mark - 1], words[mark], about, name, near) for mark in sorted(words)]


def under(said: Iterable[Line]) -> dict[int, str]:
    """What is said under each mark, in the order of the first lines that bear it."""
    found: dict[int, list[str]] = {}
    for line in said:
        for mark in line.marks:
            found.setdefault(mark, []).append(line.text)
    return {mark: " ".join(texts) for mark, texts in found.items()}


def passage(
    mark: int, source: Evidence, said: str, asked: str, name: SourceName, near: Near = by_words, beside: int = 0
) -> Citation:  # fmt: skip
    """The stretch of a source that is nearest to what is said and asked: in words, by `near`, and in the figures and codes
    that are said and not asked, which are the same in every language; with `beside` characters of what stands beside it."""
    cuts = [(one, start, end) for one in source.members for start, end in _stretches(one.text)]
    if not cuts:
        return _citation(mark, source.hit.entity, 0, min(len(source.hit.entity.text), QUOTED), name)
    texts, exact = [one.text[start:end] for one, start, end in cuts], _exact(said) - _exact(asked)
    scores = [
        share + ASKED * shared + close + len(exact & _exact(text)) / max(len(exact), 1)
        for text, share, shared, close in zip(
            texts, by_words(said, texts), by_words(asked, texts), near(f"{said} {asked}".strip(), texts), strict=True
        )
    ]
    found = [one.id == source.hit.entity.id for one, _, _ in cuts]
    older = [one.locator.part == OLDER_MESSAGE for one, _, _ in cuts]
    best = max(range(len(cuts)), key=lambda n: scores[n] + OWN * found[n] - OLDER * older[n])
    entity, start, end = cuts[best]
    if entity.traits.lines and (line := _line_in(source.members, texts[best], said or asked)):
        entity, start, end = line, 0, len(line.text)
    cited = _citation(mark, entity, *_wider(entity.text, start, end, beside), name)
    pieces = entity.traits.flows and entity.traits.perceived
    return replace(cited, quote=_among(entity, source.members, QUOTED + beside)) if pieces else cited


def _line_in(members: Sequence[Entity], text: str, said: str) -> Entity | None:
    """The line of a picture that has what the picture's own text has of something said: all its figures, most of its words."""
    lines = [one for one in members if one.traits.flows]
    if not lines:
        return None
    whole, *there = by_words(said, [text, *(one.text for one in lines)])
    most = max(range(len(lines)), key=lambda n: there[n])
    exact = _exact(said) & _exact(text) <= _exact(lines[most].text)
    return lines[most] if exact and 2 * there[most] > whole else None


def _wider(text: str, start: int, end: int, beside: int) -> tuple[int, int]:
    """A stretch with whole sentences beside it, those behind it first, as many as there is room for."""
    most, spans = end - start + beside, list(sentences(text))
    end = max((one.end for one in spans if end < one.end <= start + most), default=end)
    start = min((one.start for one in spans if end - most <= one.start < start), default=start)
    return start, end


def _among(entity: Entity, members: Sequence[Entity], most: int) -> str:
    """What a machine cut into pieces: one of them with those that stand beside it, as many as can be quoted, nearest first.

    A question that was heard is one utterance and its answer the next; a line of a receipt alone says nothing.
    """
    pieces = [one for one in members if one.kind == entity.kind]
    at = next(n for n, one in enumerate(pieces) if one.id == entity.id)
    first, last = at, at
    for n in sorted(range(len(pieces)), key=lambda n: abs(n - at)):
        wider = range(min(first, n), max(last, n) + 1)
        if len(wider) == last - first + 2 and sum(len(pieces[k].text) + 1 for k in wider) <= most:
            first, last = wider[0], wider[-1]
    return "\n".join(one.text for one in pieces[first : last + 1])


def told(citations: Iterable[Citation], question: str) -> list[str]:
    """The lines of citations in the answer to a question."""
    return [one.told(question) for one in citations]


def quotes(said: Sequence[Line], citations: Sequence[Citation], question: str) -> list[str]:
    """The source's own words under an answer, where it says more than the answer did."""
    known = set(terms(" ".join(line.text for line in said)))
    words = {one.mark: set(terms(one.quote)) for one in citations}
    return told([one for one in citations if len(words[one.mark] - known) > FURTHER * len(words[one.mark])], question)


def whole(mark: int, entity: Entity, name: SourceName) -> Citation:
    """The citation of all an entity says."""
    return _citation(mark, entity, 0, len(entity.text), name)


def _sentences(answer: str) -> Iterator[str]:
    """Lines, and their sentences with the marks behind them."""
    for line in answer.split("\n"):
        item = _ITEM.match(line)
        if item or not line.strip():
            yield line.strip()
            continue
        yield from (line[span.start : span.end].strip() for span in sentences(line))


def _marked(line: Line, text: str, count: int) -> Line:
    """The line with the marks of a text as well, as far as there are such sources."""
    marks = (mark for mark in map(int, MARK.findall(text)) if 1 <= mark <= count)
    return replace(line, marks=tuple(dict.fromkeys((*line.marks, *marks))))


def _once(found: Sequence[Line]) -> list[Line]:
    return list({line.text: line for line in reversed(found)}.values())[::-1]


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Sentences, joined to up to `QUOTED` characters; a text without any is cut."""
    spans = [(span.start, span.end) for span in sentences(text)]
    for at, (start, end) in enumerate(spans):
        fitting = (further for _, further in spans[at:] if further - start <= QUOTED)
        yield start, max(fitting, default=min(end, start + QUOTED))
    if not spans and text:
        yield 0, min(len(text), QUOTED)


def _citation(mark: int, entity: Entity, start: int, end: int, name: SourceName) -> Citation:
    return Citation(
        mark, entity.id, entity.kind, entity.source, name(entity.source), entity.title, _place(entity, start, end),
        entity.text[start:end],
    )  # fmt: skip


def _place(entity: Entity, start: int, end: int) -> Locator:
    """The entity's place, narrowed to the quotation: its lines' box in a picture, its characters where they map."""
    box = _box(entity, start, end)
    if box is not None:
        return replace(entity.locator, box=box)
    chars = entity.locator.chars
    if chars is None or chars[1] - chars[0] != len(entity.text):
        return entity.locator
    return replace(entity.locator, chars=(chars[0] + start, chars[0] + end))


def _box(entity: Entity, start: int, end: int) -> tuple[float, float, float, float] | None:
    """The box around the lines that a range of the text touches, for text read from a picture line by line."""
    boxes, place = [], 0
    for line in cast(WrittenFacts, entity.facts).get("lines") or ():
        found = entity.text.find(line["text"], place)
        if found < 0:
            return None
        place = found + len(line["text"])
        if found < end and start < place:
            boxes.append(line["box"])
    if not boxes:
        return None
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)
