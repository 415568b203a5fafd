"""The model gets numbered sources and the question, within its window, and what did not fit is said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.compose import ANSWER_ROOM, RATIO, compose
from assistant.model import prompt
from assistant.model.parts import Kept
from assistant.search.retrieve import Hit
from ingest.space.entity import Entity, Locator
from ingest.space.space import Vectors


class Telegram:
    """A bridge in miniature: it keeps every `ratio`-th token, and the questions it was asked."""

    maps_meaning = True

    def __init__(self) -> None:
        self.asked: list[Sequence[int]] = []

    def kept(self, sources: Sequence[Sequence[int]], ratio: int, question: Sequence[int]) -> list[Kept]:
        self.asked.append(question)
        return [Kept(b"kept", len(ids), tuple(range(0, len(ids), ratio)), b"name") for ids in sources]

    def meant(self, vectors: Vectors) -> Vectors:
        return vectors[:, :1]


def tokenize(text: str) -> list[int]:
    return [len(word) for word in text.split()]


def hit(text: str, kind: str = "passage", title: str = "") -> Hit:
    entity = Entity(text[:8], "s", "open", kind, text, Locator(), title)  # type: ignore[arg-type]
    return Hit(entity, 1.0, 0.5, 0.5, np.full((3, 4), 7, np.float32))


HITS = [hit("the pump is oiled", title="Manual"), hit("the seal is worn"), hit("a photograph", "picture")]


def shape(parts: Sequence[object]) -> list[str]:
    return [part if isinstance(part, str) else f"<{len(part)}>" for part in parts]  # type: ignore[arg-type]


def test_text_gives_every_source_as_words() -> None:
    made = compose("Why?", HITS, "text", tokenize, 4096, Telegram())  # type: ignore[arg-type]
    assert made.parts == tuple(prompt.user([one.entity.words for one in HITS], "Why?"))
    assert [one.id for one in made.sources] == [one.entity.id for one in HITS]
    assert made.left_out == ()


def test_hybrid_gives_the_best_as_words_and_the_rest_as_soft_tokens() -> None:
    """A picture comes as the vectors it means, three of them here."""
    made = compose("Why?", HITS, "hybrid", tokenize, 4096, Telegram())  # type: ignore[arg-type]
    bodies = [part for part in shape(made.parts) if part.startswith("<") or "oiled" in part]
    assert bodies == [" Manual\nthe pump is oiled", f"<{-(-4 // RATIO)}>", "<3>"]


def test_soft_gives_no_source_as_words() -> None:
    bridge = Telegram()
    made = compose("Why so?", HITS, "soft", tokenize, 4096, bridge)  # type: ignore[arg-type]
    assert not any("oiled" in part for part in shape(made.parts))
    assert bridge.asked == [tokenize("Why so?")], "all sources are chosen from together"


def test_none_gives_no_sources() -> None:
    made = compose("Why?", HITS, "none", tokenize, 4096, Telegram())  # type: ignore[arg-type]
    assert made.sources == ()
    assert "[1]" not in "".join(shape(made.parts))


def test_without_a_bridge_everything_is_words() -> None:
    made = compose("Why?", HITS, "soft", tokenize, 4096)
    assert made == compose("Why?", HITS, "text", tokenize, 4096)


@given(st.integers(150, 400), st.lists(st.integers(1, 120), max_size=6))
def test_a_prompt_fits_its_window(window: int, lengths: list[int]) -> None:
    """Whatever the lengths, what is given fits; what is not given is named, and is the tail of the ranking."""
    hits = [hit(" ".join(["w"] * length)) for length in lengths]
    made = compose("Why is it so?", hits, "text", tokenize, window)
    used = sum(len(tokenize(part)) for part in made.parts if isinstance(part, str))
    assert len(made.sources) + len(made.left_out) == len(hits)
    assert all("full" in one.reason for one in made.left_out)
    if made.sources:
        assert used + len(tokenize(prompt.system())) + ANSWER_ROOM <= window
