"""What the reader is given of a hit: the stretch of its file that it stands in, under the name of that file.

The passages of a file are parted once into stretches of about one length, rather between headings than inside, so that a
short section is given with what stands around it, a list with all its items, and the same stretch is the same text
whatever found it. A picture or a scanned page is given with all the lines in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest.space.entity import Entity
from ingest.text.language import JAPANESE

if TYPE_CHECKING:
    from assistant.search.retrieve import Hit

LONGEST = 1500
"""Letters of one stretch; about 370 tokens of the reader."""
WIDE = 3.2
"""Latin letters that a Japanese one counts for: about as many tokens, and as long as those the reader was trained on."""
HEADING = 8
"""Letters that a heading between passages counts for."""

Around = Callable[[Entity], Sequence[Entity]]
"""Other entities around one, in reading order, as far as the viewer may read them."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One numbered source.

    Attributes:
        hit: what was found; members: the entities whose words are given, in their order.
        title: name of the file and headings; text: what is given.
    """

    hit: Hit
    members: tuple[Entity, ...]
    title: str
    text: str

    @property
    def words(self) -> str:
        return f"{self.title}\n{self.text}"


def gather(
    hits: Sequence[Hit], path: Callable[[str], str], inside: Around, beside: Around, most: int | None = None
) -> list[Evidence]:
    """The hits as sources, each stretch of a file once, at most so many.

    Args:
        path: where a source lies.
        inside: the lines and passages of a picture or page.
        beside: all of its kind and scope in its file, or in the picture that it is part of, itself among them.
    """
    found: list[Evidence] = []
    known: set[str] = set()
    for hit in hits:
        if len(found) == most:
            break
        if hit.entity.id in known:
            continue
        members = tuple(_members(hit.entity, inside, beside))
        known |= {one.id for one in members}
        found.append(given(hit, members, path(hit.entity.source)))
    return found


def given(hit: Hit, members: Sequence[Entity], path: str) -> Evidence:
    """What is given of these entities."""
    titles = [one.title.split(" > ") for one in members if one.title]
    shared = [level[0] for level in takewhile(lambda level: len(set(level)) == 1, zip(*titles, strict=False))]
    title = " > ".join(filter(None, [PurePath(path).name, *shared]))
    return Evidence(hit, tuple(members), title, _cut("\n".join(_lines(members, len(shared)))))


def stretches(flow: Sequence[Entity]) -> list[list[Entity]]:
    """The entities of one kind in a file, in reading order, parted: whole sections as far as they fit."""
    found: list[list[Entity]] = [[]]
    size = 0.0
    for _, section in groupby(flow, key=lambda one: one.title):
        costs = [(one, length(one.text) + HEADING) for one in section]
        whole = sum(cost for _, cost in costs)
        breaks = size + whole > LONGEST and (whole <= LONGEST or size >= LONGEST / 2)
        for one, cost in costs:
            if found[-1] and (breaks or size + cost > LONGEST):
                found.append([])
                size = 0.0
            breaks = False
            found[-1].append(one)
            size += cost
    return [part for part in found if part]


def length(text: str) -> float:
    """Letters, Japanese ones counted for what they cost the reader."""
    return len(text) + (WIDE - 1) * len(JAPANESE.findall(text))


def _members(entity: Entity, inside: Around, beside: Around) -> Sequence[Entity]:
    if entity.traits.lines:
        return [entity, *inside(entity)]
    if not entity.traits.flows:
        return [entity]
    parted = stretches(beside(entity))
    return next((one for one in parted if any(member.id == entity.id for member in one)), [entity])


def _lines(members: Sequence[Entity], shared: int) -> Iterator[str]:
    """The texts, each new heading above what stands under it; what a picture's own text says already is not said again."""
    before: Sequence[str] = []
    told = "".join(one.text for one in members if one.traits.lines)
    for one in members:
        if one.text.strip() in told and not one.traits.lines:
            continue
        headings = one.title.split(" > ")[shared:] if one.title else []
        if headings and headings != before:
            yield headings[-1]
        before = headings
        yield one.text.strip()


def _cut(text: str) -> str:
    """At most `LONGEST` and a quarter: one passage alone may be longer than a stretch."""
    while length(text) > 1.25 * LONGEST:
        text = text[: int(len(text) * 1.25 * LONGEST / length(text))]
    return text
