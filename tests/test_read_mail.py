"""Mail: every part in order, the newest words told from the quoted, mails and files inside a mail, invitations."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.readers.quoted import Voice, voices

from .reading import rows, words, written


def message(text: str = "See below.", subject: str = "Dock") -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["Date"] = subject, "Rin <rin@example.jp>", "Tue, 4 Aug 2026 09:12:00 +0900"
    made.set_content(text)
    return made


APPLE = b"""From: a@example.com
Subject: Photo
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="A"

--A
Content-Type: text/plain

Here is the dock:
--A
Content-Type: image/png; name="dock.png"
Content-Disposition: inline; filename="dock.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--A
Content-Type: text/plain

The lathe comes on 14 August 2026.
--A--
"""


def test_text_behind_an_inline_picture_is_read(tmp_path: Path) -> None:
    found = written(tmp_path / "a.eml", APPLE)
    assert words(found).index("Here is the dock") < words(found).index("14 August 2026")
    assert found.notes == ("dock.png: a small picture among the text was not looked at",)


def test_a_mail_inside_a_mail_is_read_under_its_own_subject(tmp_path: Path) -> None:
    outer = message()
    outer.add_attachment(message("The compressor costs 18,400 EUR.", "Quote Q-5521"))
    (inner,) = written(tmp_path / "f.eml", bytes(outer)).inside
    (said,) = [draft for draft in inner.read.drafts if "18,400 EUR" in draft.text]
    assert said.title == "Dock > Quote Q-5521"


REPORT = """Subject: {0}
From: MAILER-DAEMON@mx.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type={0}; boundary="B"

--B
Content-Type: text/plain

See the report.
--B
Content-Type: message/{0}

{1}
--B
Content-Type: message/rfc822

Subject: Order
From: a@example.jp

