"""How often a password may be guessed: counted by who guesses, so that a stranger's guesses lock the stranger out.

A browser that somebody once signed in with is known by a secret of its own for each such person, and counted by itself
(a "device cookie", as OWASP describes it); `device` is what it carries. All else is counted by name and address together,
by address, and, against many addresses at once, by name. Names that exist and names that do not are counted alike.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from collections.abc import Callable, Sequence

from ingest.memory.catalog import Catalog, marks

FREE_TRIES = 5
FREE_TRIES_OF_AN_ADDRESS = 30
FREE_TRIES_AT_A_NAME = 100
"""Wrong tries after which each more doubles a lock: of one address at one name, of an address, at a name from anywhere."""
SHORTEST_LOCK, LONGEST_LOCK = 60.0, 3600.0
MEMORY = 86_400.0
"""Seconds after which a wrong try is forgotten."""
KNOWN = 366 * 86_400.0
"""Seconds for which a browser is known."""
PEOPLE = 10
"""Who may be known on one browser, the last ones."""
_SECRET = re.compile(r"[\w-]{43}", re.ASCII)


class Throttle:
    """Counts wrong tries in one catalogue. `now` is seconds since 1970."""

    def __init__(self, catalog: Catalog, now: Callable[[], float]) -> None:
        self._catalog, self._now = catalog, now

    def is_closed(self, name: str, address: str, device: str) -> bool:
        """Whether nobody may try now, with this name from there."""
        keys = [key for key, _ in self._keys(name, address, device)]
        query = f"SELECT 1 FROM attempt WHERE until > ? AND key IN ({marks(keys)})"
        return self._catalog.connection.execute(query, (self._now(), *keys)).fetchone() is not None

    def is_besieged(self, name: str) -> bool:
        """Whether a name is locked for everybody whose browser is not known."""
        query = "SELECT 1 FROM attempt WHERE until > ? AND key = ?"
        return self._catalog.connection.execute(query, (self._now(), _name(name))).fetchone() is not None

    def failed(self, name: str, address: str, device: str) -> None:
        """Counts one wrong try."""
        now = self._now()
        with self._catalog.transaction() as connection:
            connection.execute(
                "DELETE FROM attempt WHERE last < ? AND until <= ? AND key NOT LIKE 'device:%'", (now - MEMORY, now)
            )
            for key, free in self._keys(name, address, device):
                query = (
                    "INSERT INTO attempt VALUES (?, 1, 0, ?) ON CONFLICT (key) DO UPDATE SET "
                    "failures = failures + 1, last = excluded.last RETURNING failures"
                )
                over = connection.execute(query, (key, now)).fetchone()[0] - free
                if over >= 0:
                    until = now + min(LONGEST_LOCK, SHORTEST_LOCK * 2 ** min(over, 10))
                    connection.execute("UPDATE attempt SET until = ? WHERE key = ?", (until, key))

    def succeeded(self, name: str, address: str, device: str) -> None:
        """Forgets the wrong tries of whoever came in."""
        keys = [key for key, _ in self._keys(name, address, device)][:1]
        query = f"UPDATE attempt SET failures = 0, until = 0, last = ? WHERE key IN ({marks(keys)})"
        self._catalog.connection.execute(query, (self._now(), *keys))

    def knows(self, name: str, device: str) -> bool:
        """Whether this person once signed in with the browser that carries this."""
        return bool(self._own(name, device))

    def know(self, name: str, device: str = "") -> str:
        """What a browser carries from now on with which somebody signed in: what it has and, unless this person is known by
        that already, a secret more."""
        now, carried = self._now(), _carried(device)
        with self._catalog.transaction() as connection:
            connection.execute("DELETE FROM attempt WHERE key LIKE 'device:%' AND last < ?", (now - KNOWN,))
            secret = self._own(name, device) or secrets.token_urlsafe(32)
            query = "INSERT INTO attempt VALUES (?, 0, 0, ?) ON CONFLICT (key) DO UPDATE SET last = excluded.last"
            connection.execute(query, (_device(name, secret), now))
        return ".".join([secret, *(one for one in carried if one != secret)][:PEOPLE])

    def lift(self, name: str) -> None:
        """Ends every lock at a name; browsers stay known."""
        for start in (_name(name), f"pair:{_hash(name)}:"):
            query = "DELETE FROM attempt WHERE substr(key, 1, ?) = ?"
            self._catalog.connection.execute(query, (len(start), start))

    def _keys(self, name: str, address: str, device: str) -> Sequence[tuple[str, int]]:
        """What a try is counted under, with how many wrong ones are free."""
        if own := self._own(name, device):
            return ((_device(name, own), FREE_TRIES),)
        from_where = net(address)
        return (
            (f"pair:{_hash(name)}:{from_where}", FREE_TRIES),
            (f"address:{from_where}", FREE_TRIES_OF_AN_ADDRESS),
            (_name(name), FREE_TRIES_AT_A_NAME),
        )

    def _own(self, name: str, device: str) -> str:
        """Which of the secrets that a browser carries is this person's; empty for none."""
        query = "SELECT 1 FROM attempt WHERE key = ?"
        known = (
            one for one in _carried(device) if self._catalog.connection.execute(query, (_device(name, one),)).fetchone()
        )
        return next(known, "")


def net(address: str) -> str:
    """The network an address belongs to: of IPv6 a household's /64, within which addresses cost nothing."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "elsewhere"
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _carried(device: str) -> list[str]:
    """The secrets a browser carries; what cannot be one is left out."""
    return [one for one in device.split(".", PEOPLE)[:PEOPLE] if _SECRET.fullmatch(one)]


def _name(name: str) -> str:
    return f"name:{_hash(name)}"


def _device(name: str, secret: str) -> str:
    return f"device:{_hash(f'{name} {secret}')}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
