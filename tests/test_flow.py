"""Headings, paragraphs and tables become drafts in order, under short titles, each in its place."""

from __future__ import annotations

from itertools import pairwise

from ingest.readers import Note
from ingest.readers.flow import Block, Line, Outline, Table, clipped, fold, real_title, width
from ingest.space.entity import Draft, Locator


def drafts(*items: Block | Table | Draft | Note, title: str = "Manual") -> list[Draft]:
    return [item for item in fold(items, title) if isinstance(item, Draft)]


def test_passages_stand_under_the_headings_that_hold_for_them() -> None:
    found = drafts(
        Block("Preface."),
        Block("One", 1),
        Block("a"),
        Block("Inner", 2),
        Block("b"),
        Block("c"),
        Block("Two", 1),
        Block("d"),
    )
    assert [(draft.title, draft.text) for draft in found] == [
        ("Manual", "Preface."),
        ("Manual > One", "a"),
        ("Manual > One > Inner", "b\nc"),
        ("Manual > Two", "d"),
    ]


def test_a_heading_with_nothing_below_it_is_not_lost() -> None:
    found = drafts(Block("Only", 1), Block("Next", 1), Block("Deeper", 2), Block("text"), Block("Last", 1))
    assert [draft.text for draft in found] == ["Only", "text", "Last"]
    assert drafts(Block("Manual", 1), Block("Next", 1), Block("text"))[0].text == "text"


def test_characters_count_through_the_text_as_read() -> None:
    items = [Block("Head", 1), Block("first"), Block("second"), Block("Other", 1), Block("third")]
    read = "".join(f"{item.text}\n" for item in items)
    for draft in drafts(*items):
        assert draft.locator.chars is not None
        assert read[slice(*draft.locator.chars)] == draft.text


def test_a_new_page_begins_a_new_passage_and_a_box_is_that_of_its_lines() -> None:
    def line(page: int, top: float) -> Block:
        return Block("A line.", place=Locator(page=page), lines=(Line(0, 7, (10, top, 60, top + 9)),))

    found = drafts(line(1, 20), line(1, 40), line(2, 20))
    assert [(draft.locator.page, draft.locator.box) for draft in found] == [
        (1, (10, 20, 60, 49)),
        (2, (10, 20, 60, 29)),
    ]


def test_a_passage_has_the_box_of_its_own_lines_only() -> None:
    text = "The pump stands still because the filter is clogged with chips. " * 40
    lines = tuple(Line(at, at + 64, (0, at, 100, at + 10)) for at in range(0, len(text), 64))
    found = drafts(Block(text.strip(), lines=lines))
    boxes = [draft.locator.box for draft in found]
    assert len(found) > 1
    assert all(one and other and one[3] <= other[1] + 54 for one, other in pairwise(boxes))


def test_tables_are_called_by_caption_or_heading_and_keep_their_place() -> None:
    rows = [["Part", "Price"], ["FL-5", "1200"], ["MS-22", "9800"]]
    found = drafts(Block("Prices", 1), Table(rows), Table(rows), Table(rows, name="Spares"))
    tables = [draft for draft in found if draft.kind == "table"]
    assert [draft.locator.part for draft in tables] == ["Prices", "Prices (2)", "Spares"]
    assert len({draft.key for draft in tables}) == 3
    assert all(draft.parent for draft in found if draft.kind == "row")


def test_rows_with_places_of_their_own_keep_them() -> None:
    places = [Locator(part=f"$[{i}]") for i in range(3)]
    found = drafts(Table([["a", "b"], [1, 2], [3, 4]], places=places))
    assert [draft.locator for draft in found if draft.kind == "row"] == places[1:]


def test_notes_pass_and_pages_get_the_title_of_the_document() -> None:
    found = list(fold([Note("rough"), Draft("page", "", Locator(page=1))], "Scan"))
    assert found == [Note("rough"), Draft("page", "", Locator(page=1), title="Scan")]


def test_a_title_is_short_and_says_nothing_twice() -> None:
    outline = Outline("The pump: a manual")
    outline.enter("The pump", 1)
    outline.enter("Of filters " * 20, 2)
    outline.enter("Of seals " * 20, 3)
    assert outline.path.startswith("The pump: a manual > Of ")
    assert width(outline.path) <= 190
    assert outline.path.count("The pump") == 1


def test_a_long_heading_is_cut_at_a_word_and_a_japanese_one_by_its_width() -> None:
    assert clipped("one two three four", 12) == "one two…"
    assert clipped("クーラントフィルターの交換手順", 16) == "クーラントフィ…"
    assert clipped(" short \n one ", 20) == "short one"


def test_what_programs_leave_in_a_title_is_none() -> None:
    left = [
        "Microsoft Word - x.doc",
        "untitled",
        "report.pdf",
        "PowerPoint Presentation",
        "(anonymous)",
        "",
        "123",
        "A1",
    ]
    assert [real_title(text) for text in left] == [""] * len(left)
    assert real_title(" Warranty  and returns ") == "Warranty and returns"
    assert real_title("保守マニュアル") == "保守マニュアル"


def test_a_heading_that_is_too_long_for_a_title_is_told_whole() -> None:
    long = (
        "Does it matter which model is asked, and how, where the answers come from a firm's own files and nowhere else?"
    )
    items = [Block(long, 1), Block("Measurements", 2), Block("It does.")]
    found = [draft for draft in fold(items, long) if isinstance(draft, Draft)]
    assert [draft.text for draft in found] == [long, "It does."]
    assert found[1].title.endswith("> Measurements")
