"""Attacks on a fresh server and a fresh memory, each of which says whether it was held: `python -m tests.attack` prints them all.

An attack is a function that gets a `Target` and returns what it found; it holds if that is one of the things that may
happen. The quick ones are tests too (`tests/test_attack.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attack, by the point of the promise it is made against."""

    point: str
    attack: str
    held: bool
    found: str


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack. `run` says whether it was held, and what was found."""

    point: str
    name: str
    run: Callable[..., tuple[bool, str]]


ATTACKS: list[Attack] = []


def attack(point: str, name: str) -> Callable[[Callable[..., tuple[bool, str]]], Callable[..., tuple[bool, str]]]:
    """Declares an attack."""

    def declared(run: Callable[..., tuple[bool, str]]) -> Callable[..., tuple[bool, str]]:
        ATTACKS.append(Attack(point, name, run))
        return run

    return declared


def outcomes(target: object, point: str = "") -> Iterator[Outcome]:
    """What comes of every attack on one target, in order; what an attack cannot do at all is not held."""
    for one in ATTACKS:
        if point in ("", one.point):
            try:
                held, found = one.run(target)
            except Exception as error:  # an attack that breaks has shown nothing
                held, found = False, f"{type(error).__name__}: {error}"
            yield Outcome(one.point, one.name, held, found)
