"""A source is opened at the exact place of an entity, for whoever may read it, while its bytes are what was read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.serve import view
from ingest.base.access import Viewer
from ingest.base.errors import NotFound
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal
from ingest.readers.sensor import SensorReader
from ingest.readers.table import TableReader
from ingest.readers.text import TextReader
from ingest.space.entity import Draft, Entity, Locator
from tests.conftest import FIRM
from tests.library import keep, read

READER = Viewer("endo", frozenset({"sales", "public"}))
STRANGER = Viewer("mori", frozenset({"hr"}))
LEAVE = FIRM / "public" / "leave-rules-ja.txt"


@pytest.fixture
def personal(memory: Memory) -> Personal:
    return Personal(memory.catalog, memory.settings)


@pytest.fixture
def shipments(memory: Memory) -> list[Entity]:
    return read(memory, FIRM / "sales" / "shipments-2026.csv", "sales", TableReader())


def test_a_cited_range_is_marked_inside_its_text() -> None:
    assert view.split("grease every 500 hours", (7, 16)) == ("grease ", "every 500", " hours")


@pytest.mark.parametrize("marked", [None, (5, 5), (9, 3), (0, 999)])
def test_a_range_that_does_not_fit_marks_nothing(marked: tuple[int, int] | None) -> None:
    assert view.split("grease", marked) == ("grease", "", "")


def test_absent_and_forbidden_are_told_in_the_same_words(
    memory: Memory, personal: Personal, shipments: list[Entity]
) -> None:
    with pytest.raises(NotFound) as forbidden:
        view.open_at(memory, personal, shipments[0].id, STRANGER)
    with pytest.raises(NotFound) as absent:
        view.open_at(memory, personal, "0" * 32, STRANGER)
    assert str(forbidden.value) == str(absent.value)


def test_neighbours_come_in_reading_order_and_only_the_readable_ones(memory: Memory, personal: Personal) -> None:
    drafts = [Draft("passage", f"passage {n}", Locator(chars=(n, n + 1))) for n in range(6)]
    entities = keep(memory, LEAVE, "public", drafts)
    memory.catalog.connection.execute("UPDATE entity SET scope = 'hr' WHERE id = ?", (entities[2].id,))
    opened = view.open_at(memory, personal, entities[3].id, READER)
    assert [one.text for one in opened.before] == ["passage 0", "passage 1"]
    assert [one.text for one in opened.after] == ["passage 4", "passage 5"]


@pytest.mark.parametrize(("opened_at", "before"), [(0, 0), (3, 1), (4, 2)])
def test_whatever_is_opened_of_a_recording_stands_in_its_transcript(
    memory: Memory, personal: Personal, tmp_path: Path, opened_at: int, before: int
) -> None:
    """A recording as a whole, and a noise between two utterances, though it is read after them."""
    (tmp_path / "memo.flac").write_bytes(b"x")
    said = [
        Draft("utterance", f"said {n}", Locator(start=5.0 * n + 1, end=5.0 * n + 2), parent="all") for n in range(2)
    ]
    whole = Draft("sound", "Sound recording of 20 s", Locator(start=0.0, end=20.0), key="all")
    noises = [Draft("event", "Sound: a noise", Locator(start=at, end=at + 1), parent="all") for at in (4.0, 9.0)]
    entities = keep(memory, tmp_path / "memo.flac", "public", [whole, *said, *noises])
    opened = view.open_at(memory, personal, entities[opened_at].id, READER)
    assert [one.text for one in (*opened.before, *opened.after)] == ["said 0", "said 1"]
    assert len(opened.before) == before and opened.look == "sound"


def test_a_source_of_which_a_part_is_closed_is_not_handed_out_whole(memory: Memory, personal: Personal) -> None:
    entities = keep(memory, LEAVE, "public", [Draft("passage", "open"), Draft("passage", "closed")])
    assert view.original(view.open_at(memory, personal, entities[0].id, READER), memory.settings) is not None
    memory.catalog.connection.execute("UPDATE entity SET scope = 'hr' WHERE id = ?", (entities[1].id,))
    opened = view.open_at(memory, personal, entities[0].id, READER)
    assert view.original(opened, memory.settings) is None
    with view.source_of(opened, memory.settings) as source:
        assert source is None


def test_the_original_is_opened_only_with_the_bytes_that_were_read(
    memory: Memory, personal: Personal, tmp_path: Path
) -> None:
    path = tmp_path / "note.txt"
    path.write_text("first words", "utf-8")
    (entity,) = read(memory, path, "public", TextReader())
    opened = view.open_at(memory, personal, entity.id, READER)
    file = view.original(opened, memory.settings)
    assert file is not None and file.read() == b"first words"
    path.write_text("other words", "utf-8")
    assert view.original(opened, memory.settings) is None
    path.unlink()
    assert view.original(opened, memory.settings) is None
    path.symlink_to(LEAVE)
    assert view.original(opened, memory.settings) is None


def test_rows_around_a_cited_row_stand_under_their_headers(
    memory: Memory, personal: Personal, shipments: list[Entity]
) -> None:
    cited = [one for one in shipments if one.kind == "row"][20]
    excerpt = view.excerpt(memory, personal, cited, READER)
    chosen = [number for number, _, is_cited in excerpt.rows if is_cited]
    assert chosen == [cited.locator.row]
    assert len(excerpt.rows) == view.MOST_ROWS
    values = dict(zip(excerpt.header, next(cells for _, cells, mine in excerpt.rows if mine), strict=True))
    assert all(f"{name}: {value}" in cited.text for name, value in values.items() if value)


def test_a_cited_column_is_named_over_the_first_rows(
    memory: Memory, personal: Personal, shipments: list[Entity]
) -> None:
    column = next(one for one in shipments if one.kind == "column")
    excerpt = view.excerpt(memory, personal, column, READER)
    assert excerpt.column == column.facts["name"] in excerpt.header
    assert excerpt.rows and not any(is_cited for *_, is_cited in excerpt.rows)


def test_what_is_best_shown_follows_from_kind_and_file(
    memory: Memory, personal: Personal, shipments: list[Entity]
) -> None:
    record = read(memory, FIRM / "operations" / "sensors" / "MC-3-spindle.csv", "public", SensorReader())
    looks = {view.open_at(memory, personal, one.id, READER).look for one in (*shipments[:3], *record[:3])}
    assert looks == {"table", "chart"}
    spoken = keep(
        memory, FIRM / "operations" / "sound" / "shift-report-2026-06-09.flac", "public",
        [Draft("utterance", "pressure is low", Locator(start=3.0, end=5.0))],
    )  # fmt: skip
    assert view.open_at(memory, personal, spoken[0].id, READER).look == "sound"


def test_personal_data_and_the_file_that_holds_it_are_for_whom_may_see_it(
    memory: Memory, personal: Personal, tmp_path: Path
) -> None:
    path = tmp_path / "card.txt"
    path.write_text("Call 090-1234-5678.", "utf-8")
    ((entity,), (secret,)) = (
        keep(memory, path, "public", [Draft("passage", "x")]),
        [one.draft for one in personal.redacted([Draft("passage", "Call 090-1234-5678.")], "public")],
    )
    values = (secret.text, entity.id)
    memory.catalog.connection.execute("UPDATE entity SET text = ? WHERE id = ?", values)
    sealed = personal.seal(entity.id, {secret.text[5:-1]: "090-1234-5678"})
    memory.catalog.connection.execute("INSERT INTO original (entity, sealed) VALUES (?, ?)", (entity.id, sealed))
    hidden = view.open_at(memory, personal, entity.id, READER)
    assert "090" not in hidden.entity.text + "".join(hidden.parts) and view.original(hidden, memory.settings) is None
    shown = view.open_at(memory, personal, entity.id, replace(READER, may_reveal=True))
    assert shown.entity.text == "Call 090-1234-5678." and view.original(shown, memory.settings) is not None


def test_a_part_of_a_picture_on_a_page_is_placed_on_that_page(memory: Memory, personal: Personal) -> None:
    picture = Draft("picture", "x", Locator(page=2, box=(100.0, 200.0, 300.0, 300.0)), key="p", facts={"width": 800})
    label = Draft("line", "y", Locator(page=2, box=(80.0, 40.0, 400.0, 400.0)), parent="p")
    manual = FIRM / "engineering" / "HS-40-spindle-manual.pdf"
    first, second = keep(memory, manual, "public", [picture, label])
    assert view.open_at(memory, personal, first.id, READER).place == first.locator
    assert view.open_at(memory, personal, second.id, READER).place.box == (120.0, 210.0, 200.0, 300.0)
