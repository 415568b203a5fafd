"""The key of the audit, and in one with it, out of reach of whoever has the memory's files: whether a record was begun with it.

Both are one text in which the one cannot be had without the other. The mark is made with the key, so nobody without it can
turn `begun` back into `new`; and a text from which the mark was cut off is no key any more.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sys
from base64 import b64decode, b64encode
from typing import Literal, Protocol

from ingest.base.errors import AuditBroken
from ingest.base.plain import line
from ingest.privacy.keys import Keys

NAME = "audit.key"
State = Literal["old", "new", "begun"]
"""A bare key, from before there were marks; one with which no row was written yet; one with which a record was begun."""


class Birth(Protocol):
    """What is remembered with the key."""

    def state(self) -> State:
        """What is remembered now, by whichever process."""

    def begin(self) -> None:
        """From now on a record was begun."""


class Remembered:
    """What is remembered in this process alone, for a record that lives no longer, or is looked at."""

    def __init__(self, state: State = "new") -> None:
        self._state: State = state

    def state(self) -> State:
        return self._state

    def begin(self) -> None:
        self._state = "begun"


class AuditKey:
    """The key in its place, made there where there is none; `secret` is its 32 bytes.

    Raises:
        AuditBroken: what lies there is no key.
        BadInput, MissingPart: as `Keys` says.
    """

    def __init__(self, where: Keys) -> None:
        self._where = where
        self.secret, self._state = _parsed(where.read(NAME, _text(secrets.token_bytes(32), "new")))

    def state(self) -> State:
        """See `Birth.state`. What was begun stays so."""
        if self._state != "begun":
            secret, self._state = _parsed(self._where.read(NAME, _text(self.secret, self._state)))
            if secret != self.secret:
                raise AuditBroken(f"another key was put in the place of {NAME}", "put the one before back")
        return self._state

    def begin(self) -> None:
        """See `Birth.begin`. Where keys cannot be written that is said, and stops nothing."""
        try:
            self._where.write(NAME, _text(self.secret, "begun"))
        except OSError as error:
            sys.stderr.write(f"kotonoha: that an audit was begun cannot be kept with its key: {line(error)}\n")
        self._state = "begun"


def _text(secret: bytes, state: State) -> str:
    if state == "old":
        return secret.hex()
    return " ".join(b64encode(part).decode() for part in (secret, _mark(secret, state)))


def _parsed(text: str) -> tuple[bytes, State]:
    if re.fullmatch("[0-9a-f]{64}", text):
        return bytes.fromhex(text), "old"
    try:
        secret, mark = (b64decode(part, validate=True) for part in text.split(" "))
    except ValueError:
        secret, mark = b"", b""
    states: tuple[State, ...] = ("new", "begun")
    for state in states:
        if len(secret) == 32 and mark == _mark(secret, state):
            return secret, state
    raise AuditBroken(
        f"what lies in the place of {NAME} is no key of an audit",
        "put it back from a back-up; if there is none, move it away and begin again: kotonoha audit anew",
    )


def _mark(secret: bytes, state: State) -> bytes:
    return hmac.digest(secret, f"key of an audit, {state}".encode(), hashlib.sha256)
