from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from argon2 import PasswordHasher

from assistant.govern.people import Account, People, Person, check_password
from ingest.base.errors import BadInput, SignInRefused, UnknownPerson
from ingest.memory.catalog import Catalog

GOOD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(tmp_path: Path, clock: Clock) -> Iterator[People]:
    catalog = Catalog(tmp_path / "catalog.sqlite")
    people = People(catalog, clock, CHEAP)
    people.add("endo", GOOD)
    yield people
    catalog.close()


def refused(people: People, name: str, password: str, address: str = "", device: str = "") -> str:
    with pytest.raises(SignInRefused) as caught:
        people.sign_in(name, password, address, device)
    return str(caught.value)


def account(people: People, name: str = "endo") -> Account:
    return next(account for account in people.accounts() if account.name == name)


def test_session_and_token_lead_to_the_same_person(people: People) -> None:
    session, token = people.sign_in("endo", GOOD), people.issue_token("endo", "reports")
    assert people.principal(session) == Person("endo", "session")
    assert people.principal(token) == Person("endo", "token")


def test_full_width_and_capital_letters_typed_with_a_japanese_keyboard_are_understood(people: People) -> None:
    people.sign_in("Ｅｎｄｏ", "ｃｏｒｒｅｃｔ　ｈｏｒｓｅ　ｂａｔｔｅｒｙ")


def test_unknown_wrong_locked_disabled_and_passwordless_read_the_same(people: People) -> None:
    people.add("sso-only")
    people.add("gone", GOOD)
    people.disable("gone")
    answers = {
        refused(people, "nobody", GOOD), refused(people, "endo", "wrong"), refused(people, "sso-only", "-"),
        refused(people, "gone", GOOD), refused(people, "endo", "x" * 10_000), refused(people, "", ""),
        refused(people, "\ud800", "\ud800"),
    }  # fmt: skip
    for _ in range(6):
        answers.add(refused(people, "endo", "wrong"))
    answers.add(refused(people, "endo", GOOD))
    assert len(answers) == 1


def test_five_wrong_tries_lock_whoever_tried_for_a_minute_and_each_further_one_twice_as_long(
    people: People, clock: Clock
) -> None:
    for _ in range(5):
        refused(people, "endo", "wrong")
    refused(people, "endo", GOOD)
    clock.now += 61
    refused(people, "endo", "wrong")
    clock.now += 61
    refused(people, "endo", GOOD)
    clock.now += 61
    people.sign_in("endo", GOOD)
    refused(people, "endo", "wrong")
    people.sign_in("endo", GOOD)


def test_wrong_tries_of_a_stranger_lock_the_stranger_out_and_nobody_else(people: People) -> None:
    for _ in range(8):
        refused(people, "endo", "wrong", "203.0.113.9")
    refused(people, "endo", GOOD, "203.0.113.9")
    token = people.issue_token("endo", "reports")
    people.sign_in("endo", GOOD, "192.168.1.4")
    assert people.principal(token).name == "endo"
    assert not account(people).locked


def test_a_household_of_ipv6_addresses_is_one_stranger(people: People) -> None:
    for number in range(5):
        refused(people, "endo", "wrong", f"2001:db8:1:2::{number}")
    refused(people, "endo", GOOD, "2001:db8:1:2:ffff::1")
    people.sign_in("endo", GOOD, "2001:db8:1:3::1")


def test_a_siege_from_everywhere_closes_the_name_except_for_browsers_that_are_known(people: People) -> None:
    people.add("mori", GOOD)
    device = people.throttle.know("endo")
    for number in range(100):
        people.throttle.failed("endo", f"10.0.{number}.1", "")
    assert account(people).locked
    refused(people, "endo", GOOD, "192.168.1.4")
    people.sign_in("endo", GOOD, "192.168.1.4", device)
    assert not account(people, "mori").locked
    refused(people, "mori", "wrong", "10.0.0.1", device)
    people.enable("endo")
    people.sign_in("endo", GOOD, "192.168.1.4")


def test_an_address_that_guesses_at_many_names_is_locked_out(people: People) -> None:
    for number in range(30):
        refused(people, f"name-{number}", "wrong", "203.0.113.9")
    refused(people, "endo", GOOD, "203.0.113.9")
    people.sign_in("endo", GOOD, "203.0.113.8")


def test_many_guesses_at_once_are_all_counted(people: People) -> None:
    threads = [Thread(target=refused, args=(people, "endo", "wrong")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused(people, "endo", GOOD)


def test_revoked_expired_and_disabled_credentials_are_refused_at_the_next_request(people: People, clock: Clock) -> None:
    first, second, token = (
        people.sign_in("endo", GOOD),
        people.sign_in("endo", GOOD),
        people.issue_token("endo", "t", 1),
    )
    people.sign_out(first)
    listed = {credential.kind: credential.id for credential in account(people).credentials}
    assert people.revoke("endo", listed["session"]) == 1
    for credential in (first, second, token + "x", "", "\ud800"):
        with pytest.raises(SignInRefused):
            people.principal(credential)
    assert people.principal(token).name == "endo"
    clock.now += 86_401
    with pytest.raises(SignInRefused):
        people.principal(token)
    other = people.issue_token("endo", "u")
    people.disable("endo")
    with pytest.raises(SignInRefused):
        people.principal(other)
    people.enable("endo")
    with pytest.raises(SignInRefused):
        people.principal(other)


def test_new_password_ends_every_session_and_the_old_password(people: People) -> None:
    session = people.sign_in("endo", GOOD)
    people.set_password("endo", "another long sentence")
    with pytest.raises(SignInRefused):
        people.principal(session)
    refused(people, "endo", GOOD)
    people.sign_in("endo", "another long sentence")


def test_nothing_that_lets_anybody_in_is_kept_readable(people: People, tmp_path: Path) -> None:
    session = people.sign_in("endo", GOOD)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert GOOD.encode() not in stored
    assert session.encode() not in stored
    assert session.removeprefix("kotonoha-session-").encode() not in stored


def test_hashes_are_renewed_when_the_cost_is_raised(people: People, tmp_path: Path) -> None:
    dearer = People(Catalog(tmp_path / "catalog.sqlite"), hasher=PasswordHasher(2, 16, 1))
    before = dearer._row("endo")
    dearer.sign_in("endo", GOOD)
    after = dearer._row("endo")
    assert before and after
    assert "m=8,t=1" in before["password"]
    assert "m=16,t=2" in after["password"]
    dearer.sign_in("endo", GOOD)


@pytest.mark.parametrize("weak", ["short", "endo likes sushi", "password password", "aaaaaaaaaaaaaaa", "x" * 300, ""])
def test_weak_passwords_are_refused_with_advice(weak: str) -> None:
    with pytest.raises(BadInput):
        check_password("endo", weak)


def test_impossible_accounts_are_one_clear_line(people: People) -> None:
    with pytest.raises(BadInput, match="already"):
        people.add("endo", GOOD)
    with pytest.raises(BadInput, match="cannot be"):
        people.add("Endo San", GOOD)
    with pytest.raises(BadInput, match="366 days"):
        people.issue_token("endo", "t", 1000)
    for act in (people.disable, people.enable, people.remove):
        with pytest.raises(UnknownPerson):
            act("nobody")
    with pytest.raises(SignInRefused):
        people.admit("nobody")


def test_removed_person_takes_all_credentials_along(people: People) -> None:
    token = people.issue_token("endo", "t")
    people.remove("endo")
    assert people.accounts() == []
    with pytest.raises(SignInRefused):
        people.principal(token)
