from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from threading import Thread
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.govern.policy import Policies, Policy
from ingest.base.access import Viewer
from ingest.base.errors import BadPolicy, UnknownPerson
from ingest.memory.catalog import Catalog

from .conftest import FIRM

SAMPLE = """\
scopes:
  public: {folder: public}
  sales: {folder: firm/sales, may_leave: true}
  hr: {about: personal data}
roles:
  employee: {reads: [public]}
  clerk: {inherits: [employee], reads: [sales], may: [reveal]}
  administrator: {may: [govern]}
groups:
  night-shift: {members: [endo], denies: [sales]}
people:
  endo: {name: Mika Endo, roles: [clerk]}
  mori: {roles: [clerk], denies: [{scope: hr, until: 2026-12-31}]}
  root: {roles: [administrator]}
  berg:
    grants: [{scope: hr, from: 2026-06-15, until: 2026-06-30, why: audit}]
"""
JUNE = datetime(2026, 6, 20, tzinfo=UTC)


# -- compiled scopes against a checker that looks at one person and one scope alone ---------------------------------

SCOPES, ROLES, GROUPS, PEOPLE = ["s0", "s1", "s2", "s3"], [f"r{i}" for i in range(5)], ["g0", "g1"], ["a", "b", "c"]
HOURS = st.none() | st.integers(0, 10)


def some(names: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), max_size=2, unique=True) if names else st.just([])


def moment(hour: int) -> datetime:
    return JUNE + timedelta(hours=hour)


@st.composite
def timed(draw: st.DrawFn, grant: bool) -> dict[str, Any]:
    since, length = draw(HOURS), draw(HOURS)
    if grant and since is None and length is None:
        since = 0
    facts: dict[str, Any] = {"scope": draw(st.sampled_from(SCOPES))}
    if since is not None:
        facts["from"] = moment(since)
    if length is not None:
        facts["until"] = moment((since or 0) + length)
    return facts


def subject(**more: st.SearchStrategy[list[str]]) -> st.SearchStrategy[dict[str, Any]]:
    denies = st.lists(st.sampled_from(SCOPES) | timed(grant=False), max_size=1)
    grants = st.lists(timed(grant=True), max_size=1)
    return st.fixed_dictionaries({"reads": some(SCOPES), "grants": grants, "denies": denies, **more})


POLICIES = st.fixed_dictionaries(
    {
        "scopes": st.just({scope: {} for scope in SCOPES}),
        "roles": st.fixed_dictionaries({r: subject(inherits=some(ROLES[:i])) for i, r in enumerate(ROLES)}),
        "groups": st.fixed_dictionaries({g: subject(members=some(PEOPLE), roles=some(ROLES)) for g in GROUPS}),
        "people": st.fixed_dictionaries({p: subject(roles=some(ROLES)) for p in PEOPLE}),
    }
)


def naive_says(policy: dict[str, Any], facts: dict[str, Any], scope: str, now: datetime) -> set[str]:
    """'allow' and 'deny', as far as one role, group or person and what it inherits says so about one scope."""
    said = set()
    for parent in [*facts.get("roles", []), *facts.get("inherits", [])]:
        said |= naive_says(policy, policy["roles"][parent], scope, now)
    if scope in facts["reads"]:
        said.add("allow")
    for word, items in (("allow", facts["grants"]), ("deny", facts["denies"])):
        for item in items:
            rule = {"scope": item} if isinstance(item, str) else item
            if rule["scope"] == scope and rule.get("from", now) <= now <= rule.get("until", now):
                said.add(word)
    return said


def naive_may_read(policy: dict[str, Any], person: str, scope: str, now: datetime) -> bool:
    said = naive_says(policy, policy["people"][person], scope, now)
    for group in policy["groups"].values():
        if person in group["members"]:
            said |= naive_says(policy, group, scope, now)
    return "allow" in said and "deny" not in said


