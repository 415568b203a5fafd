"""What readers say in English of pictures, sounds, series, tables and pages is shown in Japanese, with every value in it."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant.answer.retold import KINDS, retold, retold_parts
from assistant.serve import amends, export, show, view
from assistant.serve.talks import answered
from assistant.serve.web import pages, pieces
from assistant.serve.web.words import LANGUAGES, Language
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal
from ingest.readers import audio
from ingest.readers.image import COLOURS, ImageReader, Pictures, describe, frame_of
from ingest.readers.sensor import SensorReader
from ingest.readers.table import TableReader
from ingest.space.encoders import sound, wording
from ingest.space.encoders.signal import Event, Signal, Window
from ingest.space.encoders.vision import Seen
from ingest.space.entity import Draft, Entity, Locator
from tests import test_illustrated as illustrated
from tests.library import keep, keys, read, viewer_of
from tests.scripted import Scripted
from tests.test_answer import ask
from tests.test_image import FORKLIFT, Eyes, Plane, saved, source
from tests.test_image import Glasses as Reading
from tests.test_retrieve import put

from .conftest import FIRM

AT = 1_391_860_800.0  # 2014-02-08 12:00
NAMES = ("温度", "振動", "主軸 temp", "AB-1", "Sensor No. 5 in hall; 2")
FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")


def japanese(text: str, kind: str, *values: str) -> str:
    """The text in Japanese; it has every figure of it and those values that it has, and nothing of our English."""
    told = retold(text, kind, "ja")
    assert not Counter(FIGURE.findall(retold(text, kind, "en"))) - Counter(FIGURE.findall(told)), (text, told)
    rest = told
    for value in sorted(values, key=len, reverse=True):
        assert value not in text or value in told, (text, told)
        rest = rest.replace(value, "")
    assert not re.search(r"[A-Za-z]{2}", re.sub(r"dB|Hz|e[+-]\d", "", rest)), (text, told)
    return told


# -- pictures and pages ----------------------------------------------------------------------------------------------


def test_a_picture_its_parts_and_its_page_are_told_in_japanese(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.png", Image.new("RGB", (200, 100), (225, 220, 20)))
    made = [
        one for one in ImageReader(Pictures(Eyes(), Reading(), Plane())).read(source(path)) if isinstance(one, Draft)
    ]
    picture, region, *lines = made
    told = japanese(picture.text, picture.kind, "forklift", "P-101 Do not open")
    assert told == "画像（forklift 0.82）；画像内の文字：P-101 Do not open；色：黄色；200 x 100ピクセル。"
    assert japanese(region.text, region.kind, "forklift") == "画像の一部（forklift 0.90）"
    assert [retold(one.text, one.kind, "ja") for one in lines] == [one.text for one in lines]


def test_a_scanned_page_is_told_in_japanese(tmp_path: Path) -> None:
    path = illustrated.scan(tmp_path / "a.pdf", Image.new("RGB", (600, 800), "black"))
    page = next(iter(illustrated.read(path, Draft("page", "", Locator(page=1)))))
    assert isinstance(page, Draft) and japanese(page.text, page.kind, "Valve") == "スキャンした1ページ目：Valve"


@pytest.mark.parametrize("noted", [{}, {"taken": "2024-06-01 10:11:12"}, {"taken": "2024-06-01", "camera": "SONY α7"}])
@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_and_what_a_camera_noted_are_told(colour: str, noted: dict[str, str]) -> None:
    frame = frame_of(Image.new("RGB", (20, 10), COLOURS[colour]))
    text = describe(type(frame)(frame.image, frame.size, noted=noted), None, [])
    assert japanese(text, "picture", *noted.values()).startswith("画像；色：")


@pytest.mark.parametrize(
    ("names", "english", "told"),
    [
        ((("oil filter", 0.54), ("pot", 0.2)), "Picture of oil filter 0.54; colours", "画像（oil filter 0.54）；色"),
        ((("screen", 0.29), ("web site", 0.28)), "Picture; colours", "画像；色"),
    ],
)
def test_of_what_may_be_seen_only_what_is_likely_is_named(
    names: tuple[tuple[str, float], ...], english: str, told: str
) -> None:
    text = describe(frame_of(Image.new("RGB", (20, 10), "white")), Seen(names, FORKLIFT, (0, 0, 1, 1)), [])
    assert retold(text, "picture", "en").startswith(english) and retold(text, "picture", "ja").startswith(told)
    assert retold(text, "passage", "en") == text


def test_words_in_a_picture_that_read_like_ours_stay_as_they_are() -> None:
    written = "A; colours: red; with a lid. Picture; 3 x 4 pixels; taken"
    text = f"Picture; text in it: {written}; colours: grey; 200 x 100 pixels."
    assert retold(text, "picture", "ja") == f"画像；画像内の文字：{written}；色：灰色；200 x 100ピクセル。"


# -- sounds ----------------------------------------------------------------------------------------------------------


def frames(level: float, pitch: float = 0.0) -> tuple[sound.Frame, ...]:
    return (sound.Frame(level, pitch, 0.9 if pitch else 0.0),) * 40


@pytest.mark.parametrize("speech", [(), ((1.0, 2.5),), ((1.0, 2.5), (3.0, 4.0))])
@pytest.mark.parametrize("heard", [frames(-100.0), frames(-11.4), frames(-11.4, 50.0), frames(-11.4, 1_000.0)])
def test_a_recording_is_told_in_japanese(
    heard: tuple[sound.Frame, ...], speech: tuple[tuple[float, float], ...]
) -> None:
    japanese(audio.describe(audio.Survey(39.3, heard, speech), []), "sound")


@pytest.mark.parametrize("beeps", [1, 3])
@pytest.mark.parametrize("pitch", [0.0, 50.0, 1_000.0])
@pytest.mark.parametrize("rise", [0.1, 0.4])
@pytest.mark.parametrize("end", [1.2, 5.0])
def test_a_sound_is_told_in_japanese(beeps: int, pitch: float, rise: float, end: float) -> None:
    japanese(sound.Event(1.0, end, -11.2, 40.3, pitch, rise, beeps).text, "event")


# -- series ----------------------------------------------------------------------------------------------------------

SIZES = st.floats(-1e12, 1e12, allow_nan=False) | st.integers(-200, 200).map(float)
LONG = st.sampled_from([0.0, 0.02, 2.5, 59.0, 2_100.0, 39_000.0, 86_400.0, 187_200.0])
WAYS = st.sampled_from(["up", "down"])


@st.composite
def told_events(draw: st.DrawFn) -> tuple[str, tuple[str, str]]:
    """One event of any kind in the words of the reader, with its quantity and unit."""
    quantity, unit = draw(st.sampled_from(NAMES)), draw(st.sampled_from(["", "°C", "mm/s", "個"]))
    moment = st.floats(0, 4e9).map(round) | st.floats(0, 4e9)
    facts = {
        "direction": draw(WAYS), "style": draw(st.sampled_from(["brief", "sharp", "long"])), "score": draw(st.floats(0, 4)),
        "missing": draw(st.integers(0, 9_999)), "share": draw(st.floats(0, 1)), "onset": AT, "reached": AT + draw(LONG),
        **{name: draw(SIZES) for name in ("before", "value", "usual", "from", "to", "limit", "far")},
        **{name: draw(moment) for name in ("at", "far_at")},
    }  # fmt: skip
    facts |= draw(st.sampled_from([{}, {"period": "day"}, {"period": "week"}]))
    facts |= {"record": facts["direction"]} if draw(st.booleans()) else {}
    kind = draw(st.sampled_from(["excursion", "extreme", "level", "drift", "flat", "gap", "limit", "pattern"]))
    start = draw(moment)
    shows_unit = kind not in ("gap", "pattern")
    said = wording.tell(Signal(quantity, unit, FORKLIFT, FORKLIFT), Event(kind, start, start + draw(LONG), facts))  # type: ignore[arg-type]
    return said, (quantity, unit if shows_unit else "")


@given(told_events())
def test_every_event_of_a_series_is_told_in_japanese(made: tuple[str, tuple[str, str]]) -> None:
    text, values = made
    japanese(text, "event", *values)


@given(told_events(), st.integers(0, 400), st.integers(0, 400))
def test_of_a_text_that_is_cut_anywhere_no_figure_and_no_name_is_lost(
    made: tuple[str, tuple[str, str]], start: int, end: int
) -> None:
    text = made[0][start:end]
    told = retold(text, "event", "ja")
    assert not Counter(FIGURE.findall(text)) - Counter(FIGURE.findall(told))
    assert all(value in told for value in made[1] if value in text)


@given(st.text(), st.sampled_from(sorted(KINDS)))
def test_words_that_are_not_ours_stay_as_they_are(text: str, kind: str) -> None:
    assert retold(text, kind, "ja") == text
    assert retold(f"Picture; {text}", "passage", "ja") == f"Picture; {text}"


@pytest.mark.parametrize("span", ["hour", "day", "week", "month", "year"])
def test_the_windows_of_a_series_are_told_in_japanese(span: str) -> None:
    facts = {"mean": 5.25, "max": 1_234.5, "min": -3.0, "max_at": AT + 5, "min_at": AT}
    text = wording.tell_window(Signal("主軸 temp", "°C", FORKLIFT, FORKLIFT), Window(AT, AT + 3_600, span, facts))
    japanese(text, "series", "主軸 temp", "°C")


@pytest.mark.parametrize("gaps", [0, 1, 2])
@pytest.mark.parametrize("single", [0, 1, 1_200])
@pytest.mark.parametrize("among", [None, (3_000, 300.0)])
def test_a_series_is_told_in_japanese(gaps: int, single: int, among: tuple[int, float] | None) -> None:
    facts = {"count": 1_234, "mean": 5.25, "max": 1_234.5, "min": -3.0, "max_at": AT + 5, "min_at": AT}
    missing = [Event("gap", AT, AT + 7_200, {})] * gaps
    made = Signal("主軸 temp", "°C", np.arange(3.0) + AT, FORKLIFT)
    japanese(wording.overview(made, facts, 600.0, missing, missing, single, among), "series", "主軸 temp", "°C")


# -- tables and records that are read --------------------------------------------------------------------------------


def test_a_table_and_its_columns_are_told_in_japanese(tmp_path: Path, memory: Memory) -> None:
    path = tmp_path / "注文.csv"
    path.write_text("番号,数量 (個),日付,済,備考\n甲-1,3,2026-06-01,true,\n乙-2,1.5,2026-06-12,false,\n", "utf-8")
    table, *columns = [one for one in read(memory, path, "open", TableReader()) if one.kind != "row"]
    said = [japanese(one.text, one.kind, "注文", "True", "False") for one in (table, *columns)]
    assert said[0].startswith(
        "表「注文」、2行。列：番号（文字）；数量 (個)（数値、1.5～3）；日付（日付、2026-06-01～2026-06-12）"
    )
    assert said[1] == "表「注文」の列「番号」：文字、値2個。例：甲-1, 乙-2。"


def test_what_a_column_shows_as_an_example_and_names_like_our_words_stay_as_they_are() -> None:
    text = "Table A, text with 3 rows. Columns: x; y, number from 1 to 2; Picture, text; cut, numb"
    assert retold(text, "table", "ja") == "表「A, text」、3行。列：x; y（数値、1～2）；Picture（文字）; cut, numb"
    column = "Column text of table date (hidden): text, 2 values. For example: no speech. No gaps, silent."
    assert (
        retold(column, "column", "ja")
        == "表「date」の列「text」（非表示）：文字、値2個。例：no speech. No gaps, silent。"
    )


@pytest.mark.parametrize(
    "file", sorted((FIRM / "operations" / "sensors").glob("*.csv")), ids=lambda path: str(path.name)
)
def test_the_records_of_the_sample_firm_are_told_in_japanese(memory: Memory, file: Path) -> None:
    found = read(memory, file, "open", SensorReader())
    told = [one for one in found if one.kind in KINDS]
    assert told
    for one in told:
        japanese(one.text, one.kind, *(str(one.facts.get(name, "")) for name in ("quantity", "unit")))


# -- where they are shown --------------------------------------------------------------------------------------------

OWNER = viewer_of("owner")


def test_what_was_cited_is_marked_in_japanese_too() -> None:
    first, second = (
        "主軸 had its highest value (最高値) of the whole record, 9 °C, at 2014-02-08 12:00.",
        "Usual: about 3 °C.",
    )
    parts = retold_parts((f"{first} ", second, ""), "event", "ja")
    assert parts == ("主軸の記録全体の最高値：9 °C（2014-02-08 12:00）。", "通常は約3 °C。", "")
    assert retold_parts((f"{first} ", second, ""), "event", "en") == (f"{first} ", second, "")
    assert (
        retold_parts((first[:9], first[9:20], first[20:]), "event", "ja")[1]
        == "主軸の記録全体の最高値：9 °C（2014-02-08 12:00）。"
    )
    assert retold_parts((first, "", ""), "event", "ja")[1] == ""


def test_a_source_is_opened_in_the_language_of_its_page_and_corrected_in_the_words_that_are_kept(
    memory: Memory,
) -> None:
    text = "Picture of screen 0.29, web site 0.28; text in it: 起動; colours: light blue, grey; 1200 x 860 pixels."
    photo = FIRM / "operations" / "photos" / "nameplate-spindle-mc3.jpg"
    (entity,) = keep(memory, photo, "operations", [Draft("picture", text)])
    personal = keys(memory)
    shown = {language: opened(memory, personal, entity, language) for language in LANGUAGES}
    cited = '<mark id="cited">{}</mark>'
    assert cited.format("画像；画像内の文字：起動；色：水色、灰色；1200 x 860ピクセル。") in shown["ja"]
    assert cited.format("Picture; text in it: 起動; colours: light blue, grey; 1200 x 860 pixels.") in shown["en"]
    if amends.seen(memory, personal, entity, OWNER).may:
        assert f"required>{text}</textarea>" in shown["ja"]


def opened(memory: Memory, personal: Personal, entity: Entity, language: Language) -> str:
    """The page of an entity of which everything is cited."""
    at = view.open_at(memory, personal, entity.id, OWNER, (0, len(entity.text)))
    return pages.opened_page(at, True, None, None, [], amends.seen(memory, personal, entity, OWNER), language)


def test_another_version_of_a_table_is_told_in_the_language_of_the_question(memory: Memory) -> None:
    for rows in (2, 3):
        put(
            memory,
            f"orders{rows}.csv",
            "open",
            Draft("table", f"Table Orders 注文 with {rows} rows. Columns: 番号, text."),
        )
    answer = ask(memory, Scripted("表は2行です。 [1]", judges={"表は": 0.2}), "Table Orders 注文は何行ですか。")
    note = next(one for one in answer.notes if "versions" in one)
    assert "“表「Orders 注文」、2行。”" in note and "“表「Orders 注文」、3行。”" in note


def test_an_answer_to_a_japanese_question_quotes_it_in_japanese_and_asks_no_model_for_it(memory: Memory) -> None:
    text = "主軸 spindle temp was unusually high (異常に高い) for 10 h 50 min, 2026-06-01 00:10 to 2026-06-01 11:00: "
    text += "highest 66 °C at 2026-06-01 05:00. Usual: about 20 °C."
    put(memory, "record", "open", Draft("event", text))
    reader = Scripted("主軸は灰色です。 [1]", translates="訳", judges={"主軸は灰": 0.2})
    answer = ask(memory, reader, "主軸 spindle tempは異常に高いですか。")
    assert answer.citations[0].quote == text
    told = "主軸 spindle tempが異常に高い状態：10時間50分（2026-06-01 00:10～2026-06-01 11:00）、"
    told += "最高 66 °C（2026-06-01 05:00）。通常は約20 °C。"
    assert answer.answer.split("\n")[1:] == [f"“{told}” [1]"]
    turn = answered(1, answer, OWNER)
    card = pieces.turn("talk", turn, "ja")
    assert "異常に高い状態" in card and "was unusually" not in card and f"quote=0-{len(text)}" in card
    assert "was unusually" in pieces.turn("talk", replace(turn, said={**turn.said, "answer": "9 [1]"}), "en")
    assert [one.text[:24] for one in pieces.found(turn, "ja")] == ["主軸 spindle tempが異常に高い状態："]
    assert "was unusually" not in export.markdown("", [(turn, True)], "ja").decode()
    terminal = io.StringIO()
    show.answer([answer], terminal)
    assert "was unusually" not in terminal.getvalue()
