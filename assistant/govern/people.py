"""Who is asking: local accounts, sessions and tokens, and the one way from a credential to a person.

Passwords are kept as Argon2id hashes; sessions and tokens are 256 random bits of which only SHA-256 is kept, so reading
the catalogue lets nobody in. A token has its owner's rights, no more and no fewer. A revoked credential is refused at
the next request. Whether a name exists cannot be learnt here: unknown and wrong read and cost the same, and are counted
alike (`throttle`).
"""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assistant.govern.throttle import Throttle
from ingest.base.errors import BadInput, SignInRefused, UnknownPerson
from ingest.memory.catalog import Catalog

NAME = re.compile(r"[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?")
SESSION_SECONDS = 12 * 3600.0
TOKEN_DAYS = 90.0
SHORTEST, LONGEST = 12, 256
"""Characters of a password, after NFKC."""

_COMMON = re.compile(r"password|passw0rd|qwerty|12345|abcde|letmein|welcome|admin|kotonoha|パスワード|ぱすわーど")
_ELSEWHERE = "-"
"""Stands for the hash of an account that signs in elsewhere; no password matches it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever a valid credential belongs to; `by` is `session` or `token`."""

    name: str
    by: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A session or token as it may be listed: everything but its secret. `expires` in seconds since 1970."""

    id: str
    kind: str
    label: str
    expires: float


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    disabled: bool
    locked: bool
    credentials: tuple[Credential, ...]


class People:
    """The accounts in one catalogue. `now` is seconds since 1970; `hasher` sets what a password guess costs."""

    def __init__(
        self, catalog: Catalog, now: Callable[[], float] = time.time, hasher: PasswordHasher | None = None
    ) -> None:
        self._catalog, self._now, self._hasher = catalog, now, hasher or PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_hex())
        self.throttle = Throttle(catalog, now)
        self._turns = threading.BoundedSemaphore(4)  # each guess takes 64 MiB; a crowd at the door must not take all

    # -- accounts --------------------------------------------------------------------------------------

    def add(self, name: str, password: str | None = None) -> None:
        """A new account; without a password it can only be let in by single sign-on or with a token.

        Raises:
            BadInput: the name is taken or impossible, or the password is too weak.
        """
        if not NAME.fullmatch(name):
            raise BadInput(f"'{name}' cannot be a person's name", "use a-z, 0-9, '.', '_', '-' and '@'")
        kept = _ELSEWHERE if password is None else self._hash(name, password)
        with self._catalog.transaction() as connection:
            if self._row(name):
                raise BadInput(f"there is already a person named '{name}'")
            added = datetime.now(UTC).isoformat(timespec="seconds")
            connection.execute("INSERT INTO person (name, password, added) VALUES (?, ?, ?)", (name, kept, added))

    def set_password(self, name: str, password: str) -> None:
        """A new password; lifts a lock and revokes every session and token of the old one."""
        kept = self._hash(name, password)
        self._change(name, "password = ?", kept)
        self.throttle.lift(name)
        self.revoke(name)

    def disable(self, name: str) -> None:
        """Nobody gets in as this person any more, from the next request on."""
        self._change(name, "disabled = ?", 1)
        self.revoke(name)

    def enable(self, name: str) -> None:
        self._change(name, "disabled = ?", 0)
        self.throttle.lift(name)

    def remove(self, name: str) -> None:
        """Forget the account and its credentials; what the audit says of the person stays."""
        if not self._catalog.connection.execute("DELETE FROM person WHERE name = ?", (name,)).rowcount:
            raise _unknown(name)

    def accounts(self) -> list[Account]:
        rows = self._catalog.connection.execute("SELECT * FROM person ORDER BY name").fetchall()
        return [
            Account(
                row["name"],
                bool(row["disabled"]),
                self.throttle.is_besieged(row["name"]),
                self._credentials(row["name"]),
            )
            for row in rows
        ]

    # -- getting in ------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str, address: str = "", device: str = "") -> str:
        """The secret of a new session for whom a password proves; see `proven` and `admit`."""
        return self.admit(self.proven(name, password, address, device))

    def proven(self, name: str, password: str, address: str = "", device: str = "") -> str:
        """The name, as it is known here, of whom this password proves; it lets nobody in yet. After five wrong tries each
        one more doubles a lock, from a minute to an hour, of whoever tried: `address` is where the request came from,
        `device` what a browser carries.

        Raises:
            SignInRefused: whatever the reason, in the same words.
        """
        name = folded(name)
        if self.throttle.is_closed(name, address, device):
            raise _refused()
        row = self._row(name) if NAME.fullmatch(name) else None
        right = self._matches(row["password"] if row else self._decoy, password)
        if row is None or row["disabled"] or not right:
            self.throttle.failed(name, address, device)
            raise _refused()
        if self._hasher.check_needs_rehash(row["password"]):
            self._change(name, "password = ?", self._hasher.hash(_plain(password)))
        self.throttle.succeeded(name, address, device)
        return name

    def exist(self) -> bool:
        """Whether there is any account."""
        return self._catalog.connection.execute("SELECT 1 FROM person LIMIT 1").fetchone() is not None

    def knows(self, name: str) -> bool:
        """Whether there is an account of this name, open or not."""
        return self._row(name) is not None

    def is_open(self, name: str) -> bool:
        """Whether somebody of this name may go on: the account is open, or there are no accounts at all."""
        row = self._row(name)
        return not row["disabled"] if row else not self.exist()

    def admit(self, name: str) -> str:
        """The secret of a new session for someone whose identity is established, here or by single sign-on.

        Raises:
            SignInRefused: there is no such account, or it is disabled.
        """
        row = self._row(name)
        if row is None or row["disabled"]:
            raise _refused()
        return self._issue(name, "session", "", SESSION_SECONDS)

    def issue_token(self, name: str, label: str, days: float = TOKEN_DAYS) -> str:
        """A token for programs, with its owner's rights; shown once, only its hash is kept."""
        if not 0 < days <= 366:
            raise BadInput(f"a token can be valid for up to 366 days, not {days:g}")
        return self._issue(name, "token", label, days * 86400)

    def principal(self, credential: str) -> Person:
        """The person a session or token belongs to: the only way into the product.

        Raises:
            SignInRefused: unknown, expired, revoked, or of a disabled account.
        """
        query = (
            "SELECT person, kind FROM credential JOIN person ON person.name = credential.person "
            "WHERE digest = ? AND expires > ? AND NOT disabled"
        )
        row = self._catalog.connection.execute(query, (_digest(credential), self._now())).fetchone()
        if row is None:
            raise SignInRefused("this session or token is not valid", "sign in again")
        return Person(row["person"], row["kind"])

    def sign_out(self, credential: str) -> None:
        self._catalog.connection.execute("DELETE FROM credential WHERE digest = ?", (_digest(credential),))

    def revoke(self, name: str, id: str = "") -> int:
        """End one credential by the id it is listed under, or all of a person's; how many ended."""
        query = "DELETE FROM credential WHERE person = ? AND substr(digest, 1, ?) = ?"
        return self._catalog.connection.execute(query, (name, len(id), id)).rowcount

    # -- inside ----------------------------------------------------------------------------------------

    def _row(self, name: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._catalog.connection.execute(
            "SELECT * FROM person WHERE name = ?", (name,)
        ).fetchone()
        return row

    def _change(self, name: str, assignment: str, value: object) -> None:
        query = f"UPDATE person SET {assignment} WHERE name = ?"
        if not self._catalog.connection.execute(query, (value, name)).rowcount:
            raise _unknown(name)

    def _credentials(self, name: str) -> tuple[Credential, ...]:
        query = "SELECT * FROM credential WHERE person = ? AND expires > ? ORDER BY added"
        rows = self._catalog.connection.execute(query, (name, self._now()))
        return tuple(Credential(row["digest"][:12], row["kind"], row["label"], row["expires"]) for row in rows)

    def _issue(self, name: str, kind: str, label: str, seconds: float) -> str:
        row = self._row(name)
        if row is None or row["disabled"]:
            raise _unknown(name)
        secret, now = f"kotonoha-{kind}-{secrets.token_urlsafe(32)}", self._now()
        added = datetime.now(UTC).isoformat(timespec="seconds")
        with self._catalog.transaction() as connection:
            connection.execute("DELETE FROM credential WHERE expires <= ?", (now,))
            connection.execute(
                "INSERT INTO credential VALUES (?, ?, ?, ?, ?, ?)",
                (_digest(secret), name, kind, label, now + seconds, added),
            )
        return secret

    def _hash(self, name: str, password: str) -> str:
        check_password(name, password)
        return self._hasher.hash(_plain(password))

    def _matches(self, kept: str, password: str) -> bool:
        with self._turns:
            try:
                return self._hasher.verify(self._decoy if kept == _ELSEWHERE else kept, _plain(password)[:LONGEST])
            except (VerificationError, InvalidHashError, UnicodeEncodeError):
                return False


def folded(name: str) -> str:
    """A name as it is known here, however it was typed: capitals and full width are no difference."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def check_password(name: str, password: str) -> None:
    """Long rather than complicated (NIST SP 800-63B): 12 to 256 characters, not the name, not a common word.

    Raises:
        BadInput: with what to do about it.
    """
    plain = _plain(password)
    folded = plain.casefold()
    if not SHORTEST <= len(plain) <= LONGEST:
        raise BadInput(f"a password has {SHORTEST} to {LONGEST} characters", "a sentence is easy to remember")
    if name in folded or _COMMON.search(folded) or len(set(folded)) < 6:
        raise BadInput("this password is easy to guess", "avoid your name, common words and repeated characters")


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _digest(credential: str) -> str:
    return hashlib.sha256(credential.encode(errors="replace")).hexdigest()


def _unknown(name: str) -> UnknownPerson:
    return UnknownPerson(f"there is no active person named '{name}'", "kotonoha people")


def _refused() -> SignInRefused:
    return SignInRefused("the name or the password is wrong, or the account is locked for a while")