@given(POLICIES, st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_compiled_scopes_equal_those_of_a_checker_that_looks_at_each_pair_alone(
    facts: dict[str, Any], hour: int
) -> None:
    """60 policies by 3 people by 4 scopes are 720 decisions; the explanation agrees with every one of them."""
    policy, now = Policy(yaml.safe_dump(facts)), moment(hour)
    for person in PEOPLE:
        expected = {scope for scope in SCOPES if naive_may_read(facts, person, scope, now)}
        assert policy.viewer(person, now).scopes == expected
        for scope in SCOPES:
            explanation = policy.explain(person, scope, now)
            assert explanation.allowed == (scope in expected)
            assert not explanation.allowed or all(rule.allow and rule.scope == scope for rule in explanation.rules)


@pytest.mark.slow
@given(POLICIES, st.integers(0, 12))
@settings(max_examples=600, deadline=None)
def test_compiled_scopes_equal_those_of_the_naive_checker_for_2000_policies(facts: dict[str, Any], hour: int) -> None:
    policy, now = Policy(yaml.safe_dump(facts)), moment(hour)
    for person in PEOPLE:
        expected = {scope for scope in SCOPES if naive_may_read(facts, person, scope, now)}
        assert policy.viewer(person, now).scopes == expected


# -- single behaviours ----------------------------------------------------------------------------------------------


def test_viewer_carries_scopes_roles_rights_and_version() -> None:
    policy = Policy(SAMPLE)
    assert policy.viewer("mori") == Viewer(
        "mori", frozenset({"public", "sales"}), ("clerk", "employee"), True, policy.version
    )


def test_deny_of_a_group_beats_the_allow_of_a_role() -> None:
    policy = Policy(SAMPLE)
    assert policy.viewer("endo").scopes == {"public"}
    assert policy.explain("endo", "sales").text == (
        "endo may not read sales: line 10: group night-shift must not read sales"
        " (by way of person endo > group night-shift)"
    )


def test_governing_reads_nothing() -> None:
    viewer = Policy(SAMPLE).viewer("root")
    assert viewer.may_govern
    assert viewer.scopes == frozenset()


def test_inheritance_is_followed_however_deep_it_is() -> None:
    roles: dict[str, Any] = {f"r{i}": {"inherits": [f"r{i - 1}"]} for i in range(1, 40)}
    facts = {"scopes": {"s": {}}, "roles": {"r0": {"reads": ["s"]}, **roles}, "people": {"a": {"roles": ["r39"]}}}
    policy = Policy(yaml.safe_dump(facts))
    assert policy.viewer("a").scopes == {"s"}
    assert len(policy.explain("a", "s").path) == 41


def test_grant_begins_and_ends_by_itself_between_two_requests() -> None:
    policy, start = Policy(SAMPLE), datetime(2026, 6, 15).astimezone()
    last = datetime(2026, 6, 30, 23, 59, 59).astimezone()
    seen = [
        policy.viewer("berg", now).scopes
        for now in (start - timedelta(seconds=1), start, last, last + timedelta(seconds=1))
    ]
    assert seen == [frozenset(), {"hr"}, {"hr"}, frozenset()]
    assert "only at another time" in policy.explain("berg", "hr", last + timedelta(days=1)).text
    assert "(audit)" in policy.explain("berg", "hr", start).text


def test_clock_stands_still_where_the_file_says_so() -> None:
    policy = Policy("as_of: 2026-06-20T12:00:00+09:00\n" + SAMPLE)
    assert policy.viewer("berg").scopes == {"hr"}


def test_what_nobody_granted_is_explained_as_closed_and_strangers_are_refused() -> None:
    policy = Policy(SAMPLE)
    assert "no line grants it" in policy.explain("endo", "hr").text
    assert "no line grants it" in policy.explain("endo", "no-such-scope").text
    for act in (policy.viewer, lambda person: policy.explain(person, "hr")):
        with pytest.raises(UnknownPerson):
            act("nobody")


def test_folder_rules_prefer_the_longer_folder_and_leave_the_rest_unknown() -> None:
    policy = Policy(SAMPLE)
    for path, scope in (
        ("/data/firm/sales/a.pdf", "sales"), ("/data/sales/a.pdf", None), ("/data/public/x/a.pdf", "public"),
        ("/data/public/firm/sales/a.pdf", "sales"), ("/data/public", None), ("a.pdf", None),
    ):  # fmt: skip
        assert policy.scope_of(PurePath(path)) == scope, path


def test_nothing_may_leave_unless_its_scope_says_so() -> None:
    policy = Policy(SAMPLE)
    assert [policy.may_leave(scope) for scope in ("sales", "hr", "unknown")] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "policy: the policy is empty"),
        ("scopes: [", "line 2: "),
        ("roles: {}\n", "line 1: scopes: this is needed"),
        ("- a\n", "line 1: the policy: "),
        ("scopes: {a: {}}\nrolls: {}\n", "line 2: rolls: there is no such setting"),
        ("scopes: {a: {}}\nroles:\n  r:\n    reads: a\n", "line 4: roles.r.reads: "),
        ("scopes: {a: {}}\nroles:\n  r:\n    reads:\n    - a\n    - b\n", "line 6: roles.r.reads.1: there is no scope"),
        ("scopes: {A: {}}", "line 1: scopes.A: a scope's name"),
        ("scopes: {a: {}}\npeople: {A B: {}}", "line 2: people.A B: a person's name"),
        ("scopes: {a: {}}\nroles: {'a b': {}}", "line 2: roles.a b: the name of a role"),
        ("scopes: {a: {}}\npeople: {x: {roles: [z]}}", "line 2: people.x.roles.0: there is no role 'z'"),
        ("scopes: {a: {}}\ngroups: {g: {members: [z]}}", "line 2: groups.g.members.0: there is no person 'z'"),
        ("scopes: {a: {}}\nowner: z", "line 2: owner: there is no person 'z'"),
        ("scopes: {a: {}}\nroles:\n  r: {inherits: [q]}\n  q: {inherits: [r]}", "line 3: roles.r.inherits: a role"),
        ("scopes: {a: {}}\npeople: {x: {grants: [{scope: a}]}}", "'from' or 'until'"),
        ("scopes: {a: {}}\npeople: {x: {grants: [{scope: a, until: 2026-01-01T00:00:00}]}}", "time zone"),
        ("scopes: {a: {}}\npeople: {x: {grants: [{scope: a, until: soon}]}}", "line 2: people.x.grants.0.until"),
        ("scopes: {a: {}}\npeople: {x: {denies: [{scope: a, from: 2026-02-01, until: 2026-01-01}]}}", "ends before"),
        ("as_of: 2026-01-01T00:00:00\nscopes: {a: {}}", "line 1: as_of: a moment needs"),
        ("scopes: {a: {}}\nscopes: {b: {}}", "line 2: 'scopes' is there twice"),
        ("scopes: &x {a: {}}\nroles: *x", "line 2: aliases"),
        ("scopes: {a: {}}\nroles: {r: {may: [read-everything]}}", "line 2: roles.r.may.0: "),
        ("scopes: {a: {}}\nroles: {r: !!python/object:os.system {}}", "line 2: "),
        ("[" * 100_000, "line 1: brackets"),
        ("x" * 1_000_001, "at most 1,000,000 characters"),
        ("scopes: {a: \x00}", "line 1: "),
        ("scopes: {a: {}}\nroles: {a: \x07}", "line 2: "),
        ("scopes: {a: {}}\n? [a]\n: b", "line 2: what stands before a colon"),
        ("scopes: {a: {}}\nroles:\n  r: {{a: b}: c}", "line 3: what stands before a colon"),
        ("scopes: {a: {}}\n<<: {roles: {}}", "line 2: what stands before a colon"),
        ("scopes: {a: {}}\nowner: \ud800", "line 2: half of a character"),
        ("scopes: {a: {}}\nowner: =", "line 2: "),
        ("scopes: {a: {}}\nowner: 0b_", "line 2: "),
        ("scopes: {a: {}}\nroles:\n  r: {grants: [{scope: a, until: 2026-02-30}]}", "line 3: "),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_one_line_that_names_its_line(text: str, message: str) -> None:
    with pytest.raises(BadPolicy) as caught:
        Policy(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


ODD = (
    "=", "<<", "~", "[a]", "{a: b}", "0b_", "0x", "1:60", "1e999", ".nan", "2026-13-45", "9999-12-31T23:59:59-23:59",
    "2026-01-01T00:00:00+99:99", "0000-01-01", '"\\ud800"', '"\\x00"', "9" * 5_000, "? [a]\n", "- a", "\ud800", "\x07", "''", "|\n",
)  # fmt: skip
"""What YAML may mean something by."""


@given(
    st.lists(st.tuples(st.sampled_from(("", "  ", "    ")), st.sampled_from(ODD), st.sampled_from(ODD)), max_size=3),
    st.sampled_from(("", "scopes: {a: {}}\n", "scopes: {a: {}}\npeople:\n  endo:\n")),
)
@settings(max_examples=400, deadline=None)
def test_any_yaml_that_is_no_policy_is_one_line(lines: list[tuple[str, str, str]], before: str) -> None:
    text = before + "\n".join(f"{indent}{key}: {value}" for indent, key, value in lines)
    try:
        Policy(text)
    except BadPolicy as error:
        assert "\n" not in str(error) and str(error).startswith("policy")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "catalog.sqlite")
    yield catalog
    catalog.close()


