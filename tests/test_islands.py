"""Tables as people lay them out on a sheet: titles, forms and sums around them, headers of months, one below the other."""

from __future__ import annotations

import pytest

from .test_grid import drafts, kind


def rows(text: str) -> list[str]:
    """What is said of the rows of a grid, written with bars between its cells."""
    cells = [[value or None for value in line.split("|")] for line in text.split("\n")]
    return [row.text for row in kind(drafts(cells), "row")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("|4月|5月\n東京|100|200\n大阪|3|4", ["column 1: 東京; 4月: 100; 5月: 200", "column 1: 大阪; 4月: 3; 5月: 4"]),
        ("|2024|2025\n東京|100|200\n大阪|3|4", ["column 1: 東京; 2024: 100; 2025: 200", "column 1: 大阪; 2024: 3; 2025: 4"]),
        ("部署|上期||計\n|4月|5月|\n営業|1|2|3", ["部署: 営業; 上期 / 4月: 1; 上期 / 5月: 2; 計: 3"]),
        ("氏名|6月|\n|1日|2日\n佐藤|早|遅\n鈴木|遅|早",
         ["氏名: 佐藤; 6月 / 1日: 早; 6月 / 2日: 遅", "氏名: 鈴木; 6月 / 1日: 遅; 6月 / 2日: 早"]),
        ("売上表|||(単位：千円)\n店舗|4月|5月|6月\n東京|1|2|3", ["店舗: 東京; 4月: 1 千円; 5月: 2 千円; 6月: 3 千円"]),
        ("御中||||請求日|2026年5月31日\n下記の通り||||番号|INV-1\nご請求金額||46846|||\n\n品名|数|額|率|備考|他\n机|2|5|8|A|x",
         ["御中: 下記の通り", "請求日: 2026年5月31日; 番号: INV-1", "ご請求金額: 46846",
          "品名: 机; 数: 2; 額: 5; 率: 8; 備考: A; 他: x"]),
        ("売上表|||2026年度\n店舗|第1|第2|第3\n東京|1|2|3", ["店舗: 東京; 第1: 1; 第2: 2; 第3: 3"]),
        ("店舗名|東京店|\n期間|2026年4月|\n日付|売上|客数\n2026/4/1|1000|5",
         ["店舗名: 東京店; 期間: 2026年4月", "日付: 2026/4/1; 売上: 1000; 客数: 5"]),
        ("品|数|額\na|1|2\n\n小計|||52000\n消費税|||5200\nご請求額|||57200",
         ["品: a; 数: 1; 額: 2", "小計: 52000; 消費税: 5200; ご請求額: 57200"]),
        ("部門A|\n品|数\nx|1\ny|2\n部門B|\n品|数\nz|3", ["品: x; 数: 1", "品: y; 数: 2", "品: z; 数: 3"]),
        ("品|数\nx|1\n品|数\ny|2", ["品: x; 数: 1", "品: y; 数: 2"]),
        ("品名|数量|備考\n\n机|2|A\n棚|3|B", ["品名: 机; 数量: 2; 備考: A", "品名: 棚; 数量: 3; 備考: B"]),
        ("品|価格\na|1\nb|2\n\n※価格は税抜です。|\n※送料別途|",
         ["品: a; 価格: 1", "品: b; 価格: 2", "※価格は税抜です。", "※送料別途"]),
        ("品|数\n■部門A|\nx|1\n■部門B|\nz|3", ["■部門A", "■部門A; 品: x; 数: 1", "■部門B", "■部門B; 品: z; 数: 3"]),
        ("品|数\n【限定】みかん|\nx|1", ["品: 【限定】みかん", "品: x; 数: 1"]),
        ("Name||Room 1\nAnn|Dev|Berlin\nBob|Ops|Paris",
         ["Name: Ann; column 2: Dev; Room 1: Berlin", "Name: Bob; column 2: Ops; Room 1: Paris"]),
        ("Title||Year\nAlien|SF|1979\nJaws|x|1975",
         ["Title: Alien; column 2: SF; Year: 1979", "Title: Jaws; column 2: x; Year: 1975"]),
        ("name|department|\nTanaka|Sales|\nSato|HR|new",
         ["name: Tanaka; department: Sales", "name: Sato; department: HR; column 3: new"]),
        ("Model|Size|Stock\nX1|L|\nX2|42|3", ["Model: X1; Size: L", "Model: X2; Size: 42; Stock: 3"]),
        ("あおば 勤怠|6月度||\n社員番号|0012|氏名|高橋\n日付|区分|出勤|退勤\n6/1(月)|出勤|8:55|18:10\n6/2(火)|有休||",
         ["日付: 6/1(月); 区分: 出勤; 出勤: 8:55; 退勤: 18:10", "日付: 6/2(火); 区分: 有休"]),
        ("口座|みずほ|本店|普通|1234567\n年月日|出金|入金|内容|残高\n8. 6. 1|12000||ガス|988000\n8. 6. 3||5000|振込|993000",
         ["年月日: 8. 6. 1; 出金: 12000; 内容: ガス; 残高: 988000", "年月日: 8. 6. 3; 入金: 5000; 内容: 振込; 残高: 993000"]),
        ("店舗|渋谷||\n営業日|2026/6/12||\n||売上|\nコード|部門|数|額\n001|青果|120|456\n002|精肉|64|712",
         ["コード: 001; 部門: 青果; 売上 / 数: 120; 売上 / 額: 456", "コード: 002; 部門: 精肉; 売上 / 数: 64; 売上 / 額: 712"]),
        ("現場|第3倉庫|監督|原\n日付|2026/6/12|天候|晴\n職種|人数|時間|備考\n鉄筋|6|8|\n型枠|4|7.5|雨",
         ["職種: 鉄筋; 人数: 6; 時間: 8", "職種: 型枠; 人数: 4; 時間: 7.5; 備考: 雨"]),
        ("社員番号|氏名|所属\n0012|高橋|製造\n基本給|残業|通勤\n280000|27344|12000\n健保|年金|\n14000|26000|",
         ["社員番号: 0012; 氏名: 高橋; 所属: 製造; 基本給: 280000; 残業: 27344; 通勤: 12000; 健保: 14000; 年金: 26000"]),
        ("氏名|数|率\n高橋|1|2\n石井|不明|未定\n上田|3|4",
         ["氏名: 高橋; 数: 1; 率: 2", "氏名: 石井; 数: 不明; 率: 未定", "氏名: 上田; 数: 3; 率: 4"]),
        ("品|数\na|1\nb|2\n※単価は税抜|\n注）見込み|", ["品: a; 数: 1", "品: b; 数: 2", "※単価は税抜", "注）見込み"]),
        ("品|数\na|1\n※税抜|\n\n人|歳\nx|30\ny|40", ["品: a; 数: 1", "※税抜", "人: x; 歳: 30", "人: y; 歳: 40"]),
        ("品|数\n注文|1\n注射器|2\n注|", ["品: 注文; 数: 1", "品: 注射器; 数: 2", "注"]),
        ("品名|数量|単価\n柿|未定|応相談\n梨|3|100", ["品名: 柿; 数量: 未定; 単価: 応相談", "品名: 梨; 数量: 3; 単価: 100"]),
        ("品|2024|2025\n柿|未定|未定\n梨|3|100", ["品: 柿; 2024: 未定; 2025: 未定", "品: 梨; 2024: 3; 2025: 100"]),
        ("id|問|答\n01|いつ|14日\n02a|いくら|18円台\n02b|何個|40\n03|誰|東",
         ["id: 01; 問: いつ; 答: 14日", "id: 02a; 問: いくら; 答: 18円台", "id: 02b; 問: 何個; 答: 40", "id: 03; 問: 誰; 答: 東"]),
        ("年|出来事|量\n1927|準備|\n1930|切断|\n1938年末|第1滴|96-107\n1947|第2滴|99",
         ["年: 1927; 出来事: 準備", "年: 1930; 出来事: 切断", "年: 1938年末; 出来事: 第1滴; 量: 96-107",
          "年: 1947; 出来事: 第2滴; 量: 99"]),
        ("Probe|A 7|\nDauer|Kraft|Weg\n0,1|2,50|0,026\n0,2|3,75|0,039",
         ["Dauer: 0,1; Kraft: 2,50; Weg: 0,026", "Dauer: 0,2; Kraft: 3,75; Weg: 0,039"]),
        ("Ort|Nord|\nLeiter|Voss|\nTag|Strom|Gas\n1.6.2026|2,5|10,25\n2.6.2026|3,5|11,75",
         ["Ort: Nord; Leiter: Voss", "Tag: 1.6.2026; Strom: 2,5; Gas: 10,25", "Tag: 2.6.2026; Strom: 3,5; Gas: 11,75"]),
        ("Art||Preis\nRohr|lang|2,50\nBlech|glatt|3,75",
         ["Art: Rohr; column 2: lang; Preis: 2,50", "Art: Blech; column 2: glatt; Preis: 3,75"]),
        ("店名|北口店|日付|2026/06/05\n時間|客数|売上|単価\n9時|12|14400|1200\n10時|20|26000|1300",
         ["時間: 9時; 客数: 12; 売上: 14400; 単価: 1200", "時間: 10時; 客数: 20; 売上: 26000; 単価: 1300"]),
        ("Client|Orme Ltd||Offer|Q-118\nPart|Note|Qty|Price|Total\nA|x|2|4.20|8.40\nB|y|1|9.00|9.00",
         ["Part: A; Note: x; Qty: 2; Price: 4.20; Total: 8.40", "Part: B; Note: y; Qty: 1; Price: 9.00; Total: 9.00"]),
        ("名|2026/6/1|担当|2026/6/2\n柿|未定|森|欠品\n梨|3|林|5\n桃|4|森|6",
         ["名: 柿; 2026/6/1: 未定; 担当: 森; 2026/6/2: 欠品", "名: 梨; 2026/6/1: 3; 担当: 林; 2026/6/2: 5",
          "名: 桃; 2026/6/1: 4; 担当: 森; 2026/6/2: 6"]),
        ("会議|定例|日時|2026年6月3日 15:00\n場所|第2応接|書記|森\n議題|決定|担当|期限\n値上げ|見送る|原|6/30\n値上げ|再考|林|7/15",
         ["会議: 定例; 日時: 2026年6月3日 15:00; 場所: 第2応接; 書記: 森", "議題: 値上げ; 決定: 見送る; 担当: 原; 期限: 6/30",
          "議題: 値上げ; 決定: 再考; 担当: 林; 期限: 7/15"]),
        ("Firma|Nord|Datum|2026-06-03\nOrt|Halle|Name|Voss\nThema|Kran|Ziel|Norm\nThema|Tor|Ziel|Frist",
         ["Firma: Ort; Nord: Halle; Datum: Name; 2026-06-03: Voss", "Firma: Thema; Nord: Kran; Datum: Ziel; 2026-06-03: Norm",
          "Firma: Thema; Nord: Tor; Datum: Ziel; 2026-06-03: Frist"]),
        ("氏名|2026/6/1|担当|2026/6/2\n森|早番|林|遅番\n原|遅番|岡|早番\n森|早番|岡|休み",
         ["氏名: 森; 2026/6/1: 早番; 担当: 林; 2026/6/2: 遅番", "氏名: 原; 2026/6/1: 遅番; 担当: 岡; 2026/6/2: 早番",
          "氏名: 森; 2026/6/1: 早番; 担当: 岡; 2026/6/2: 休み"]),
        ("Länge|0,5 m|1,0 m\nStahl|3|4\nKupfer|5|6", ["Länge: Stahl; 0,5 m: 3; 1,0 m: 4", "Länge: Kupfer; 0,5 m: 5; 1,0 m: 6"]),
        ("部門|4月|5月\n営業|1|2\n課|人|円\n製造|3|4",
         ["部門: 営業; 4月: 1; 5月: 2", "部門: 課; 4月: 人; 5月: 円", "部門: 製造; 4月: 3; 5月: 4"]),
    ],
)  # fmt: skip
def test_a_table_is_read_as_it_is_laid_out(text: str, said: list[str]) -> None:
    assert rows(text) == said


def test_what_stands_above_a_header_is_told_with_the_table() -> None:
    cells = [
        value.split("|")
        for value in ("社員番号|0012|氏名|高橋", "日付|区分|出勤|退勤", "6/1|出勤|8:55|18:10", "6/2|出勤|9:00|18:00")
    ]
    (table,) = kind(drafts(cells), "table")
    assert table.facts["name"] == "Orders 社員番号 0012 氏名 高橋"


def test_tables_below_each_other_have_their_own_captions() -> None:
    cells = [
        [value or None for value in line.split("|")] for line in ("部門A|", "品|数", "x|1", "部門B|", "品|数", "z|3")
    ]
    assert [table.facts["name"] for table in kind(drafts(cells), "table")] == ["Orders 部門A", "Orders 部門B"]
    assert [column.facts.get("sum") for column in kind(drafts(cells), "column")] == [None, 1, None, 3]


def test_what_a_page_marks_as_header_is_one_whatever_it_holds() -> None:
    from ingest.readers.rows import About

    found = drafts([["1", "2"], ["3", "4"], ["5", "6"]], about=About(form=False))
    assert [row.text for row in kind(found, "row")] == ["1: 3; 2: 4", "1: 5; 2: 6"]
