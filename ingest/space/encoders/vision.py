"""Seeing: a picture's place among words. The only file that knows EfficientNet.

The published classifier says how sure it is of each of 1,000 classes; the classes have names and definitions, and these
have vectors in the linguistic space. The mean of the class vectors, weighted by certainty, is the picture's address:
ConSE, convex combination of semantic embeddings (Norouzi et al. 2014, arXiv 1312.5650). Regions come from the same
network read at every cell of its last feature map (class activation mapping, Zhou et al. 2016, arXiv 1512.04150).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]

from ingest.base import weights
from ingest.base.errors import MissingPart

from ..space import Space, Vectors, unit

if TYPE_CHECKING:
    from PIL.Image import Image

Box = tuple[float, float, float, float]

CLASSES = 10
"""Classes that take part in a placement; ConSE's T."""

SIDE = 224
CROP = SIDE / (SIDE + 32)
"""EfficientNet-Lite's published preprocessing: the middle 7/8 of the shorter side, bicubic, (value - 127) / 128."""

SURE = 0.4
"""A cell of the map, and a region looked at again, count when their best class is at least this certain."""

NOISE = 0.05
"""What is seen with less certainty than this is not named: among 1,000 classes something always comes first."""

REGIONS = 4
"""Most regions of one picture."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of thing that can be seen: its commonest name, and all its names with a definition."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What an encoder sees in a picture or a part of it.

    Attributes:
        names: (what, certainty between 0 and 1), most certain first.
        meaning: float32 [n, dim] of the linguistic space; the direction of the mean is the address.
        box: (x0, y0, x1, y1) in pixels of the picture.
    """

    names: tuple[tuple[str, float], ...]
    meaning: Vectors
    box: Box

    @property
    def caption(self) -> str:
        """In words: "forklift 0.82, warehouse 0.05"; at most five, and none where all is noise."""
        return ", ".join(f"{name} {share:.2f}" for name, share in self.names[:5] if share >= NOISE)


class Sight(Protocol):
    """An encoder of pictures that ends in the linguistic space."""

    @property
    def name(self) -> str: ...

    def see(self, pictures: Sequence[Image]) -> list[Seen]:
        """Places whole pictures (RGB, upright); order is kept."""

    def regions(self, picture: Image) -> list[Seen]:
        """Parts that stand out, with their boxes; may be empty."""


