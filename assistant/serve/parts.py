"""What the server is made of, and who is asking it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ingest.base.access import Viewer
from ingest.base.errors import UnknownPerson

if TYPE_CHECKING:
    from assistant.answer.audited import Asks
    from assistant.govern.audit import Audit
    from assistant.govern.people import People
    from assistant.govern.sso import SingleSignOn
    from ingest.base.settings import Settings
    from ingest.memory.memory import Memory
    from ingest.privacy.personal import Personal
    from ingest.readers import Reader

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Example:
    """A question to begin with, offered to whoever reads all of `scopes`, in the language it is asked in."""

    question: str
    language: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Watched:
    """A folder that is watched: when it was last looked at, how many files it has, and (name, reason) of what is not read."""

    folder: Path
    looked: str = ""
    files: int = 0
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """Whether one part of a memory is as it should be, and what was found, in one line."""

    name: str
    ok: bool
    finding: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What the server is made of.

    Attributes:
        viewer_of: the viewer for a person's name, compiled anew for each request.
        personal: what gives personal data back to whom may see it.
        people: accounts. As long as there are none the server is the local owner's, and `viewer_of` is asked for "owner".
        sso: the firm's provider of single sign-on, if there is one.
        hosts: names under which this server is known on its network.
        examples: questions to begin with, the most telling first.
        guests: (name, what they are called) of whoever is signed in by one click, at this machine; the sample firm's alone.
        readers: what reads a picture or a recording that comes with a question.
        watched: the folders that are read again when something changes in them.
        examined: every check of the memory that this server holds, made when it is called.
        start: the secret in the address that is printed for the owner; empty where everybody signs in.
    """

    settings: Settings
    memory: Memory
    assistant: Asks
    viewer_of: Callable[[str], Viewer]
    personal: Personal
    people: People
    audit: Audit | None = None
    sso: SingleSignOn | None = None
    hosts: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    guests: tuple[tuple[str, str], ...] = ()
    start: str = ""
    readers: Callable[[], Sequence[Reader]] = tuple
    watched: Callable[[], Sequence[Watched]] = tuple
    examined: Callable[[], Iterable[Check]] = tuple


def while_admitted(steps: Iterator[T], admitted: Callable[[], object]) -> Iterator[T]:
    """The steps of an answer, for as long as its asker is let in; nothing further is said then.

    Args:
        steps: their end, however it comes, is recorded where they are made.
        admitted: raises a `KotonohaError` once the asker is let in no more.
    """
    try:
        for step in steps:
            admitted()
            yield step
    finally:
        steps.close()  # type: ignore[attr-defined]


def viewer_named(parts: Parts, person: str) -> Viewer:
    """The viewer for a name. Somebody the policy does not name reads nothing."""
    try:
        return parts.viewer_of(person)
    except UnknownPerson:
        return Viewer(person, frozenset())
