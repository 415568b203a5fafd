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


SENTENCES = {
    "German": ("cp1252 cp850", "Die Pumpe läuft über Nacht; bitte prüfen Sie die Größe der Düse täglich. "),
    "French": ("cp1252 mac_roman", "L’atelier a été fermé à cause d’une fuite; la réparation coûte déjà 1 200 €. "),
    "Spanish": ("cp1252", "¿Cuándo llegará la máquina? El año pasado la reparación costó más de 300 €. "),
    "Italian": ("cp1252", "La quantità è già stata verificata: perché la qualità non è più buona? "),
    "Portuguese": ("cp1252", "A manutenção não está concluída; são três peças e a produção começará amanhã. "),
    "Danish": ("cp1252", "Længden på akslen måles hver måned; små fejl kan føre til større skader. "),
    "Swedish": ("cp1252", "Längden mäts två gånger på våren; små fel kan ge större skador i Örebro. "),
    "Icelandic": ("cp1252", "Vélin er biluð og það þarf að panta nýja hluti á mánudaginn, sagði Þórður. "),
    "English": ("cp1252", "Don’t touch the valve – it’s hot (80 °C). “Stop” costs £5 per m², he says. "),
    "Polish": ("cp1250 iso8859_2", "Część zamienna została już zamówiona; proszę sprawdzić ciśnienie wody. "),
    "Czech": ("cp1250 iso8859_2", "Čerpadlo je příliš hlučné; prosím zkontrolujte těsnění a vyměňte filtr. "),
    "Hungarian": ("cp1250", "A szűrőt minden hónapban cserélni kell; a gép működése közben tilos. "),
    "Turkish": ("cp1254", "Pompa çok gürültülü çalışıyor; lütfen contayı kontrol edin ve değiştirin. "),
    "Russian": ("cp1251 koi8_r cp866", "Насос работает слишком громко; проверьте уплотнение и меняйте фильтр. "),
    "Greek": ("cp1253", "Η αντλία κάνει πολύ θόρυβο· ελέγξτε το φίλτρο και αλλάξτε το κάθε μήνα. "),
    "Japanese": ("cp932 euc_jp", "クーラントフィルターの交換間隔は、五百時間から四百時間に短縮する。"),
    "Chinese": ("gb18030", "水泵的噪音太大；请检查密封件，并且每个月更换一次过滤器，维修部门的负责人这样说。"),
    "Taiwanese": ("cp950", "水泵的噪音太大；請檢查密封件，並且每個月更換一次過濾器，維修部門的負責人這樣說。"),
    "Korean": ("cp949", "펌프 소음이 너무 큽니다. 씰을 점검하고 필터를 매달 교체하십시오. "),
}
IN_CODE_PAGES = [(language, name) for language, (names, _) in SENTENCES.items() for name in names.split()]
MOSTLY_ASCII = {
    "German": ("Messstelle;Abfluss (m³/s);Temperatur (°C)", "für Halle 2"),
    "French": ("Référence;Désignation;Échéance", "Société Dupré"),
    "Spanish": ("Código;Descripción;Año", "M8"),
    "Italian": ("Codice;Quantità;Città", "M8"),
    "Danish": ("Vare;Mængde;Pris", "Møtrik"),
    "English": ("Item;Price (£);Note", "don’t use"),
    "Degrees": ("Datum;Temperatur (°C);Feuchte (%)", "M8"),
    "Polish": ("Nazwa;Ilość;Cena (zł)", "część zamienna"),
    "Czech": ("Název;Množství;Město", "náhradní díl"),
    "Russian": ("Наименование;Количество;Цена", "запасная часть"),
    "Japanese": ("品名;数量;備考", "予備の部品"),
    "Chinese": ("名称;数量;备注", "备用零件"),
    "Korean": ("품명;수량;비고", "예비 부품"),
}


@pytest.mark.parametrize("size", [60, 200, 5_000])
@pytest.mark.parametrize(("language", "encoding"), IN_CODE_PAGES)
def test_a_language_is_read_in_the_code_page_that_makes_its_words(language: str, encoding: str, size: int) -> None:
    sentence = SENTENCES[language][1]
    data = (sentence * (size // len(sentence) + 1))[:size].encode(encoding, "ignore")
    assert decode(data) == data.decode(encoding)


@pytest.mark.parametrize("lines", [3, 200])
@pytest.mark.parametrize("language", MOSTLY_ASCII)
def test_a_few_letters_of_a_table_decide_on_its_code_page(language: str, lines: int) -> None:
    header, note = MOSTLY_ASCII[language]
    rows = "".join(f"Screw {n};{n * 20};{note if n % 40 == 1 else ''}\n" for n in range(lines))
    encoding = SENTENCES.get(language, ("cp1252", ""))[0].split()[0]
    assert decode(f"{header}\n{rows}".encode(encoding)) == f"{header}\n{rows}"


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
