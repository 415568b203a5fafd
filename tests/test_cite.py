"""Marks become citations whose quote stands in the source letter for letter, at the place they name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.cite import BESIDE, QUOTED, Line, from_lines, held, lines, passage, rivals, settled, whole
from assistant.answer.evidence import Evidence
from assistant.search.retrieve import Hit
from ingest.space.entity import OLDER_MESSAGE, Entity, Locator

TEXT = (
    "The pump is oiled weekly by the shift. " + "It stands in hall 4. " * 14 + "The seal is replaced every 4,000 hours."
)


def source(text: str = TEXT, locator: Locator | None = None, **more: object) -> Evidence:
    entity = Entity("e1", "s1", "open", "passage", text, locator or Locator(page=3), **more)  # type: ignore[arg-type]
    return Evidence(Hit(entity, 1.0, 1.0, 1.0), (entity,), "s1", text)


def test_a_mark_cites_the_stretch_that_carries_it() -> None:
    (one,) = from_lines([Line("Every 4,000 hours.", (1,))], [source()], str.upper)
    assert "every 4,000 hours" in one.quote and "oiled weekly" not in one.quote
    assert (one.mark, one.source, one.locator.page) == (1, "S1", 3)
    assert one.as_dict()["locator"] == {"page": 3}


def test_characters_are_narrowed_to_the_quote() -> None:
    (one,) = from_lines([Line("oiled weekly", (1,))], [source(locator=Locator(chars=(100, 100 + len(TEXT))))], str)
    assert one.locator.chars is not None
    start, end = one.locator.chars
    assert TEXT[start - 100 : end - 100] == one.quote
    assert one.quote.startswith("The pump is oiled")


def test_a_line_of_a_picture_is_cited_with_its_box() -> None:
    said = [{"text": "RATED POWER 15 kW", "box": [1, 2, 3, 4]}, {"text": "RATED CURRENT 52 A", "box": [1, 6, 3, 8]}]
    plate = source("RATED POWER 15 kW\nRATED CURRENT 52 A", Locator(box=(1, 2, 3, 8)), facts={"lines": said})
    assert whole(1, plate.hit.entity, str).locator.box == (1, 2, 3, 8)
    assert passage(1, plate, "the current is 52 A", "", str).locator.box is not None


def test_what_stands_in_a_picture_is_cited_at_its_line_and_how_it_looks_at_the_whole() -> None:
    caption = "Picture of a plate; text in it: RATED POWER 15 kW RATED CURRENT 52 A; colours: grey"
    picture = Entity("p", "s1", "open", "picture", caption, Locator())
    lines = [
        Entity(f"l{n}", "s1", "open", "line", text, Locator(box=(1, n, 3, n + 2)), parent="p")
        for n, text in enumerate(["RATED POWER 15 kW", "RATED CURRENT 52 A"])
    ]
    plate = Evidence(Hit(picture, 1.0, 1.0, 1.0), (picture, *lines), "s1", caption)
    current = passage(1, plate, "The rated current is 52 A.", "What rated current is on the plate?", str)
    assert (current.entity, current.locator.box) == ("l1", (1, 1, 3, 3))
    assert passage(1, plate, "The plate is grey.", "What colours has the picture?", str).entity == "p"


def pieces(texts: list[str]) -> Evidence:
    members = tuple(
        Entity(f"u{n}", "s1", "open", "utterance", text, Locator(start=n, end=n + 1)) for n, text in enumerate(texts)
    )
    return Evidence(Hit(members[0], 1.0, 1.0, 1.0), members, "s1", "\n".join(texts))


def test_what_was_heard_is_quoted_with_what_was_said_before_and_after_it() -> None:
    """A question is one utterance and its answer the next; the place is that of the one that is nearest."""
    call = pieces(["Good morning.", "Which colour would you like?", "Black, please.", "Thank you."])
    one = passage(1, call, "", "What colour would they like?", str)
    assert one.quote == "\n".join(member.text for member in call.members)
    assert (one.entity, one.locator.start) == ("u1", 1)


@given(st.lists(st.integers(1, QUOTED), min_size=1, max_size=12), st.integers(0, 11))
def test_pieces_are_quoted_together_as_far_as_there_is_room(lengths: list[int], at: int) -> None:
    texts = [chr(97 + n) * length for n, length in enumerate(lengths)]
    at = at % len(texts)
    call = pieces(texts)
    quoted = passage(1, call, texts[at], "", str).quote.split("\n")
    first = texts.index(quoted[0])
    assert quoted == texts[first : first + len(quoted)] and texts[at] in quoted
    assert len("\n".join(quoted)) <= QUOTED
    beside = [texts[n] for n in (first - 1, first + len(quoted)) if 0 <= n < len(texts)]
    assert all(len("\n".join([*quoted, other])) >= QUOTED for other in beside)


@given(st.lists(st.integers(2, QUOTED), min_size=1, max_size=12), st.integers(0, 11))
def test_a_passage_has_whole_sentences_beside_it_as_far_as_there_is_room(lengths: list[int], at: int) -> None:
    said = [chr(97 + n) * (length - 1) + "." for n, length in enumerate(lengths)]
    one, asked = source(" ".join(said)), said[at % len(said)]
    alone = passage(1, one, "", asked, str).quote
    wide = passage(1, one, "", asked, str, beside=BESIDE).quote
    assert alone in wide and wide.split() == [word for word in said if word in wide]
    assert len(wide) <= len(alone) + BESIDE
    first, last = said.index(wide.split()[0]), said.index(wide.split()[-1])
    beside = [said[n] for n in (first - 1, last + 1) if 0 <= n < len(said)]
    assert all(len(wide) + 1 + len(other) > len(alone) + BESIDE for other in beside)


def test_the_newest_words_of_a_mail_are_shown_before_those_that_it_quotes() -> None:
    """Whatever is quoted has more of the words in common."""
    new = Entity("new", "s1", "open", "passage", "Agreed, 410 EUR for the clamps.", Locator())
    old = Entity("old", "s1", "open", "passage", "Our price for the clamps is 450 EUR.", Locator(part=OLDER_MESSAGE))
    mail = Evidence(Hit(new, 1.0, 1.0, 1.0), (new, old), "s1", f"{new.text}\n{old.text}")
    assert passage(1, mail, "", "What price was agreed for the clamps?", str).entity == "new"
    assert passage(1, mail, "The price was 450 EUR.", "What was it?", str).entity == "old"


def test_sentences_and_items_have_the_marks_behind_them() -> None:
    assert lines("It is oiled. [1] It stands. [2][9]\n- a seal [1]\n1. Open it. [2]", 2) == [
        Line("It is oiled.", (1,)), Line("It stands.", (2,)), Line("- a seal", (1,)), Line("1. Open it.", (2,)),
    ]  # fmt: skip


def test_a_sentence_without_mark_has_that_of_what_follows() -> None:
    assert lines("It is oiled. Weekly. [2]", 2) == [Line("It is oiled.", (2,)), Line("Weekly.", (2,))]
    assert lines("It is oiled.", 2) == [Line("It is oiled.", ())]


def test_a_mark_goes_to_the_source_that_says_it() -> None:
    two = [source("The seal is blue."), source("The pump is oiled weekly.")]
    assert settled([Line("The pump is oiled weekly.", (1,))], two) == [Line("The pump is oiled weekly.", (2,))]
    assert settled([Line("The pump is oiled weekly.", (2,))], two) == [Line("The pump is oiled weekly.", (2,))]
    two.append(source("The password of the app is 1234."))
    assert settled([Line("パスワードは1234です。", (1,))], two) == [Line("パスワードは1234です。", (3,))]
    assert settled([Line("ポンプは毎週給油します。", (2,))], two) == [Line("ポンプは毎週給油します。", (2,))]


def test_rivals_say_as_much_of_a_line_and_figures_alone_make_none() -> None:
    """The hours of a working day are no rival for days of leave, whatever a judge makes of them."""
    three = [
        source("給与日は毎月5日です。"),
        source("本人が結婚するときは、慶弔休暇を5日与える。"),
        source("Five days."),
    ]
    assert rivals(Line("結婚するときは休暇を5日もらえます。", ()), held(three)) == (2,)
    assert rivals(Line("You get 5 days.", ()), held(three[:2])) == (1, 2)
    assert rivals(Line("You get leave.", ()), held(three)) == ()


def test_what_leads_into_a_list_or_names_what_is_missing_needs_no_mark() -> None:
    (head, item) = lines("The steps are:\n1. Open it. [1]", 1)
    assert head.aside and not item.aside


@given(st.lists(st.sampled_from(["oil", "seal.", "4,000", "pump", "Is?", "\n", "- steel", "。"]), max_size=40))
def test_every_quote_is_verbatim_and_short(words: list[str]) -> None:
    text = " ".join(words) or "x"
    one = passage(1, source(text), "pump and seal", "", str)
    assert one.quote in text and len(one.quote) <= QUOTED


def test_the_passage_shown_has_the_figure_that_is_said_also_across_languages() -> None:
    """Whatever else shares more words with the question."""
    other = "The stipend is paid once a year to each employee. " * 6
    text = f"{other}The amount is $749 for managed devices."
    one = passage(
        1, source(text), "手当は年749ドルです。", "What is the stipend paid to each employee once a year?", str
    )
    assert "749" in one.quote
