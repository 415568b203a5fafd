"""The audit and the reasons of the policy as pages show them: everything that can be recorded has words in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

import assistant
from assistant.answer import audited
from assistant.govern import audit_row
from assistant.govern.audit_row import Entry, Event
from assistant.govern.policy import Policy
from assistant.serve.routes.looking import Part
from assistant.serve.web.recorded import ACTIONS, deed, reason
from assistant.serve.web.words import LANGUAGES, Language, words
from tests.test_interface import answer
from tests.test_told import JAPANESE

ROOT = Path(str(assistant.__file__)).parent
WRITING = {"record": 4, "note": 3, "Event": 1, "AuditEvent": 1}
"""What writes into the audit, with how many of its arguments may stand up to the action."""
POLICY = """\
scopes: {sales: {}, hr: {}}
roles: {head: {reads: [sales], grants: [{scope: hr, until: 2026-06-30, why: audit}]}}
groups: {night: {members: [endo], roles: [head], denies: [sales]}}
people: {mori: {roles: [head], may: [govern]}, endo: {}, berg: {}}
"""
IN_JUNE, LATER = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)


def written() -> Iterator[tuple[str, list[str]]]:
    """(an action, the keys written with it) of every place that writes into the audit by a word of its own."""
    for file in sorted(ROOT.rglob("*.py")):
        if "evaluate" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
                words = [one for arg in node.args[: WRITING.get(name, 0)] for one in ast.walk(arg)]
                actions = [one.value for one in words if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                given = [*node.args[1:], *(one.value for one in node.keywords)]
                keys = [
                    key.value
                    for one in given
                    if isinstance(one, ast.Dict)
                    for key in one.keys
                    if isinstance(key, ast.Constant)
                ]
                if name in WRITING and actions:
                    yield actions[0], [str(key) for key in keys]


def test_everything_that_is_recorded_can_be_chosen_and_has_japanese_words() -> None:
    found = {action for action, _ in written()} - {"people "}
    assert {"ask", "egress", "policy change", "models pull", "sign-in refused", "view as"} <= found <= set(ACTIONS)
    assert {audit_row.BEGUN, audit_row.DAMAGED, audit_row.ANEW} <= set(ACTIONS)
    for action in ACTIONS:
        assert JAPANESE.search(deed(Entry(1, Event(action, "endo")), "ja").action), action


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_that_is_recorded_says_what_it_is(language: Language) -> None:
    keys = {key for _, found in written() for key in found}
    assert {"how", "entities", "by", "host", "question", "quotes"} <= keys
    assert not [key for key in sorted(keys) if f"key_{key}" not in words(language)]


@pytest.mark.parametrize("part", get_args(Part))
def test_every_part_of_a_source_that_is_opened_says_what_it_is_in_japanese(part: str) -> None:
    (_, value), *_ = deed(Entry(1, Event("open", "endo", details={"part": part})), "ja").details
    assert JAPANESE.search(value), value


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_in_the_audit_is_said_in_words_with_ids_and_settings_apart(language: Language) -> None:
    from assistant.serve.web.words import seal
    from ingest.base.access import Viewer

    event = audited.record(answer("calculation"), Viewer("endo", frozenset({"sales"})))
    shown = deed(Entry(7, event), language)
    assert dict(shown.details)[words(language)["key_how"]] == seal("calculation", language).label
    assert words(language)["hybrid"] in dict(shown.apart).values()
    assert not [value for _, value in (*shown.details, *shown.content) if "e" * 32 in value]
    assert [value for _, value in shown.apart if "e" * 32 in value]


def test_no_path_of_this_machine_is_shown() -> None:
    content = {"source": "/srv/home/manual.pdf", "paths": ["/srv/a/b.txt", "C:\\c\\d.txt"], "path": "/srv/folder/"}
    shown = deed(Entry(1, Event("open", "endo", details={"old": "audit-1.jsonl"}, content=content)), "ja")
    assert [value for _, value in shown.content] == ["manual.pdf", "b.txt、d.txt", "folder"]


def test_what_was_there_when_the_audit_began_is_told_in_japanese() -> None:
    held = {"memory": "8 rows of source, 1 rows of policy, 6 rows of person"}
    assert (
        deed(Entry(1, Event(audit_row.BEGUN, "", details=held)), "ja").details[0][1]
        == "資料8件、ポリシー1件、アカウント6件"
    )


def test_the_lines_that_decide_are_told_with_the_way_to_the_person() -> None:
    policy = Policy(POLICY)
    said = {
        (who, scope, when): reason(policy.explain(who, scope, when), language)
        for who, scope, when, language in (
            ("mori", "sales", IN_JUNE, "ja"), ("endo", "sales", IN_JUNE, "ja"), ("mori", "hr", LATER, "ja"),
            ("berg", "hr", LATER, "ja"), ("endo", "sales", LATER, "en"),
        )
    }  # fmt: skip
    assert said["mori", "sales", IN_JUNE] == "2行目：役割 headに許可（経路：mori → 役割 head）"
    assert said["endo", "sales", IN_JUNE] == "3行目：グループ nightに禁止（経路：endo → グループ night）"
    assert said["mori", "hr", LATER].startswith("別の期間のみ：2行目：役割 headに許可、2026-06-30")
    assert "（audit）" in said["mori", "hr", LATER]
    assert said["berg", "hr", LATER] == words("ja")["no_rule"]
    assert said["endo", "sales", LATER] == "line 3: group night must not read it (by way of endo → group night)"
