"""What another policy would change, before it is in force, and whether anybody could govern by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from assistant.govern.people import People
from assistant.govern.policy import Policy
from assistant.govern.policy_file import Right
from ingest.base.access import Viewer
from ingest.base.errors import BadPolicy, NotAllowed

RIGHTS: tuple[Right, ...] = get_args(Right)


@dataclass(frozen=True, slots=True)
class Change:
    """Of a person the scopes and rights they gain and lose; of a scope the kinds of personal data covered and not covered
    any more, and under `may` or `may_not` that it may leave this machine."""

    name: str
    gains: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    may_not: tuple[str, ...] = ()


def rights(viewer: Viewer) -> frozenset[str]:
    """What somebody may do besides reading, as a policy calls it."""
    return frozenset(one for one in RIGHTS if getattr(viewer, f"may_{one}"))


def of_people(old: Policy | None, new: Policy) -> list[Change]:
    """Everybody for whom a policy changes something at this moment, by name."""
    names = sorted({*new.people, *(old.people if old else ())})
    pairs = [(name, _viewer(old, name), _viewer(new, name)) for name in names]
    found = [_change(name, was.scopes, now.scopes, rights(was), rights(now)) for name, was, now in pairs]
    return [one for one in found if one != Change(one.name)]


def of_scopes(old: Policy | None, new: Policy) -> list[Change]:
    """The scopes of which, from the next reading on, other personal data is covered, or that may leave or no longer may."""
    found = [
        _change(name, (old or new).covers(name), new.covers(name), _leaves(old, name), _leaves(new, name))
        for name in sorted(new.scopes)
    ]
    return [one for one in found if one != Change(one.name)]


def governed(policy: Policy, people: People | None = None) -> Policy:
    """The policy, by which somebody may govern; where people sign in with accounts, somebody whose account is open.

    Raises:
        BadPolicy: nobody could, and so nobody could ever change it again.
    """
    if not policy.governors:
        raise BadPolicy("by this policy nobody could govern any more", "give somebody `may: [govern]`")
    accounts = people.accounts() if people else []
    if accounts and not policy.governors & {one.name for one in accounts if not one.disabled}:
        raise BadPolicy(
            f"by this policy only {', '.join(sorted(policy.governors))} could govern, without an account to sign in with",
            "add the account first, or leave `may: [govern]` with somebody who has one",
        )
    return policy


def somebody_left(policy: Policy | None, people: People, name: str, newcomers: bool = False) -> None:
    """Checks, once an account was shut or removed, that somebody who may govern can still sign in.

    Args:
        name: whose account it was.
        newcomers: whether whom the policy names gets an account by signing in elsewhere.

    Raises:
        NotAllowed: it was the last one.
    """
    shut = {one.name: one.disabled for one in people.accounts()}
    governors = policy.governors if policy else frozenset()
    if shut and name in governors and all(shut.get(one, not newcomers) for one in governors):
        raise NotAllowed(
            f"'{name}' is the last who may govern and can sign in",
            "give somebody else `may: [govern]` in the policy, and an account, first",
        )


def _change(
    name: str, had: frozenset[str], has: frozenset[str], could: frozenset[str], can: frozenset[str]
) -> Change:  # fmt: skip
    return Change(name, _but(has, had), _but(had, has), _but(can, could), _but(could, can))


def _viewer(policy: Policy | None, name: str) -> Viewer:
    return policy.viewer(name) if policy and name in policy.people else Viewer(name, frozenset())


def _leaves(policy: Policy | None, scope: str) -> frozenset[str]:
    return frozenset({"leave"} if policy and policy.may_leave(scope) else ())


def _but(these: frozenset[str], those: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(these - those))
