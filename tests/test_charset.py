"""Text files are read in the encoding they are in, short ones and Japanese ones too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.charset import decode, encoding_of

JAPANESE = {
    "a line of a table": "名前,年齢,住所\n佐藤太郎,30,東京\n",
    "one word": "注文番号",
    "prose": "クーラントフィルターの交換間隔は、500時間から400時間に短縮する。次回の会議は6月25日に行う。\n",
    "half-width kana": "ﾎﾟﾝﾌﾟ停止　確認してください。再起動は禁止とする。",
    "among English": "Alarm E-217: the coolant flow is low (クーラント流量低下). Replace the filter.\n" * 3,
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp"])
@pytest.mark.parametrize("what", JAPANESE)
def test_japanese_is_read_in_every_encoding_it_is_written_in(what: str, encoding: str) -> None:
    assert decode(JAPANESE[what].encode(encoding)) == JAPANESE[what]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("what", sorted(JAPANESE.keys() - {"one word", "half-width kana"}))
def test_utf16_without_a_mark_is_read_where_it_holds_ascii(what: str, encoding: str) -> None:
    assert decode(JAPANESE[what].encode(encoding)) == JAPANESE[what]


def test_mail_encoding_is_read_with_the_circled_digits_programs_send() -> None:
    assert decode("会議は①部屋です".replace("①", "一").encode("iso2022_jp")) == "会議は一部屋です"
    circled = b"\x1b$B2q5D\x1b(B \x1b$B-!\x1b(B"
    assert decode(circled, "iso-2022-jp") == "会議 ①"


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
def test_single_kanji_between_marks_are_japanese(encoding: str) -> None:
    rows = "".join(f"品 {n}\t-\t-\t2026/05/0{n}(日)\r\n" for n in range(1, 4))
    text = f"品名\tCHF\t単価\t日付\r\n{rows}"
    assert decode(text.encode(encoding)) == text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "text",
    ["Café crème à l’hôtel, s’il vous plaît. Déjà vu!", "Größe: 5 mm, Öl prüfen. Maßstab 1:2.", "£5 “quoted” – naïve"],
)
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_western_text_is_not_taken_for_japanese(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("declared", ["shift_jis", "Shift-JIS", "windows-31j", "x-sjis"])
def test_what_is_declared_as_shift_jis_is_what_windows_writes(declared: str) -> None:
    assert decode("髙橋㈱①".encode("cp932"), declared) == "髙橋㈱①"


def test_an_unknown_declaration_is_ignored() -> None:
    assert decode("注文".encode(), "klingon") == "注文"


def test_line_ends_become_one_kind_and_a_mark_is_no_character() -> None:
    assert decode(b"\xef\xbb\xbfa\r\nb\rc\n") == "a\nb\nc\n"


@pytest.mark.parametrize("data", [bytes(range(256)), b"\x7fELF\x02\x01\x01" + b"\0" * 50, b"abc\0def" * 10])
def test_what_is_no_text_has_no_encoding(data: bytes) -> None:
    assert encoding_of(data) is None


@given(st.binary(max_size=300))
def test_any_bytes_can_be_decoded_without_an_error(data: bytes) -> None:
    assert "\r" not in decode(data)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_utf_8_is_always_itself(text: str) -> None:
    assert decode(text.encode()) == text.removeprefix("\ufeff")
