"""The evaluation of refined concepts leaves the memory as it was."""

from __future__ import annotations

from pathlib import Path

from assistant.evaluate.concepts import measure
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.space.entity import Draft
from tests.test_links import Letters, address, concept, put


def test_every_damping_is_measured_and_taken_back(tmp_path: Path) -> None:
    space = Letters()
    with Memory(Settings(home=tmp_path / "home"), space) as memory:
        (id,) = put(memory, "glossary", "public", [concept("seal")])
        put(memory, "manual", "public", [Draft("passage", "zzzz seal zzzz"), Draft("passage", "something else")])
        before = address(memory, id).copy()
        found = measure(memory, space, [("Where is the seal?", ("manual",))])
        assert [row[:2] for row in found.rows] == [(0.0, 0), (0.1, 1), (0.3, 1), (0.5, 1)]
        assert all(row[4] == 1.0 for row in found.rows)
        assert (address(memory, id) == before).all()