60 bearings.
--B--
"""
REPORTS = [
    ("delivery-status", "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; b@example.jp\nAction: failed\nStatus: 5.1.1\n"
     "Diagnostic-Code: smtp; 550 5.1.1\n User unknown\n\nFinal-Recipient: rfc822; c@example.jp\nAction: delayed\n"),
    ("disposition-notification", "Final-Recipient: rfc822; b@example.jp\nDisposition: automatic-action/MDN-sent; displayed\n"),
    ("feedback-report", "Feedback-Type: abuse\nUser-Agent: Gate/1.0\n"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields"), REPORTS)
def test_a_report_of_a_mail_program_is_told_field_by_field(tmp_path: Path, kind: str, fields: str) -> None:
    found = written(tmp_path / "r.eml", REPORT.format(kind, fields))
    (said,) = [draft for draft in found.drafts if "See the report." in draft.text]
    assert said.text.endswith("See the report.\n" + fields.replace("\n User", " User").strip())
    assert said.locator.part is None and found.notes == ()
    assert [inner.read.drafts[0].text.split("\n")[-1] for inner in found.inside] == ["60 bearings."]


def test_html_is_read_where_the_plain_form_says_nothing(tmp_path: Path) -> None:
    stub = message("Please open this message in a program that shows HTML.")
    stub.add_alternative("<p>Your order 7781: 40 filter cartridges, delivered on 19 August.</p>", subtype="html")
    assert "40 filter cartridges" in words(written(tmp_path / "s.eml", bytes(stub)))
    twin = message("Order 7781: forty cartridges, delivered on 19 August.")
    twin.add_alternative("<p>Order <b>7781</b>: forty cartridges, delivered on 19 August.</p>", subtype="html")
    assert words(written(tmp_path / "t.eml", bytes(twin))).count("7781") == 1


def test_attachments_are_read_by_the_readers_of_their_kind(tmp_path: Path) -> None:
    mail = message("The prices are attached.")
    mail.add_attachment(b"Part,Price EUR\nGasket,12.50\n", maintype="text", subtype="csv", filename="prices.csv")
    mail.add_attachment(b"PK\x03\x04 broken", maintype="application", subtype="zip", filename="x.zip")
    found = written(tmp_path / "m.eml", bytes(mail))
    (inner,) = found.inside
    assert (inner.path, inner.media, inner.read.reader) == ("prices.csv", "text/csv", "table")
    assert rows(inner.read) == ["Part: Gasket; Price: 12.50 EUR"]
    (row,) = [draft for draft in inner.read.drafts if draft.kind == "row"]
    assert (row.title, row.locator.row) == ("Dock > prices.csv", 2)
    assert found.notes[0].startswith("attachment x.zip: not read: damaged or cut off")


def test_an_invitation_says_what_where_when_and_who(tmp_path: Path) -> None:
    mail = message("You are invited.")
    mail.add_alternative(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Audit of hall 4\r\n"
        "DTSTART;TZID=Asia/Tokyo:20261203T093000\r\nLOCATION:Room Kaede\r\n"
        "ATTENDEE;CN=Jo Hale:mailto:jo@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        subtype="calendar",
    )
    said = words(written(tmp_path / "i.eml", bytes(mail)))
    assert "Invitation: Audit of hall 4\nStart: 2026-12-03 09:30 (Asia/Tokyo)\nPlace: Room Kaede" in said
    assert "Invited: Jo Hale <jo@example.com>" in said
    assert "You are invited." in said


EVENT = "BEGIN:VEVENT\r\nDTSTART;TZID=Asia/Tokyo:202607{0:02}T100000\r\nSUMMARY:巡回{0}\r\n{1}END:VEVENT\r\n"


def calendar(*events: str, about: str = "") -> str:
    made = "".join(EVENT.format(number, said) for number, said in enumerate(events, start=1))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{about}{made}END:VCALENDAR\r\n"


def test_every_event_of_a_calendar_stands_by_itself_under_its_own_name(tmp_path: Path) -> None:
    about = "X-WR-CALNAME:工場\r\nX-WR-TIMEZONE:Asia/Tokyo\r\n"
    found = written(tmp_path / "c.ics", calendar(*["RRULE:FREQ=MONTHLY\r\n"] * 12, about=about))
    head, *events = [(draft.title, draft.text) for draft in found.drafts]
    assert head == ("c > Calendar: 工場", "Calendar: 工場\nTime zone: Asia/Tokyo")
    assert events == [
        (
            f"c > Calendar: 工場 > Invitation: 巡回{n}",
            f"Invitation: 巡回{n}\nStart: 2026-07-{n:02} 10:00 (Asia/Tokyo)\nRepeats: FREQ=MONTHLY",
        )
        for n in range(1, 13)
    ]


def test_events_of_a_mail_stand_apart_under_its_subject(tmp_path: Path) -> None:
    mail = message("")
    mail.set_content(calendar("", ""), subtype="calendar")
    told = [(draft.title, draft.locator.part) for draft in written(tmp_path / "m.eml", bytes(mail)).drafts]
    assert told == [("Dock", None), ("Dock", "invitation"), ("Dock", "invitation 2")]


@pytest.mark.parametrize(
    ("written_as", "said"),
    [
        ("業者：<b>北斗</b><br>費用：<a href=\"https://x.example/q?a=1&amp;b=2\">48\\,400円</a>",
         "業者：北斗\n費用：48,400円 (https://x.example/q?a=1&b=2)"),
        ("Bring:<ul><li>keys</li><li><i>gloves</i></li></ul><a href='https://x.example'>https://x.example</a>",
         "Bring:\nkeys\ngloves\nhttps://x.example"),
        ("Below 5 < 6 <https://x.example> &amp; Ono <a@b.example>", "Below 5 < 6 <https://x.example> &amp; Ono <a@b.example>"),
    ],
)  # fmt: skip
def test_markup_among_the_words_of_an_event_is_none_of_them(tmp_path: Path, written_as: str, said: str) -> None:
    (event,) = written(tmp_path / "c.ics", calendar(f"DESCRIPTION:{written_as}\r\n")).drafts
    assert event.text.partition("\nAbout: ")[2] == said


def test_who_need_not_come_is_told(tmp_path: Path) -> None:
    guests = "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Lee:mailto:l@x.example\r\n"
    guests += "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;CN=Ono:mailto:o@x.example\r\n"
    said = words(written(tmp_path / "c.ics", calendar(guests)))
    assert said.endswith("Invited: Lee <l@x.example> (optional, accepted), Ono <o@x.example>")


def test_new_words_stand_apart_from_quoted_ones(tmp_path: Path) -> None:
    text = (
        "Agreed, 410 EUR.\n\nOn Thu, 3 Dec 2026 Seller wrote:\n> Our price is 450 EUR.\n>\n"
        "> On Wed, 2 Dec 2026 Buyer wrote:\n>> We can pay 390 EUR.\n"
    )
    found = written(tmp_path / "q.eml", bytes(message(text)))
    told = {draft.text: draft for draft in found.drafts}
    assert told["Our price is 450 EUR."].title == "Dock > Quoted: On Thu, 3 Dec 2026 Seller wrote:"
    assert told["Our price is 450 EUR."].locator.part == "quoted"
    assert told["We can pay 390 EUR."].title.endswith("Quoted: On Wed, 2 Dec 2026 Buyer wrote:")
    assert any(draft.text.endswith("Agreed, 410 EUR.") and draft.locator.part != "quoted" for draft in found.drafts)


def test_marks_of_full_width_are_quotations() -> None:
    text = "＞ 納期はいつですか。\n＞＞ 至急です。\n6月22日です。\n＞送料は?\n5 ＞ 3 です。"
    assert [(voice.text, voice.depth) for voice in voices(text)] == [
        ("納期はいつですか。", 1), ("至急です。", 2), ("6月22日です。", 0), ("送料は?", 1), ("5 ＞ 3 です。", 0),
    ]  # fmt: skip


def test_a_block_of_headers_begins_an_older_message_in_any_language() -> None:
    text = "承知しました。\n\n差出人: 遠藤 <endo@example.jp>\n送信日時: 2026年6月1日\n件名: 納期\n\n納期は6月24日です。"
    assert voices(text) == [
        Voice("承知しました。\n", 0),
        Voice("\n納期は6月24日です。", 1, "差出人: 遠藤 <endo@example.jp> 送信日時: 2026年6月1日 件名: 納期"),
    ]
    assert len(voices("Sizes:\n\nWidth: 10 mm\nHeight: 20 mm\nDepth: 30 mm\n")) == 1


HEADS = [
    "From: Ono <ono@example.jp>\nDate: Mon, 1 Jun 2026 at 9:00\nSubject: Price\nTo: <b@example.jp>",
    "Subject: Price\nDate: Mon, 1 Jun 2026 09:00:00 +0900\nFrom: Ono\nReply-To: Abe\nTo: Abe",
    "*Von:* Ono\n*Gesendet:* Montag, 1. Juni 2026 09:00\n*An:* Abe\n*Cc:*\n*Betreff:* Preis",
    "De : Ono\nEnvoyé : lundi 1 juin 2026 09:00\nÀ : Abe\nObjet : Prix",
    "Da: Ono\nInviato: lunedì 1 giugno 2026 09:00\nA: Abe\nOggetto: Prezzo",
    "发件人: Ono\n发送时间: 2026年6月1日 9:00\n收件人: Abe\n主题: 价格",
    "보낸 사람: Ono\n보낸 날짜: 2026년 6월 1일 9:00\n받는 사람: Abe\n제목: 가격",
]
"""What mail programs write above an older message."""


@pytest.mark.parametrize("head", HEADS)
def test_what_mail_programs_write_above_an_older_message_begins_it(head: str) -> None:
    new, old = voices(f"410 EUR.\n\n{head}\n\n450 EUR.")
    assert (new.text.strip(), old.text.strip(), old.depth) == ("410 EUR.", "450 EUR.", 1)
    assert old.said == head.replace("\n", " ")


OWN = [
    "日時：2026年6月10日(水) 10:00～11:30\n場所：会議室B\n件名：第3ライン\n出席者：佐野、木村",
    "Name: Paul Lang\nEmail: paul@lang.example\nPhone: +49 761 5550\nSubject: Pumps",
    "From: Paul Lang\nEmail: paul@lang.example\nPhone: +49 761 5550\nMessage: 12 pumps in 2026",
    "From: Osaka\nTo: Kobe\nDate: 12 June 2026\nPrice: 49 EUR",
    "差出人：大野商会\n宛先：安部様\n品名：軸受\nお問い合わせ番号：1234-5678",
    "宛先：各位\n差出人：総務部\n日付：2026年6月1日\n件名：夏季休業",
    "商品コード: KB-0034\n商品名: 刃 10本組\n単価：￥ 1,650\n数量：2",
    "TEL：03-5555-0100\nFAX：03-5555-0101\nE-mail：abe@example.jp",
]
"""What people and forms write in mails: meetings, forms, journeys, parcels, letters within the firm, orders, signatures."""


@pytest.mark.parametrize("lines", OWN)
@pytest.mark.parametrize("above", ["", "=====================", "----- 内容 -----"])
def test_lines_of_label_and_value_in_a_mail_are_the_senders_own(lines: str, above: str) -> None:
    text = f"お疲れ様です。\n\n{above}\n{lines}\n\n資料は前日までに送ります。"
    assert voices(text) == [Voice(text)]


@pytest.mark.parametrize("lines", OWN)
def test_a_form_below_a_rule_in_html_is_the_senders_own(tmp_path: Path, lines: str) -> None:
    mail = message("")
    page = f"<p>Hello</p><hr><div>{lines}</div><p>See you.</p>"
    mail.set_content(page.replace("\n", "<br>"), subtype="html")
    (only,) = written(tmp_path / "f.eml", bytes(mail)).drafts
    assert lines in only.text and "See you." in only.text and only.locator.part is None


def test_a_block_of_headers_with_nothing_below_it_is_kept(tmp_path: Path) -> None:
    head = "From: Ono <ono@example.jp>\nSent: Monday, 1 June 2026 09:00\nTo: Abe <abe@example.jp>\nSubject: Price of F1"
    found = written(tmp_path / "e.eml", bytes(message(f"See below.\n\n{head}\n")))
    (old,) = [draft for draft in found.drafts if draft.locator.part == "quoted"]
    assert old.text == "Quoted: " + head.replace("\n", " ")


def test_a_field_below_the_headers_belongs_to_the_older_message() -> None:
    head = "From: Ono\nSent: Monday, 1 June 2026 09:00\nSubject: Price"
    assert voices(f"Yes.\n\n{head}\nItem: F1")[1] == Voice("Item: F1", 1, head.replace("\n", " "))


def test_quotations_in_html_stand_apart(tmp_path: Path) -> None:
    mail = message("")
    mail.set_content("<p>New price: 410.</p><blockquote><p>Old price: 450.</p></blockquote><p>Bye</p>", subtype="html")
    found = written(tmp_path / "h.eml", bytes(mail))
    (old,) = [draft for draft in found.drafts if "450" in draft.text]
    assert old.title == "Dock > Quoted message"
    assert any("410" in draft.text and "Bye" in draft.text for draft in found.drafts)


GMAIL = """<div dir="ltr">New: 410.</div><br><div class="gmail_quote gmail_quote_container">{}<blockquote class="gmail_quote">
<div>Old: 450.</div></blockquote>{}</div>"""
ATTRIBUTION = "2026年6月1日(月) 9:00 大野 &lt;<a href='mailto:ono@example.jp'>ono@example.jp</a>&gt;:<br>"


@pytest.mark.parametrize("above", [f'<div dir="ltr" class="gmail_attr">{ATTRIBUTION}</div>', ATTRIBUTION])
def test_the_line_above_a_quotation_of_gmail_introduces_it(tmp_path: Path, above: str) -> None:
    mail = message("")
    mail.set_content(GMAIL.format(above, ""), subtype="html")
    new, old = written(tmp_path / "g.eml", bytes(mail)).drafts
    assert (new.text.endswith("New: 410."), new.locator.part) == (True, None)
    assert old.text == "2026年6月1日(月) 9:00 大野 <ono@example.jp>:\nOld: 450."
    assert (old.title, old.locator.part) == ("Dock > Quoted: 2026年6月1日(月) 9:00 大野 <ono@example.jp>:", "quoted")


def test_what_is_answered_between_quotations_in_gmail_is_the_senders_own(tmp_path: Path) -> None:
    mail = message("")
    below = "<div>Now 410.</div><blockquote class='gmail_quote'><div>Old terms: 30 days.</div></blockquote><div>14 days.</div>"
    mail.set_content(GMAIL.format(ATTRIBUTION, below), subtype="html")
    told = [(draft.text, draft.locator.part) for draft in written(tmp_path / "g.eml", bytes(mail)).drafts]
    assert [text for text, part in told if part is None and "Now 410." in text and "14 days." in text]
    assert [part for text, part in told if "450" in text or "30 days" in text] == ["quoted", "quoted"]


def test_a_message_that_gmail_forwards_is_quoted_whole(tmp_path: Path) -> None:
    mail = message("")
    page = '<p>See below.</p><div class="gmail_quote"><div class="gmail_attr">From: Ono</div><p>It costs 450.</p></div>'
    mail.set_content(page, subtype="html")
    (old,) = [draft for draft in written(tmp_path / "g.eml", bytes(mail)).drafts if draft.locator.part == "quoted"]
    assert (old.title, old.text) == ("Dock > Quoted message", "From: Ono\nIt costs 450.")


OUTLOOK = """<div class=WordSection1><p>The filter costs 19.90 EUR.</p><p>Bye</p>
<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt'><p><b><span>{0}:</span></b> Meier, Hans<br>
<b>{1}:</b> 2 June 2026 08:10<br><b>{2}:</b> Abe<br><b>{3}:</b> Price</p></div></div><p>It costs 17.00 EUR.</p></div>"""
WEB = """<div>The filter costs 19.90 EUR. Bye</div><hr><div id="divRplyFwdMsg"><font><b>{0}:</b> Meier, Hans<br>
<b>{1}:</b> 2 June 2026<br><b>{2}:</b> Abe<br><b>{3}:</b> Price</font></div><div>It costs 17.00 EUR.</div>"""


@pytest.mark.parametrize("page", [OUTLOOK, WEB])
@pytest.mark.parametrize("labels", ["Von Gesendet An Betreff", "From Sent To Subject", "差出人 送信日時 宛先 件名"])
def test_what_stands_below_a_block_of_headers_in_html_is_quoted(tmp_path: Path, page: str, labels: str) -> None:
    mail = message("")
    mail.set_content(page.format(*labels.split()), subtype="html")
    found = written(tmp_path / "o.eml", bytes(mail))
    (new,) = [draft for draft in found.drafts if "19.90" in draft.text]
    (old,) = [draft for draft in found.drafts if "17.00" in draft.text]
    assert (new.title, new.locator.part) == ("Dock", None) and "Bye" in new.text and "Meier" not in new.text
    assert (old.title, old.locator.part) == ("Dock > Quoted message", "quoted") and "Meier, Hans" in old.text


def test_older_messages_below_one_another_are_told_apart(tmp_path: Path) -> None:
    mail = message("")
    labels = ("From", "Sent", "To", "Subject")
    mail.set_content(OUTLOOK.format(*labels) + WEB.format(*labels).replace("19.90", "16.50"), subtype="html")
    quoted = [draft.text for draft in written(tmp_path / "o.eml", bytes(mail)).drafts if draft.locator.part == "quoted"]
    assert ["17.00" in text for text in quoted if "EUR" in text] == [True, True]


def test_a_summary_below_a_rule_is_the_senders_own(tmp_path: Path) -> None:
    mail = message("")
    summary = (
        "<p>Your order:</p><div style='border-top:1px solid'><p>Item: F1<br>Date: 2026-06-02<br>Price: 5 EUR</p></div>"
    )
    mail.set_content(summary, subtype="html")
    assert all(draft.locator.part != "quoted" for draft in written(tmp_path / "s.eml", bytes(mail)).drafts)


def test_an_mbox_is_read_mail_by_mail(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box.mbox")
    for number in range(3):
        box.add(message(f"Order {number} is ready.", f"Order {number}"))
    box.close()
    found = written(tmp_path / "box.mbox", (tmp_path / "box.mbox").read_bytes())
    assert [draft.title for draft in found.drafts if "is ready" in draft.text] == [f"box > Order {n}" for n in range(3)]
    assert found.drafts[-1].locator.part == "message 3"


def test_a_line_that_an_mbox_marks_since_it_begins_with_from_is_no_quotation(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box.mbox")
    box.add(message("Plan:\n\nFrom the hall: 3 people.\n>From here on: quoted.\n"))
    box.close()
    held = (tmp_path / "box.mbox").read_bytes()
    assert b"\n>From the hall" in held
    found = written(tmp_path / "box.mbox", held.replace(b"\n>From here", b"\n>>From here"))
    told = {draft.text.split("\n")[-1]: draft.locator.part for draft in found.drafts}
    assert told == {"From the hall: 3 people.": "message 1", "From here on: quoted.": "quoted"}
