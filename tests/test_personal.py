"""Personal data is replaced at the door and given back only to whom may see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.govern.policy import Policies
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.errors import BadPolicy
from ingest.memory.lexicon import search
from ingest.memory.memory import Memory
from ingest.privacy.personal import DEFAULT, Personal, put_back
from ingest.readers import Reader
from ingest.readers.table import TableReader
from ingest.readers.text import TextReader
from ingest.readers.word import DocxReader
from ingest.reading import Direct
from ingest.space.entity import Draft, Locator

from .conftest import FIRM, ParagraphReader

MY_NUMBER = "000000010146"
HR = Viewer("mori", frozenset({"hr"}), may_reveal=True)
CLERK = Viewer("clerk", frozenset({"hr"}))
ENGINEER = Viewer("sawada", frozenset({"engineering"}), may_reveal=True)


@pytest.fixture
def personal(memory: Memory) -> Personal:
    return Personal(memory.catalog, memory.settings)


@pytest.fixture
def firm(memory: Memory) -> Memory:
    """The confidential files of the sample firm, read in scope `hr`."""
    readers: list[Reader] = [DocxReader(), TableReader(), TextReader()]
    pipeline.ask(memory.catalog, [FIRM / "hr-confidential"], lambda path: "hr")
    assert [report.status for report in pipeline.run(memory, Direct(readers))] == ["added"] * 3
    return memory


def stored_bytes(memory: Memory) -> Iterator[bytes]:
    memory.catalog.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in memory.settings.home.rglob("*"):
        if file.is_file():
            yield file.read_bytes()


SECRETS = (
    MY_NUMBER, "090-0000-4417", "昭和60年4月17日", "長野県岡谷市星凪町9丁目99番地",
    "000000010014", "090-0000-1058", "1983-11-02", "090-0000-2318",
)  # fmt: skip


def test_no_file_of_the_memory_holds_an_original(firm: Memory) -> None:
    everything = b"\n".join(stored_bytes(firm))
    assert b"MY-NUMBER" in everything
    for value in SECRETS:
        assert value.encode() not in everything, value


def test_facts_of_rows_and_columns_hold_placeholders_too(firm: Memory) -> None:
    rows = firm.catalog.connection.execute("SELECT kind, facts FROM entity").fetchall()
    assert {"row", "column"} <= {row["kind"] for row in rows}
    facts = "\n".join(row["facts"] for row in rows)
    assert "[PHONE-" in facts
    assert not any(value in facts for value in SECRETS)


def test_names_and_figures_of_work_stay(firm: Memory) -> None:
    texts = [row["text"] for row in firm.catalog.connection.execute("SELECT text FROM entity")]
    assert any("沢田健二さんは2026年6月22日から10日間" in text for text in texts)
    assert any("Monthly base salary: 352000 JPY" in text for text in texts)


def test_originals_are_given_back_only_to_a_reader_of_the_entity_who_may_reveal(
    firm: Memory, personal: Personal
) -> None:
    ids = [row["id"] for row in firm.catalog.connection.execute("SELECT id FROM entity")]
    assert set(SECRETS) <= set(personal.originals(ids, HR).values())
    assert personal.originals(ids, CLERK) == {}
    assert personal.originals(ids, ENGINEER) == {}


def test_an_original_file_is_shown_whole_only_to_whom_may_reveal(firm: Memory, personal: Personal) -> None:
    note = next(row for row in firm.catalog.sources() if row.path.endswith(".txt"))
    assert personal.may_open(note.id, HR)
    assert not personal.may_open(note.id, CLERK)


def test_a_question_by_the_exact_value_finds_its_entity(firm: Memory, personal: Personal) -> None:
    asked = personal.without(f"Whose My Number is {MY_NUMBER}?")
    assert MY_NUMBER not in asked
    placeholder = asked.split("[")[1].split("]")[0].split("-")[-1]
    ids = [id for id, _ in search(firm.catalog, placeholder, ["hr"], 10)]
    assert any("沢田" in item.text for item in firm.catalog.entities(ids).values())


def test_redacting_keeps_what_is_not_personal(personal: Personal) -> None:
    draft = Draft("passage", "The spindle turns at 12,000 rpm on 2026-06-09.", Locator(page=1), title="Manual")
    (only,) = personal.redacted([draft], "engineering")
    assert only.draft == draft
    assert not only.originals


def test_putting_back_restores_every_field(personal: Personal) -> None:
    drafts = [
        Draft(
            "row", f"Name: Ken Sawada; My Number: {MY_NUMBER}; Phone: 090-0000-4417", Locator(row=2),
            title="個人番号 000000010278",
            facts={"values": {"Name": "Ken Sawada", "Phone": "090-0000-4417"}, "n": [1, True, None]},
        )
    ]  # fmt: skip
    (only,) = personal.redacted(drafts, "hr")
    said = json.dumps(dict(only.draft.facts)) + only.draft.text + only.draft.title
    assert "090-0000-4417" not in said
    assert "000000010278" not in said
    assert only.draft.facts["n"] == [1, True, None]
    assert put_back(only.draft, only.originals).text == drafts[0].text
    assert put_back(only.draft, only.originals).title == drafts[0].title


def test_a_value_found_by_its_sign_is_redacted_where_no_sign_stands_near(personal: Personal) -> None:
    """A column lists examples far from its heading; a birth date there is still one."""
    row = Draft("row", "氏名: 沢田 健二; 生年月日: 1985-04-17", facts={"values": {"生年月日": "1985-04-17"}})
    far = "Column of the table Staff: text, 11 values, all of them filled in. For example: 1990-01-01, 1985-04-17."
    column = Draft("column", far, facts={"examples": ["1985-04-17"]})
    first, second = personal.redacted([row, column], "hr")
    assert "1985-04-17" not in first.draft.text + str(first.draft.facts)
    assert "1985-04-17" not in second.draft.text + str(second.draft.facts)
    assert "1990-01-01" in second.draft.text


def test_a_short_value_is_redacted_in_its_own_entity_only(personal: Personal) -> None:
    card = Draft("row", "健康保険 記号 12 番号 417", facts={"values": {"番号": 417, "個数": 5}})
    order = Draft("row", "Pieces: 417", facts={"values": {"Pieces": 417}})
    first, second = personal.redacted([card, order], "hr")
    assert first.draft.facts["values"]["番号"] != 417
    assert first.draft.facts["values"]["個数"] == 5
    assert second.draft == order


POLICY = """\
redact: [phone]
scopes:
  hr: {redact: [phone, name]}
  open: {redact: []}
  sales: {}
