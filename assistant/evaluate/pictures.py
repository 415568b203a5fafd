"""How well pictures are found by words and words by pictures, with the real reader of pictures.

    python -m assistant.evaluate.pictures FOLDER [--descriptions FILE] [--json]

FOLDER holds photographs named NUMBER_class_name.jpg, one per class. Descriptions are JSON lines of `picture` (a file's
stem) and `description`, which do not name the class; those that are shipped were written before anything was measured
with them. Beside it the obvious alternative, the best class name alone. Knows nothing about how a picture is placed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ingest.encoders.vision import Sight
    from ingest.space import Space, Vectors

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
    from ingest.space import placed

    lies: list[NDArray[np.float32]] = []
    names: list[str] = []
    for start in range(0, len(files), BATCH):
        seen = sight.see([frame_of(Image.open(file)).image for file in files[start : start + BATCH]])
        lies += [placed(one.meaning).address for one in seen]
        names += [one.names[0][0] for one in seen]
    return np.stack(lies), np.stack([place.address for place in space.place(names)])


def measure(
    folder: Path, descriptions: Sequence[tuple[str, str]], sight: Sight, space: Space
) -> list[dict[str, object]]:
    """One row per direction: recall@1, @5, @10, and recall@1, @10 of the alternative."""
    files = sorted(folder.glob("*.jpg"))
    stems = [file.stem for file in files]
    pictures, plain = addresses(files, sight, space)
    names = np.stack([p.address for p in space.place([stem.split("_", 1)[1].replace("_", " ") for stem in stems])])
    told = np.stack([p.address for p in space.place([text for _, text in descriptions])])
    own, at = list(range(len(files))), [stems.index(stem) for stem, _ in descriptions]
    return [
        _row("class name -> picture", names, pictures, plain, own),
        _row("picture -> class name", pictures, names, None, own) | _alternative(plain, names, own),
        _row("description -> picture", told, pictures, plain, at),
        _row("picture -> description", pictures[at], told, None, range(len(at)))
        | _alternative(plain[at], told, range(len(at))),
    ]


def _row(
    name: str, queries: Vectors, answers: Vectors, other: Vectors | None, right: Sequence[int]
) -> dict[str, object]:
    row: dict[str, object] = {"direction": name, "queries": len(queries)}
    row |= {f"recall@{k}": round(recall(queries, answers, right, k), 3) for k in (1, 5, 10)}
    return row | _alternative(queries, other, right) if other is not None else row


def _alternative(queries: Vectors, answers: Vectors, right: Sequence[int]) -> dict[str, object]:
    return {f"best name alone @{k}": round(recall(queries, answers, right, k), 3) for k in (1, 10)}


def shipped_descriptions() -> str:
    return resources.files(__package__).joinpath("pictures_described.jsonl").read_text("utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m assistant.evaluate.pictures", description="Recall between words and pictures."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--descriptions", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)

    from ingest.encoders.vision import EfficientNetLite
    from ingest.encoders.words import Words

    lines = given.descriptions.read_text("utf-8") if given.descriptions else shipped_descriptions()
    pairs = [(row["picture"], row["description"]) for row in map(json.loads, lines.splitlines())]
    words = Words()
    with tempfile.TemporaryDirectory() as cache:
        rows = measure(given.folder, pairs, EfficientNetLite(words, Path(cache)), words)
    print(json.dumps(rows) if given.json else table(rows))


def table(rows: Sequence[dict[str, object]]) -> str:
    """Markdown with the first row's keys as header."""
    lines: list[list[object]] = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join(
        "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in line) + " |"
        for line in lines
    )


if __name__ == "__main__":
    main()
