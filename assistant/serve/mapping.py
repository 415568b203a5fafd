"""A map of memory: the addresses of what a viewer may read, laid out in two dimensions by their principal components.

Principal components (Pearson 1901) by numpy's eigenvectors of the covariance: the same memory gives the same map. Near
things mean alike as far as two dimensions can say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.base.access import Viewer
from ingest.memory import around
from ingest.memory.memory import Memory
from ingest.space.entity import Entity

MOST = 1_500
"""Entities on one map; of a larger memory every n-th of each kind is drawn."""
WIDTH, HEIGHT, EDGE = 1000, 700, 30
"""The frame of the map and its margin, in its own units."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dot:
    """An entity on the map; `rank` counts the hits of the question from 1, 0 for what is none."""

    entity: Entity
    x: float
    y: float
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Map:
    """Dots in the frame, and the place of the question where one is drawn in; `left_out` were too many."""

    dots: tuple[Dot, ...]
    question: tuple[float, float] | None
    left_out: int


def drawn(memory: Memory, viewer: Viewer, hits: Sequence[str] = (), question: str = "") -> Map:
    """The map of what this viewer may read.

    Args:
        hits: entities that are drawn whatever else is left out, in their order.
    """
    scopes = viewer.readable(memory.catalog.scopes())
    items = [item for item in around.within(memory.catalog, scopes) if item.kind != "page"]
    step = max(1, -(-len(items) // MOST))
    wanted = set(hits)
    shown = [item for at, item in enumerate(items) if at % step == 0 or item.id in wanted]
    asked = memory.space.place([question])[0].address if question else None
    points = [item.address for item in shown]
    if len(points) < 2:
        return Map(tuple(Dot(item, WIDTH / 2, HEIGHT / 2) for item in shown), None, 0)
    places = framed(components(np.stack([*points, asked] if asked is not None else points), len(points)))
    ranks = {id: rank for rank, id in enumerate(hits, 1)}
    dots = [Dot(i, x, y, ranks.get(i.id, 0)) for i, (x, y) in zip(shown, places.tolist(), strict=False)]
    where = (float(places[-1, 0]), float(places[-1, 1])) if asked is not None else None
    return Map(tuple(dots), where, len(items) - len(shown))


def components(points: NDArray[np.float32], of: int) -> Floats:
    """Float64 [n, 2]: the points along the two directions in which the first `of` of them differ most."""
    centred = points.astype(np.float64) - points[:of].mean(axis=0)
    _, found = np.linalg.eigh(centred[:of].T @ centred[:of])
    axes = found.T[:-3:-1]
    axes = axes * np.sign(axes.sum(axis=1, keepdims=True) + 1e-12)
    flat = centred @ axes.T
    return flat if flat.shape[1] == 2 else np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))


def framed(points: Floats) -> Floats:
    """The points moved and stretched into the frame; far outliers are drawn at its edge."""
    low, high = np.percentile(points, [1, 99], axis=0)
    span = np.where(high - low > 1e-9, high - low, 1.0)
    inside = np.clip((points - low) / span, -0.02, 1.02)
    return np.asarray(np.round(EDGE + inside * (np.array([WIDTH, HEIGHT]) - 2 * EDGE), 1))
