"""Which columns a question means, by the space that all else is found in: across languages, whatever their letters."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.space.space import Space

from .schema import Meaning


def by(space: Space) -> Meaning:
    """Nearness in a space: the cosine of the addresses of a question and of each text."""

    def near(question: str, texts: Sequence[str]) -> list[float]:
        (asked,), placed = space.place([question], question=True), space.place(texts)
        return [float(asked.address @ one.address) for one in placed]

    return near
