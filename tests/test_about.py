"""Which files a question about files means, with the real encoder."""

from __future__ import annotations

import pytest

from assistant.answer import about
from assistant.answer.about import Listed
from ingest.space.encoders.words import Words
from ingest.space.space import Near, near_in

FILES = [
    Listed("/f/lease.pdf", "pdf", "Lease of the hall in Mill Lane"),
    Listed("/f/Acetone_SDS.pdf", "pdf", "Safety Data Sheet: Acetone"),
    Listed("/f/visit.eml", "mail", "Visit on Thursday"),
    Listed("/f/pallets.eml", "mail", "Re: broken pallets"),
    Listed("/f/memo_0611.wav", "audio", "memo_0611"),
    Listed("/f/call_22.wav", "audio", "call_22"),
    Listed("/f/IMG_2210.jpg", "image", "IMG_2210"),
    Listed("/f/IMG_2211.jpg", "image", "IMG_2211"),
    Listed("/f/oven-3.csv", "sensor", "oven-3"),
    Listed("/f/orders.xlsx", "table", "Orders of 2025"),
    Listed("/f/育児休業規程.docx", "docx", "育児休業規程"),
    Listed("/f/議事録_0704.docx", "docx", "定例会 議事録"),
    Listed("/f/消防訓練.pptx", "pptx", "消防訓練のご案内"),
]


@pytest.fixture(scope="module")
def near() -> Near:
    return near_in(Words())


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which e-mails are in here?", {"visit.eml", "pallets.eml"}),
        ("What recordings are there?", {"memo_0611.wav", "call_22.wav"}),
        ("写真は何枚ありますか", {"IMG_2210.jpg", "IMG_2211.jpg"}),
        ("Do you have anything about parental leave?", {"育児休業規程.docx"}),
        ("火災の訓練に関する資料はどれですか", {"消防訓練.pptx"}),
        ("which sensor data do you have", {"oven-3.csv"}),
        ("Are there any safety data sheets? For which products?", {"Acetone_SDS.pdf"}),
    ],
)
def test_files_are_meant_by_what_they_are_or_are_about_in_both_languages(
    question: str, names: set[str], near: Near
) -> None:
    found, clear = about.files(question, FILES, near)
    assert ({path.removeprefix("/f/") for path in found}, clear) == (names, True)


@pytest.mark.parametrize("question", ["What files do you have?", "どんな資料が入っていますか"])
def test_where_none_is_clearly_meant_all_are_counted_and_the_nearest_named(question: str, near: Near) -> None:
    found, clear = about.files(question, FILES, near)
    assert found and not clear
    said = about.told(found, clear, [one.path for one in FILES], "en")
    assert said.startswith("Files here: 13 (2 pdf, 2 eml, 2 wav, 2 jpg, 2 docx, ") and f"- {found[0][3:]}" in said


def test_no_files_are_no_list() -> None:
    assert about.files("What is there?", [], lambda question, texts: []) == ([], False)
    assert about.told([], False, [], "ja") == "ファイルはまだありません。"
