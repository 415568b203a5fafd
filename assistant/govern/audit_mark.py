"""The marks of the audit: a row's place and HMAC, sealed for the one place where the mark is kept.

A seal made for the row in the catalogue is none for the file outside it, nor for the anchor, nor for a cut.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ingest.base.errors import AuditBroken

START = "0" * 64
"""What stands for the HMAC before the first row."""
INSIDE, OUTSIDE, CUT, ANCHOR = "end in the catalogue", "end outside", "cut", "anchor"
"""What a seal is for."""
EITHER = "head"
"""What it was for in the catalogue and outside, before these were told apart."""
LONGEST = 1000
"""Characters of the file outside that are looked at."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A row's place and HMAC, sealed: the end of the chain, or of what was cut off its beginning."""

    number: int
    mac: str
    seal: str = ""


class Seals:
    """Everything that is made with the key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def mac(self, before: str, text: str) -> str:
        return hmac.digest(self._key, f"{before}\n{text}".encode(errors="backslashreplace"), hashlib.sha256).hex()

    def seal(self, kind: str, mark: Mark) -> Mark:
        """The mark, sealed for one place."""
        return Mark(mark.number, mark.mac, self.mac(kind, f"{mark.number} {mark.mac}"))

    def sealed(self, kinds: Collection[str], mark: Mark) -> bool:
        """Whether the mark was sealed for one of these places."""
        return any(self.seal(kind, mark).seal == mark.seal for kind in kinds)


class Outside:
    """The file outside the database that holds the mark of the last row."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Mark | None:
        """What it says, whatever was put into it; None where there is none.

        Raises:
            AuditBroken: no file lies there but something else, or it cannot be read.
        """
        try:
            if self._path.exists() and not self._path.is_file():
                raise AuditBroken(f"{self._path} is no file", "move it away, then: kotonoha audit verify")
            with self._path.open(encoding="ascii") as file:
                return _mark(*json.loads(file.read(LONGEST)))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AuditBroken(f"{self._path} cannot be read ({error.strerror})", "kotonoha doctor --repair") from error
        except (ValueError, TypeError, RecursionError):
            return Mark(0, START)

    def write(self, mark: Mark) -> None:
        """All of it or nothing."""
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}.{threading.get_ident()}")
        new.touch(0o600)
        new.write_text(json.dumps([mark.number, mark.mac, mark.seal]), encoding="ascii")
        new.replace(self._path)


def _mark(number: object, mac: object, seal: object) -> Mark:
    """The mark, if it is of the kinds that were written; else one that fits no seal."""
    if type(number) is int and isinstance(mac, str) and isinstance(seal, str):
        return Mark(number, mac, seal)
    return Mark(0, START)


def parsed(line: str) -> Mark:
    """A mark as a line of the anchor; one that fits no seal for any other line."""
    number, _, rest = line.partition(" ")
    if number.isdecimal() and number.isascii() and len(number) < 19 and " " in rest:
        return Mark(int(number), *rest.split(" ", 1))
    return Mark(0, "")