class EfficientNetLite:
    """EfficientNet-Lite0 (Apache-2.0, 4.7 M parameters, 75.1 % top-1 on ImageNet).

    Args:
        space: places the names of the classes.
        cache: a folder where their vectors are kept, because placing 2,000 texts takes seconds.

    Raises:
        MissingPart: the weights are not installed.
        BadWeights: the file is not the published one.
    """

    name = "EfficientNet-Lite0, class posterior among words (ConSE)"

    def __init__(self, space: Space, cache: Path) -> None:
        self.space = space
        self.cache = cache

    def see(self, pictures: Sequence[Image]) -> list[Seen]:
        if not pictures:
            return []
        logits = self.logits(pictures)
        return [self.placed(row, (0, 0, *picture.size)) for row, picture in zip(logits, pictures, strict=True)]

    def regions(self, picture: Image) -> list[Seen]:
        """Connected cells that agree on a class, largest first, each looked at again by itself; no doubtful ones."""
        import torch

        with torch.inference_mode():
            features = self._network.extract_features(_batch([whole(picture)]))
            near = torch.nn.functional.avg_pool2d(features, 3, stride=1, padding=1, count_include_pad=False)
            cells: NDArray[np.float32] = self._network._fc(near[0].permute(1, 2, 0)).numpy()
        boxes = [box for box in salient(softmax(cells), picture.size) if _share(box, picture.size) < 0.7][:REGIONS]
        again = self.see([picture.crop(box) for box in boxes])
        return [replace(seen, box=box) for seen, box in zip(again, boxes, strict=True) if seen.names[0][1] >= SURE]

    def logits(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """The bare classifier: [pictures, 1000]."""
        import torch

        with torch.inference_mode():
            out: NDArray[np.float32] = self._network(_batch([middle(picture) for picture in pictures])).numpy()
        return out

    def placed(self, logits: NDArray[np.float32], box: Box) -> Seen:
        """ConSE: one vector per class, as long as it is certain, so that their mean is the convex combination."""
        shares = softmax(logits)
        best = np.argsort(-shares)[:CLASSES]
        weights = shares[best] / shares[best].sum()
        names = tuple((things()[i].name, round(float(shares[i]), 3)) for i in best)
        return Seen(names, self.class_vectors[best] * (CLASSES * weights[:, None]).astype(np.float32), box)

    @cached_property
    def class_vectors(self) -> Vectors:
        """[1000, dim]: between a class's name and its definition, as long as the space's own slots are on average."""
        file = self.cache / f"imagenet-{_file_name(self.space.fingerprint)}.npy"
        if file.exists():
            kept: Vectors = np.load(file, allow_pickle=False)
            return kept
        vectors = place_things(self.space, things())
        _keep(file, vectors)
        return vectors

    @cached_property
    def _network(self) -> Any:
        file = weights.find("efficientnet-lite0")
        try:
            import torch
            from efficientnet_lite_pytorch import EfficientNet  # type: ignore[import-untyped]
        except ImportError as error:
            raise MissingPart(
                f"pictures cannot be seen: {error.name} is not installed", "pip install efficientnet-lite-pytorch"
            ) from error
        network = EfficientNet.from_name("efficientnet-lite0")
        network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        return network.requires_grad_(False).train(False)


@lru_cache(maxsize=1)
def things() -> tuple[Thing, ...]:
    """The 1,000 classes of ImageNet, in the order of the classifier's outputs."""
    table = resources.files(__package__).joinpath("imagenet.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple(Thing(names.split(", ")[0], f"{names}: {definition}") for _, names, definition in rows)


def place_things(space: Space, kinds: Sequence[Thing]) -> Vectors:
    """[n, dim]: between each thing's name and its definition, as long as the space's own slots are on average."""
    names = space.place([thing.name for thing in kinds])
    texts = space.place([thing.text for thing in kinds])
    length = np.mean([np.linalg.norm(place.slots, axis=1).mean() for place in names])
    between = np.stack([name.address + text.address for name, text in zip(names, texts, strict=True)])
    return unit(between) * np.float32(length)


def middle(picture: Image) -> NDArray[np.float32]:
    """The published preprocessing of a whole picture: [224, 224, 3]."""
    from PIL.Image import Resampling

    side = CROP * min(picture.size)
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    return _scaled(picture.resize((SIDE, SIDE), Resampling.BICUBIC, box=(left, top, left + side, top + side)))


def whole(picture: Image) -> NDArray[np.float32]:
    """All of a picture for the map of cells: the shorter side 320, the longer at most 640, both multiples of 32."""
    from PIL.Image import Resampling

    ratio = 320 / min(picture.size)
    width, height = (min(640, max(320, round(side * ratio / 32) * 32)) for side in picture.size)
    return _scaled(picture.resize((width, height), Resampling.BICUBIC))


def salient(shares: NDArray[np.float32], size: tuple[int, int]) -> list[Box]:
    """Boxes around connected cells whose best class is the same and sure, largest first, with half a cell of margin.

    Args:
        shares: class certainties of each cell, [rows, columns, classes].
        size: (width, height) of the picture the cells divide.
    """
    best = np.where(shares.max(axis=-1) >= SURE, shares.argmax(axis=-1), -1)
    step = np.array([size[1] / best.shape[0], size[0] / best.shape[1]])
    found = []
    for kind in np.unique(best[best >= 0]):
        labels, count = ndimage.label(best == kind)
        for number, (rows, columns) in zip(range(1, count + 1), ndimage.find_objects(labels), strict=True):
            low = np.maximum((np.array([rows.start, columns.start]) - 0.5) * step, 0)
            high = np.minimum((np.array([rows.stop, columns.stop]) + 0.5) * step, [size[1], size[0]])
            found.append(
                (int((labels == number).sum()), (float(low[1]), float(low[0]), float(high[1]), float(high[0])))
            )
    return [box for cells, box in sorted(found, reverse=True) if cells >= 3]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares


def _share(box: Box, size: tuple[int, int]) -> float:
    """How much of a picture a box covers."""
    return (box[2] - box[0]) * (box[3] - box[1]) / (size[0] * size[1])


def _scaled(picture: Image) -> NDArray[np.float32]:
    return (np.asarray(picture, dtype=np.float32) - 127.0) / 128.0


def _batch(arrays: Sequence[NDArray[np.float32]]) -> Any:
    import torch

    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()


def _keep(file: Path, vectors: Vectors) -> None:
    """Written whole or not at all; another process may be doing the same."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.stem}.{os.getpid()}.npy")
    np.save(partial, vectors, allow_pickle=False)
    partial.replace(file)


def _file_name(fingerprint: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in fingerprint)