def test_every_version_is_kept_and_the_last_one_holds_at_once_in_every_process(catalog: Catalog) -> None:
    mine, other = Policies(catalog), Policies(catalog)
    assert mine.current() is None
    first = mine.put(SAMPLE, "root")
    changed = SAMPLE.replace("denies: [sales]", "denies: []")
    assert "sales" not in other.current().viewer("endo").scopes  # type: ignore[union-attr]
    second = mine.put(changed, "root")
    mine.put(changed, "root")
    assert "sales" in other.current().viewer("endo").scopes  # type: ignore[union-attr]
    mine.put(SAMPLE, "mori")
    assert [(number, version, who) for number, version, who, _ in other.history()] == [
        (3, first.version, "mori"), (2, second.version, "root"), (1, first.version, "root"),
    ]  # fmt: skip
    assert other.text(second.version) == changed
    assert other.text("unknown") is None


def test_unsound_policy_changes_nothing(catalog: Catalog) -> None:
    policies = Policies(catalog)
    policies.put(SAMPLE, "root")
    with pytest.raises(BadPolicy, match=r"new\.yaml, line 2"):
        policies.put("scopes: {}\nx: 1", "root", "new.yaml")
    assert len(policies.history()) == 1


def test_one_policy_answers_many_threads_at_different_moments(catalog: Catalog) -> None:
    """Viewers of different people and moments never mix."""
    policy, wrong = Policy(SAMPLE), []

    def ask(person: str, now: datetime, expected: set[str]) -> None:
        for _ in range(100):
            viewer = policy.viewer(person, now)
            if viewer.person != person or viewer.scopes != expected:
                wrong.append(viewer)

    asked = [("berg", JUNE, {"hr"}), ("berg", JUNE + timedelta(days=60), set()), ("mori", JUNE, {"public", "sales"})]
    threads = [Thread(target=ask, args=each) for each in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_sample_firm_has_a_sound_policy() -> None:
    file = FIRM.parent / "scopes.yaml"
    policy = Policy(file.read_text(encoding="utf-8"), file.name)
    assert len(policy.people) == 6
    assert policy.viewer("berg").scopes == {"public", "sales"}
    assert policy.scope_of(PurePath("/x/assistant/app/demo/firm/engineering/a.pdf")) == "engineering"


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("0001-01-01", "9999-12-31"), ("0001-01-02", "9999-12-30"),
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"), ("2026-01-01", "9999-12-31"),
    ],
)  # fmt: skip
def test_days_at_the_ends_of_time_hold_as_they_say(since: str, until: str) -> None:
    text = f"""
scopes: {{sales: {{}}}}
people:
  endo: {{grants: [{{scope: sales, from: {since}, until: {until}}}]}}
"""
    assert "sales" in Policy(text).viewer("endo").scopes
    assert Policy(text).explain("endo", "sales").allowed
