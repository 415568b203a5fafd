"""Shows things in a terminal: an answer as it comes, its citations with file, place and quote, the progress of long work."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from assistant.answer.notes import BOTH
from assistant.answer.retold import retold
from assistant.answer.wording import language
from ingest.base.plain import line, text

if TYPE_CHECKING:
    from assistant.answer.outcome import Answer, Event
    from assistant.search.question import Question
    from ingest.space.entity import Entity, Locator
from ingest.text.paths import telling

WHOSE = {
    "model": "the model's words, checked against the sources",
    "possibly": "not sure enough for an answer: this is where it may stand",
    "calculation": "computed from the rows",
    "refusal": "nothing in the sources you may read answers this",
    "talk": "about the assistant and its files",
}
LONGEST_QUOTE = 160


def question(asked: Question, out: TextIO | None = None) -> None:
    """Prints a question as it was heard, with what was read in its picture, so that a person sees what was understood."""
    out = out or sys.stdout
    said = asked.shown.named(asked.text) if asked.shown else asked.text
    out.write("\n".join([f"  asked: {line(said)}", *(f"  note: {line(note)}" for note in asked.notes)]) + "\n")


def answer(events: Iterable[Event], out: TextIO | None = None) -> Answer:
    """Prints the answer and returns it. A draft is shown while it is written and replaced by what stood the check."""
    from assistant.answer.outcome import Answer, Draft

    out = out or sys.stdout
    live = out.isatty()
    drafted = ""
    final: Answer | None = None
    for event in events:
        if isinstance(event, Draft) and live:
            drafted += event.text
            out.write(text(event.text))
            out.flush()
        elif isinstance(event, Answer):
            final = event
    assert final is not None, "the last event of an answer is the answer"
    if drafted:
        getattr(out, "raw", out).write("\r\x1b[2K" if "\n" not in drafted else "\n")  # this one is meant to act
    out.write("\n".join([text(final.answer), *map(line, _proof(final))]) + "\n")
    return final


def hit(number: int, entity: Entity, path: str) -> str:
    """One thing that was found: file, place, first words."""
    where = place(entity.locator)
    return line(f"{number}. {Path(path).name}" + (f", {where}" if where else "")) + f"\n   {line(_short(entity.text))}"


def progress(total: int | None, unit: str, quiet: bool) -> Any:
    """A bar with rate and remaining time on a terminal; silent elsewhere."""
    from tqdm import tqdm

    out = getattr(sys.stderr, "raw", sys.stderr)  # a bar is meant to act, and says nothing of others
    return tqdm(total=total, unit=unit, disable=quiet or not out.isatty(), file=out, dynamic_ncols=True)


def place(locator: Locator) -> str:
    """A place in words: "page 4", "0:12-0:15", "row 17 of sheet Orders"."""
    says = []
    if locator.page is not None:
        says.append(f"page {locator.page}")
    if locator.start is not None:
        says.append(f"{_clock(locator.start)}-{_clock(locator.end or locator.start)}")
    if locator.window is not None:
        says.append(" to ".join(locator.window))
    if locator.row is not None:
        says.append(f"row {locator.row}" + (f" of sheet {locator.sheet}" if locator.sheet else ""))
    if locator.box is not None and locator.page is None:
        says.append("box " + ",".join(f"{value:.0f}" for value in locator.box))
    if locator.part is not None:
        says.append(locator.part)
    return ", ".join(says)


def _proof(final: Answer) -> list[str]:
    lines = [f"  ({BOTH if BOTH in final.notes else WHOSE[final.how]})"]
    names = telling(citation.source for citation in final.citations)
    for citation in final.citations:
        where = place(citation.locator)
        gone = " (the file is gone since it was read)" if citation.gone else ""
        lines.append(f"  [{citation.mark}] {names[citation.source]}{gone}" + (f", {where}" if where else ""))
        lines.append(f"      “{_short(retold(citation.quote, citation.kind, language(final.question)))}”")
    return [*lines, *(f"  note: {note}" for note in final.notes if note != BOTH)]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1] + "…"


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