roles:
  clerk: {reads: [hr]}
people:
  mori: {roles: [clerk]}
"""


def test_a_policy_says_which_kinds_are_redacted_where(memory: Memory, personal: Personal) -> None:
    assert personal.kinds("sales") == DEFAULT
    Policies(memory.catalog).put(POLICY, "mori")
    assert personal.kinds("sales") == {"phone"}
    assert personal.kinds("hr") == {"phone", "name"}
    assert personal.kinds("open") == frozenset()
    with pytest.raises(BadPolicy, match=r"line 1: redact\.0: there is no kind of personal data 'shoe size'"):
        Policies(memory.catalog).put(POLICY.replace("[phone]", "[shoe size]", 1), "mori", "policy")


def test_a_file_is_read_again_when_the_policy_redacts_otherwise(memory: Memory, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("田中様 090-1234-5678")

    def read_again() -> tuple[str, str]:
        pipeline.ask(memory.catalog, [file], lambda path: "hr")
        (report,) = pipeline.run(memory, Direct([ParagraphReader()]))
        (row,) = memory.catalog.connection.execute("SELECT text FROM entity").fetchall()
        return report.status, row["text"]

    status, text = read_again()
    assert (status, "田中" in text, "090" in text) == ("added", True, False)
    assert read_again()[0] == "unchanged"
    Policies(memory.catalog).put(POLICY, "mori")
    status, text = read_again()
    assert (status, "田中" in text, "090" in text) == ("updated", False, False)
    Policies(memory.catalog).put(POLICY.replace("{redact: [phone, name]}", "{redact: []}"), "mori")
    assert read_again() == ("updated", "田中様 090-1234-5678")
    assert memory.catalog.connection.execute("SELECT count(*) FROM original").fetchone()[0] == 0


def test_a_forgotten_source_leaves_no_original(firm: Memory) -> None:
    count = "SELECT count(*) FROM original"
    assert firm.catalog.connection.execute(count).fetchone()[0] > 10
    for row in firm.catalog.sources():
        firm.forget_source(row.id)
    assert firm.catalog.connection.execute(count).fetchone()[0] == 0


def test_a_new_key_seals_everything_and_the_old_one_is_gone(firm: Memory, personal: Personal) -> None:
    key = firm.settings.keys_folder / "originals.key"
    old = key.read_text()
    ids = [row["id"] for row in firm.catalog.connection.execute("SELECT id FROM entity")]
    before = personal.originals(ids, HR)
    assert personal.rotate() > 10
    assert old.strip() not in key.read_text()
    assert Personal(firm.catalog, firm.settings).originals(ids, HR) == before


def test_keys_are_for_the_owner_alone(memory: Memory, personal: Personal) -> None:
    for file in memory.settings.keys_folder.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
