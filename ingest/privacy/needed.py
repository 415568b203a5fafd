"""The keys that a memory cannot do without: those with which something in it is sealed. None of them is made anew beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ingest.base.errors import BadInput, MemoryDamaged
from ingest.memory.catalog import Catalog

from .keys import Keys

_PERSONAL = ("SELECT 1 FROM original", "SELECT 1 FROM correction", "SELECT 1 FROM hidden WHERE sealed NOTNULL")
NEEDED: Mapping[str, tuple[str, Collection[str]]] = {
    "originals.key": ("originals", _PERSONAL),
    "placeholders.key": ("originals", _PERSONAL),
    "talks.key": ("conversations and remarks", ("SELECT 1 FROM talk", "SELECT 1 FROM feedback")),
}
"""For each key what is sealed with it, in words, and where it lies."""


def lost(catalog: Catalog, where: Keys, names: Collection[str] = tuple(NEEDED)) -> dict[str, str]:
    """The keys that are gone though something is sealed with them, each with what that is."""
    gone = {}
    for name in names:
        what, queries = NEEDED[name]
        count = 0 if where.has(name) else sum(len(catalog.connection.execute(one).fetchall()) for one in queries)
        if count:
            gone[name] = f"{count:,} {what}"
    return gone


def require(catalog: Catalog, where: Keys, *names: str) -> None:
    """Sees to it that these keys are there, or that nothing is sealed with them yet.

    Raises:
        MemoryDamaged: a key is gone; a new one would open nothing.
    """
    for name, what in lost(catalog, where, names).items():
        raise MemoryDamaged(f"the key {name} is gone, with which {what} are sealed", repair(name))


def repair(name: str) -> str:
    """What to do where a key is gone."""
    again = (
        f"; if there is none, let go of what it sealed: kotonoha doctor --let-go {name}" if name == "talks.key" else ""
    )
    return f"put it back from a back-up{again}"


def let_go(catalog: Catalog, where: Keys, name: str) -> str:
    """Removes for good what only a key that is gone could open; what that was.

    Raises:
        BadInput: the key is there, nothing is sealed with it, or more than conversations would go.
    """
    what = lost(catalog, where, [name]).get(name) if name == "talks.key" else None
    if not what:
        raise BadInput(f"'{name}' is no lost key whose sealed rows can be let go of", "kotonoha doctor names lost keys")
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM talk")  # its turns go with it
        connection.execute("DELETE FROM feedback")
    return what
