"""Whether the distance between a picture, a sound, a measurement, a row and a sentence means something.

    kotonoha evaluate space [--file FOLDER] [--json]

FOLDER holds files and `topics.jsonl`; default is the sample firm. A topic names, by regular expressions over words, the
entities of each modality that speak of it. Each of them is asked for the others: how often one about the same topic is
among the nearest 1 and 5 of the other modality, as they lie and after the mean of each modality is taken off; beside it
what chance gives. The gap is the distance between the means of two modalities (Liang et al. 2022, arXiv 2203.02053).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .table import Cell, Table

if TYPE_CHECKING:
    from ingest.base.settings import Settings
    from ingest.readers import Reader
    from ingest.space.entity import Entity
    from ingest.space.space import Space, Vectors

OF_READER = {"image": "picture", "audio": "sound", "sensor": "sensor"}
OF_KIND = {
    "table": "table", "row": "table", "column": "table", "picture": "picture", "region": "picture",
    "concept": "concept",
}  # fmt: skip

NEAREST = 5


@dataclass(frozen=True, slots=True)
class Topic:
    """What is spoken of, and by modality a regular expression that finds the entities which speak of it."""

    topic: str
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Modality:
    """What entities of one modality say, without headings, and where they lie, [n, dim], unit length."""

    texts: tuple[str, ...]
    addresses: Vectors

    @property
    def mean(self) -> Vectors:
        mean: Vectors = self.addresses.mean(axis=0)
        return mean

    def about(self, topic: Topic, name: str) -> list[int]:
        pattern = topic.members.get(name)
        return [i for i, text in enumerate(self.texts) if pattern and re.search(pattern, text, re.S)]


def centred(modalities: Mapping[str, Modality]) -> dict[str, Modality]:
    """The same entities with the mean of their modality taken off."""
    from ingest.space.space import unit

    return {name: Modality(one.texts, unit(one.addresses - one.mean)) for name, one in modalities.items()}


def recall(asked: Modality, found: Modality, pairs: Sequence[tuple[Sequence[int], Sequence[int]]], at: int) -> float:
    """How often one of the right entities is among the `at` nearest, over all that are asked with."""
    hits = [
        bool(set(np.argsort(-(found.addresses @ asked.addresses[i]), kind="stable")[:at].tolist()) & set(right))
        for members, right in pairs
        for i in members
    ]
    return sum(hits) / len(hits)


def chance(size: int, pairs: Sequence[tuple[Sequence[int], Sequence[int]]], at: int) -> float:
    """What `recall` would be if the order were random."""
    at = min(at, size)
    misses = [
        np.prod([(size - len(right) - i) / (size - i) for i in range(at)]) for members, right in pairs for _ in members
    ]
    return 1 - float(np.mean(np.maximum(misses, 0)))


def measure(modalities: Mapping[str, Modality], topics: Sequence[Topic]) -> Table:
    """One row per direction in which a topic is spoken of at both ends."""
    without = centred(modalities)
    rows: list[tuple[Cell, ...]] = []
    for left, right in ((a, b) for a in modalities for b in modalities if a != b):
        one, other = modalities[left], modalities[right]
        pairs = [(one.about(topic, left), other.about(topic, right)) for topic in topics]
        pairs = [pair for pair in pairs if pair[0] and pair[1]]
        if not pairs:
            continue
        values = [recall(one, other, pairs, at) for at in (1, NEAREST)]
        values += [recall(without[left], without[right], pairs, at) for at in (1, NEAREST)]
        values += [chance(len(other.texts), pairs, NEAREST), float(np.linalg.norm(one.mean - other.mean))]
        asked = sum(len(members) for members, _ in pairs)
        rows.append((f"{left} -> {right}", len(pairs), asked, len(other.texts), *(round(value, 3) for value in values)))
    rows.append(("all, by what is asked", *overall(rows)))
    columns = ("direction", "topics", "asked", "among", "@1", "@5", "centred @1", "centred @5", "by chance @5", "gap")
    return Table("Distance between modalities", columns, tuple(rows))


def overall(rows: Sequence[tuple[Cell, ...]]) -> tuple[Cell, ...]:
    """The mean of every figure over the directions, each weighing as much as is asked in it."""
    figures = np.array([row[2:] for row in rows], dtype=np.float64)
    means = np.average(figures[:, 2:], axis=0, weights=figures[:, 0])
    return (len(rows), int(figures[:, 0].sum()), None, *(round(float(mean), 3) for mean in means))


def neighbours(modalities: Mapping[str, Modality]) -> Iterator[str]:
    """For people to look at: for each concept of a glossary the nearest entity of every modality, with its cosine."""
    concepts = modalities.get("concept", Modality((), np.zeros((0, 0), np.float32)))
    for number, (words, address) in enumerate(zip(concepts.texts, concepts.addresses, strict=True)):
        yield f"nearest to the concept {words.splitlines()[-1][:60]}"
        for name, one in modalities.items():
            near = one.addresses @ address
            if name == "concept":
                near[number] = -1
            best = int(near.argmax())
            yield f"  {name:8} {near[best]:.2f} {' '.join(one.texts[best].split())[:90]}"


def gathered(folder: Path, readers: Sequence[Reader], space: Space, settings: Settings) -> dict[str, Modality]:
    """Everything the readers find below a folder, placed as it would be for the memory, by modality."""
    from ingest.work import place

    found: dict[str, list[Entity]] = defaultdict(list)
    for name, entity in _entities(folder, readers, settings):
        found[name].append(entity)
    return {
        name: Modality(tuple(one.text for one in members), np.stack([one.address for one in place(space, members)]))
        for name, members in sorted(found.items())
    }


def _entities(folder: Path, readers: Sequence[Reader], settings: Settings) -> Iterator[tuple[str, Entity]]:
    from ingest.base.errors import UnreadableSource
    from ingest.source import look, walk
    from ingest.space.entity import Draft, identify

    for path in walk([folder]):
        if isinstance(path, UnreadableSource) or path.name == "topics.jsonl":
            continue
        source = look(path, settings)
        reader = next((one for one in readers if one.accepts(source)), None)
        drafts = (one for one in (reader.read(source) if reader else ()) if isinstance(one, Draft))
        for entity in identify(path.name, "all", drafts):
            yield OF_READER.get(reader.name if reader else "", OF_KIND.get(entity.kind, "text")), entity


def load(folder: Path | None) -> list[Topic]:
    """The topics of a folder, or those of the sample firm."""
    file = folder / "topics.jsonl" if folder else resources.files(__package__).joinpath("topics.jsonl")
    return [Topic(**json.loads(line)) for line in file.read_text("utf-8").splitlines()]


def run(folder: Path | None, settings: Settings) -> Table:
    """The task with the default parts."""
    from dataclasses import replace

    from assistant.app import build
    from assistant.app.demo import FIRM

    topics = load(folder)
    space = build.space(settings)
    modalities = gathered(folder or FIRM, build.readers(settings), space, settings)
    return replace(measure(modalities, topics), notes=tuple(neighbours(modalities)))
