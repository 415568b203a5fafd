from __future__ import annotations

import difflib
from datetime import date, datetime, timedelta, timezone

import pytest

from assistant.govern import policy_edit
from assistant.govern.policy import Policy
from ingest.base.errors import BadInput, BadPolicy

SAMPLE = """\
# who reads what
scopes:
  public: {folder: public, about: "rules, for all"}
  hr: {about: personal data}  # careful
roles:
  employee: {reads: [public]}
people:
  endo: {roles: [employee]}
  # our auditor
  berg:
    roles: [employee]
    grants:
      - {scope: hr, from: 2026-06-15T00:00:00+09:00, until: 2026-06-30}
"""


def changed(text: str) -> list[str]:
    """The lines that are not as before, with + or -."""
    lines = difflib.ndiff(SAMPLE.splitlines(), text.splitlines())
    return [line for line in lines if line.startswith(("+", "-"))]


def test_allowing_always_touches_one_line_and_nothing_else() -> None:
    text = policy_edit.allow(SAMPLE, "person:endo", "hr")
    assert changed(text) == ["-   endo: {roles: [employee]}", "+   endo: {roles: [employee], reads: [hr]}"]
    assert Policy(text).viewer("endo").scopes == {"public", "hr"}
    assert policy_edit.allow(text, "person:endo", "hr") == text


def test_allowing_for_a_time_adds_a_grant_that_holds_for_that_time() -> None:
    japan = timezone(timedelta(hours=9))
    text = policy_edit.allow(SAMPLE, "person:endo", "hr", until=datetime(2026, 7, 1, 18, tzinfo=japan), why="payroll")
    policy = Policy(text)
    assert policy.viewer("endo", datetime(2026, 7, 1, 17, tzinfo=japan)).scopes == {"public", "hr"}
    assert policy.viewer("endo", datetime(2026, 7, 1, 19, tzinfo=japan)).scopes == {"public"}
    assert "payroll" in policy.explain("endo", "hr").text
    assert changed(policy_edit.allow(SAMPLE, "person:berg", "public", until=date(2026, 7, 1))) == [
        "+       - scope: public",
        "+         until: 2026-07-01",
    ]


def test_deny_and_withdraw_undo_each_other_in_effect() -> None:
    denied = policy_edit.deny(SAMPLE, "role:employee", "public")
    assert Policy(denied).viewer("endo").scopes == set()
    assert Policy(policy_edit.deny(SAMPLE, "role:employee", "public", since=date(2999, 1, 1))).viewer("endo").scopes
    withdrawn = policy_edit.withdraw(denied, "role:employee", "public")
    assert Policy(withdrawn).explain("endo", "public").rules == ()
    assert Policy(policy_edit.withdraw(SAMPLE, "person:berg", "hr")).explain("berg", "hr").rules == ()


def test_people_scopes_and_roles_come_and_go() -> None:
    text = policy_edit.add(SAMPLE, "scope:sales", {"about": "orders"})
    text = policy_edit.add(text, "role:clerk", {"inherits": ["employee"], "reads": ["sales"]})
    text = policy_edit.add(text, "person:mori", {"roles": ["clerk"]})
    text = policy_edit.add(text, "group:night", {"members": ["mori"]})
    assert Policy(text).viewer("mori").scopes == {"public", "sales"}
    text = policy_edit.remove(policy_edit.remove(text, "group:night"), "person:mori")
    assert "mori" not in Policy(text).people
    with pytest.raises(BadPolicy, match=r"roles\.0: there is no role 'employee'"):
        Policy(policy_edit.remove(policy_edit.remove(text, "role:clerk"), "role:employee"))


def test_impossible_changes_are_one_clear_line() -> None:
    for act in (
        lambda: policy_edit.allow(SAMPLE, "person:nobody", "hr"),
        lambda: policy_edit.allow(SAMPLE, "endo", "hr"),
        lambda: policy_edit.withdraw(SAMPLE, "person:endo", "hr"),
        lambda: policy_edit.add(SAMPLE, "person:endo", {}),
        lambda: policy_edit.remove(SAMPLE, "role:nobody"),
    ):
        with pytest.raises(BadInput):
            act()
