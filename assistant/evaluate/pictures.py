"""How well pictures are found by words and words by pictures, with the real reader of pictures.

    kotonoha evaluate pictures --file FOLDER [--json]

FOLDER holds photographs named NUMBER_class_name.jpg, one per class. Descriptions are JSON lines of `picture` (a file's
stem) and `description`, which do not name the class; those that are shipped were written before anything was measured
with them. Beside it the obvious alternative, the best class name alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.base.errors import BadInput

from .table import Cell, Table

if TYPE_CHECKING:
    from ingest.base.settings import Settings
    from ingest.space.encoders.vision import Sight
    from ingest.space.space import Space, Vectors

BATCH = 16


def recall(queries: Vectors, answers: Vectors, right: Sequence[int], at: int) -> float:
    """Share of queries whose right answer is among the `at` nearest; ties count against it."""
    scores = queries @ answers.T
    own = scores[np.arange(len(queries)), list(right)]
    return float(((scores >= own[:, None]).sum(axis=1) <= at).mean())


def addresses(files: Sequence[Path], sight: Sight, space: Space) -> tuple[Vectors, Vectors]:
    """Where the pictures lie, and where their single best name lies: two [n, dim]."""
    from PIL import Image

    from ingest.readers.image import frame_of
    from ingest.space.space import placed

    lies: list[NDArray[np.float32]] = []
    names: list[str] = []
    for start in range(0, len(files), BATCH):
        seen = sight.see([frame_of(Image.open(file)).image for file in files[start : start + BATCH]])
        lies += [placed(one.meaning).address for one in seen]
        names += [one.names[0][0] for one in seen]
    return np.stack(lies), np.stack([place.address for place in space.place(names)])


def measure(folder: Path, descriptions: Sequence[tuple[str, str]], sight: Sight, space: Space) -> Table:
    """Recall@1, @5, @10 in every direction, and recall@1, @10 of the best class name alone."""
    files = sorted(file for file in folder.glob("*.jpg") if "_" in file.stem)
    stems = [file.stem for file in files]
    pictures, plain = addresses(files, sight, space)
    names = placed_texts(space, [stem.split("_", 1)[1].replace("_", " ") for stem in stems])
    known = [(stem, text) for stem, text in descriptions if stem in stems]
    told = placed_texts(space, [text for _, text in known])
    own, at = list(range(len(files))), [stems.index(stem) for stem, _ in known]
    rows = [_row("class name -> picture", names, (pictures, names), (plain, names), own)]
    rows += [_row("picture -> class name", names, (names, pictures), (names, plain), own)]
    if known:
        rows += [_row("description -> picture", told, (pictures, told), (plain, told), at)]
        rows += [_row("picture -> description", told, (told, pictures[at]), (told, plain[at]), list(range(len(at))))]
    columns = ("direction", "queries", "recall@1", "recall@5", "recall@10", "best name alone @1", "best name alone @10")
    return Table(f"Words and {len(files)} pictures", columns, tuple(rows))


def _row(
    name: str, texts: Vectors, ours: Sequence[Vectors], other: Sequence[Vectors], right: Sequence[int]
) -> tuple[Cell, ...]:
    """Each pair is what is searched, and what is asked with."""
    found = [round(recall(ours[1], ours[0], right, k), 3) for k in (1, 5, 10)]
    plain = [round(recall(other[1], other[0], right, k), 3) for k in (1, 10)]
    return (name, len(texts), *found, *plain)


def placed_texts(space: Space, texts: Sequence[str]) -> Vectors:
    return np.stack([place.address for place in space.place(texts, question=True)])


def descriptions() -> list[tuple[str, str]]:
    """The shipped descriptions: (stem of the file, text)."""
    lines = resources.files(__package__).joinpath("pictures_described.jsonl").read_text("utf-8").splitlines()
    return [(row["picture"], row["description"]) for row in map(json.loads, lines)]


def run(folder: Path, settings: Settings) -> Table:
    """The task with the default parts."""
    from assistant.app import build
    from ingest.space.encoders.vision import EfficientNetLite

    if not any("_" in file.stem for file in folder.glob("*.jpg")):
        raise BadInput(f"{folder} holds no photographs called NUMBER_CLASS.jpg, as in n01443537_goldfish.jpg")
    space = build.space(settings)
    return measure(folder, descriptions(), EfficientNetLite(space, settings.cache_folder), space)
