"""What the reader is given of a hit: the stretch of the file it stands in."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.evidence import LONGEST, WIDE, gather, length, stretches
from assistant.search.retrieve import Hit
from ingest.space.entity import Draft, Entity, identify

PARTS = st.lists(st.tuples(st.sampled_from(["A", "A > B", "C"]), st.integers(1, 1500)), min_size=1, max_size=20)


def flow(parts: list[tuple[str, int]]) -> list[Entity]:
    drafts = (Draft("passage", f"{n} " + "x" * size, title=title) for n, (title, size) in enumerate(parts))
    return list(identify("f", "open", drafts))


def hit(entity: Entity) -> Hit:
    return Hit(entity, 0.0, 0.0, 0.0)


@given(PARTS)
def test_stretches_part_a_file_in_order_and_only_one_passage_alone_is_too_long(parts: list[tuple[str, int]]) -> None:
    entities = flow(parts)
    parted = stretches(entities)
    assert [one for part in parted for one in part] == entities
    assert all(len(part) == 1 or sum(length(one.text) for one in part) <= LONGEST for part in parted)


@given(PARTS, st.data())
def test_whatever_is_found_of_a_stretch_is_given_the_same(parts: list[tuple[str, int]], data: st.DataObject) -> None:
    """And once, however many hits lie in it."""
    entities = flow(parts)
    part = data.draw(st.sampled_from(stretches(entities)))
    one, other = (hit(data.draw(st.sampled_from(part))) for _ in range(2))
    given = [gather(hits, str, lambda _: (), lambda _: entities) for hits in ([one], [other], [one, other])]
    assert len({(text.title, text.text) for (text,) in given}) == 1


def test_a_short_section_stands_under_its_heading_beside_the_next(tmp_path: Path) -> None:
    drafts = [Draft("passage", "350 hours.", title="HS-40 > Oil"), Draft("passage", "Grey.", title="HS-40 > Colour")]
    entities = list(identify("f", "open", drafts))
    (one,) = gather([hit(entities[1])], lambda _: "/a/manual.md", lambda _: (), lambda _: entities)
    assert (one.title, one.text) == ("manual.md > HS-40", "Oil\n350 hours.\nColour\nGrey.")


def test_a_japanese_stretch_has_about_as_many_tokens(tmp_path: Path) -> None:
    entities = list(identify("f", "open", (Draft("passage", f"{n}番" + "あ" * 150) for n in range(9))))
    assert max(map(len, stretches(entities))) == int(LONGEST / (WIDE * 150))


def test_a_line_of_a_picture_is_given_with_the_lines_around_it() -> None:
    drafts = [Draft("picture", "", key="p"), *(Draft("line", said, parent="p") for said in ("SALE", "Tape 8.00"))]
    lines = list(identify("f", "open", drafts))[1:]
    (one,) = gather([hit(lines[1])], lambda _: "receipt.jpg", lambda _: (), lambda _: lines)
    assert one.text == "SALE\nTape 8.00"


def test_what_a_picture_says_in_its_own_text_is_given_once_and_its_lines_can_be_cited() -> None:
    drafts = [
        Draft("picture", "Picture of a plate; text in it: RATED CURRENT 52 A", key="p"),
        *(Draft("line", said, parent="p") for said in ("RATED CURRENT 52 A", "MADE IN JAPAN")),
    ]
    picture, *lines = identify("f", "open", drafts)
    (one,) = gather([hit(picture), hit(lines[0])], lambda _: "plate.jpg", lambda _: lines, lambda _: lines)
    assert one.text == "Picture of a plate; text in it: RATED CURRENT 52 A\nMADE IN JAPAN"
    assert one.members == (picture, *lines)
