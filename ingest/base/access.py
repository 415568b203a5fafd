"""Who may read what: the one rule and the one gate.

An entity lies in exactly one scope; while it is moved it lies in two, and only who may read both may read it. A viewer
carries the scopes compiled for this request from the policy. Everything that leaves the memory passes `may_read`;
stores ask `Viewer.scopes` and open nothing else. There is no wildcard, no negation and no default viewer: unknown means
closed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from .errors import BadInput

SCOPE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,60}[a-z0-9])?")
"""A scope's name; it becomes the name of a Chroma collection (3-512 of [a-zA-Z0-9._-]) behind a prefix."""


BOTH = "&"
"""Stands between the scopes of an entity that is being moved; no name of a scope has it."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person for the length of one request.

    Attributes:
        person: the name the audit will show.
        scopes: every scope this person may read now; empty means nothing can be found.
        roles: the roles it was compiled from.
        may_reveal: whether personal data may be shown unredacted.
        policy: version of the policy it was compiled from.
        may_govern: whether they may change the policy and see the audit.
        may_feed: whether they may bring files into the scopes they read, and forget them.
    """

    person: str
    scopes: frozenset[str]
    roles: tuple[str, ...] = ()
    may_reveal: bool = False
    policy: str = ""
    may_govern: bool = field(default=False)
    may_feed: bool = field(default=False)

    def readable(self, scopes: Iterable[str]) -> list[str]:
        """Of these scopes, the ones to open, in a fixed order."""
        return sorted(scope for scope in set(scopes) if may_read(self, scope))


def may_read(viewer: Viewer, scope: str) -> bool:
    """The rule. Every other check in the product is this one, asked earlier."""
    return all(one in viewer.scopes for one in scope.split(BOTH))


def may_read_all(viewer: Viewer, ids: Collection[str], lie_in: Mapping[str, str]) -> bool:
    """Whether every one of these is there and may be read.

    Args:
        lie_in: the scope of each that is there.
    """
    return len(lie_in) == len(ids) and all(may_read(viewer, scope) for scope in lie_in.values())


def between(old: str, new: str) -> str:
    """The scope of an entity on its way from one scope to another."""
    return f"{old}{BOTH}{new}"


def origin(scope: str) -> str:
    """The scope in which its words and vectors still are."""
    return scope.split(BOTH)[0]


def destination(scope: str) -> str:
    """The scope to which it is moved; its own when it is not moved."""
    return scope.split(BOTH)[-1]


def checked_scope(name: str) -> str:
    """The name itself, or BadInput saying which names are possible."""
    if not SCOPE_NAME.fullmatch(name):
        raise BadInput(
            f"'{name}' cannot be the name of a scope",
            "use lower-case letters, digits, '.', '_' and '-', for example 'sales-2026'",
        )
    return name
