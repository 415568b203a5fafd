"""Seeing with CLIP or SigLIP, when such a model is on the machine. The only file that knows them.

These models have a space of their own, where pictures lie apart from texts (the modality gap, Liang et al. 2022, arXiv
2203.02053). A linear map fitted in closed form on texts, which both spaces can place, leads to the
linguistic space; the mean of each modality is taken off before, so that the gap does not come along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.base.errors import BadWeights, MissingPart

from ..space import Space, Vectors, unit
from .vision import CLASSES, Seen, Thing, softmax, things

if TYPE_CHECKING:
    from PIL.Image import Image

RIDGE = 0.1
"""Strength of the ridge, as a part of the mean variance of the texts' features."""

BATCH = 64


@dataclass(frozen=True, slots=True)
class Alignment:
    """The way from a model's space of pictures and texts into the linguistic space.

    Attributes:
        map: float32 [features, dim].
        text_mean, picture_mean: float32 [features], of unit vectors of each modality.
        centre: float32 [dim], the mean of the texts in the linguistic space.
    """

    map: Vectors
    text_mean: Vectors
    picture_mean: Vectors
    centre: Vectors

    def of_texts(self, features: Vectors) -> Vectors:
        """Unit vectors of the linguistic space, [n, dim]."""
        return unit(_float((unit(features) - self.text_mean) @ self.map + self.centre))

    def of_pictures(self, features: Vectors) -> Vectors:
        """Unit vectors of the linguistic space, [n, dim]."""
        return unit(_float((unit(features) - self.picture_mean) @ self.map + self.centre))

    def save(self, file: Path) -> None:
        from safetensors.numpy import save_file

        parts = {name: np.ascontiguousarray(getattr(self, name), np.float32) for name in self.__slots__}
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(parts, file)

    @classmethod
    def load(cls, file: Path) -> Alignment:
        """
        Raises:
            BadWeights: not a file that `save` wrote.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            return cls(**load_file(file))
        except (SafetensorError, TypeError) as error:
            raise BadWeights(f"{file} is not an alignment", "delete it; it is fitted again") from error


def aligned(texts: Vectors, placed: Vectors, pictures: Vectors) -> Alignment:
    """The ridge regression of the texts' places on their features, both centred; exact, no iterations.

    Args:
        texts: features of some texts, [n, features].
        placed: the same texts in the linguistic space, unit length, [n, dim].
        pictures: features of any pictures, [m, features], for their mean; with none the gap stays.
    """
    text_mean, centre = unit(texts).mean(axis=0), placed.mean(axis=0)
    x = unit(texts) - text_mean
    ridge = RIDGE * np.square(x).sum() / x.shape[1] * np.eye(x.shape[1], dtype=np.float32)
    way = np.linalg.solve(x.T @ x + ridge, x.T @ (placed - centre))
    return Alignment(way, text_mean, unit(pictures).mean(axis=0) if len(pictures) else text_mean, centre)


class Clip:
    """A CLIP or SigLIP model as a `Sight`. It sees whole pictures; parts of them it leaves to others.

    Args:
        folder: as `save_pretrained` writes it, weights in safetensors; nothing is fetched, no code in it is run.
        space: the linguistic space.
        file: where the alignment is kept; made by `align`.

    Raises:
        MissingPart: no model in the folder, or not aligned yet.
        BadWeights: what is in the folder is not such a model.
    """

    def __init__(self, folder: Path, space: Space, file: Path) -> None:
        self.folder = folder
        self.space = space
        self.file = file

    @property
    def name(self) -> str:
        return f"{self.folder.name}, aligned with {self.space.name}"

    def see(self, pictures: Sequence[Image]) -> list[Seen]:
        if not pictures:
            return []
        features = self.pictures(pictures)
        meaning = self.alignment.of_pictures(features)
        shares = softmax(_float(self._sharpness * unit(features) @ unit(self._names).T))
        return [
            Seen(self._named(row), place[None], (0, 0, *picture.size))
            for row, place, picture in zip(shares, meaning, pictures, strict=True)
        ]

    def regions(self, picture: Image) -> list[Seen]:
        return []

    def align(self, pictures: Sequence[Image], kinds: Sequence[Thing] = ()) -> Alignment:
        """Fits the alignment on the names and definitions of things, and keeps it.

        Args:
            pictures: any, a few dozen of the kind that will be seen: only their mean is used.
            kinds: the things; the 1,000 classes of ImageNet if not given.
        """
        said = [text for thing in kinds or things() for text in (thing.name, thing.text)]
        placed = np.stack([place.address for place in self.space.place(said)])
        shown = self.pictures(pictures) if pictures else np.empty((0, 0), np.float32)
        found = aligned(self.texts(said), placed, shown)
        found.save(self.file)
        self.__dict__.pop("alignment", None)
        return found

    @cached_property
    def alignment(self) -> Alignment:
        if not self.file.is_file():
            raise MissingPart(
                f"{self.folder.name} is not aligned with {self.space.name} yet", "align it with some pictures"
            )
        return Alignment.load(self.file)

    def pictures(self, pictures: Sequence[Image]) -> Vectors:
        """The model's features of pictures, [n, features]."""
        import torch

        with torch.inference_mode():
            values = self._processor(images=list(pictures), return_tensors="pt")
            features: Vectors = self._model.get_image_features(**values).pooler_output.numpy()
        return features

    def texts(self, texts: Sequence[str]) -> Vectors:
        """The model's features of texts, [n, features]; longer ones are cut at its window."""
        import torch

        window = self._model.config.text_config.max_position_embeddings
        found = []
        with torch.inference_mode():
            for start in range(0, len(texts), BATCH):
                batch = list(texts[start : start + BATCH])
                values = self._tokenizer(
                    batch, padding="max_length", truncation=True, max_length=window, return_tensors="pt"
                )
                found.append(self._model.get_text_features(**values).pooler_output.numpy())
        return np.concatenate(found)

    def _named(self, shares: Vectors) -> tuple[tuple[str, float], ...]:
        best = np.argsort(-shares)[:CLASSES]
        return tuple((things()[i].name, round(float(shares[i]), 3)) for i in best)

    @cached_property
    def _names(self) -> Vectors:
        return self.texts([f"a photo of a {thing.name}" for thing in things()])

    @cached_property
    def _sharpness(self) -> float:
        return float(self._model.logit_scale.detach().exp())

    @cached_property
    def _model(self) -> Any:
        from transformers import AutoModel

        return self._loaded(AutoModel, use_safetensors=True).requires_grad_(False).train(False)

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return self._loaded(AutoTokenizer)

    @cached_property
    def _processor(self) -> Any:
        from transformers import AutoImageProcessor

        return self._loaded(AutoImageProcessor, use_fast=False)

    def _loaded(self, kind: Any, **options: bool) -> Any:
        """A part of the model, from this machine only."""
        if not (self.folder / "config.json").is_file():
            hint = "put a CLIP or SigLIP model there as save_pretrained writes it"
            raise MissingPart(f"there is no model in {self.folder}", hint)
        try:
            return kind.from_pretrained(self.folder, local_files_only=True, trust_remote_code=False, **options)
        except (OSError, ValueError, KeyError) as error:
            raise BadWeights(f"{self.folder} does not hold a CLIP or SigLIP model: {error}") from error


def _float(values: NDArray[Any]) -> Vectors:
    return np.asarray(values, dtype=np.float32)
