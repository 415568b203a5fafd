"""The policy file: its format, and a strict reader that names the line of what is wrong.

    as_of: 2026-06-20T12:00:00+09:00      # optional, for examples: the clock stands still at this moment
    owner: hoshino                        # optional: whom the command line on this machine acts as
    scopes:
      sales: {about: orders and prices, folder: sales, may_leave: true}   # may_leave: to a remote model, redacted
      hr: {redact: [my_number, bank_account, address, phone, name]}       # instead of the firm's `redact`
    redact: [my_number, bank_account, card]  # optional: personal data replaced by placeholders (`ingest.privacy.redact.KINDS`)
    roles:
      employee: {reads: [public]}
      clerk: {inherits: [employee], reads: [sales], may: [reveal]}        # reveal: personal data unredacted
      keeper: {reads: [sales], may: [feed]}                                # feed: brings files into what it reads, and forgets them
      administrator: {may: [govern]}                                      # govern: people, policy, audit; reads nothing
    groups:
      night-shift: {members: [endo], roles: [clerk], denies: [hr]}
    people:
      endo:
        name: Mika Endo
        roles: [clerk]
        grants: [{scope: hr, from: 2026-06-15, until: 2026-06-30, why: audit}]
        denies: [{scope: sales, until: 2026-07-31}]

Roles, groups and people may all have `reads`, `grants` (with a time), `denies` and `may`. A deny beats every allow,
whoever it comes from. What no line grants is closed. Dates are days of this machine's time zone, the last included;
moments need a time zone. Nobody reads by governing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal

import yaml  # type: ignore[import-untyped]
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ingest.base.access import SCOPE_NAME
from ingest.base.errors import BadPolicy
from ingest.privacy.redact import KINDS

from .people import NAME

LARGEST = 1_000_000
"""Characters of a policy file."""
DEEPEST = 16
"""Levels of a policy file, lists and settings together."""

_HALF = re.compile("[\ud800-\udfff]")

# -- the shape --


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Timed(_Part):
    scope: str
    since: date | datetime | None = Field(default=None, alias="from")
    until: date | datetime | None = None
    why: str = ""


_Deny = Annotated[_Timed, BeforeValidator(lambda value: {"scope": value} if isinstance(value, str) else value)]
Right = Literal["govern", "reveal", "feed"]
"""What may be done besides reading."""


class Subject(_Part):
    about: str = ""
    reads: list[str] = []
    grants: list[_Timed] = []
    denies: list[_Deny] = []
    may: list[Right] = []


class _Role(Subject):
    inherits: list[str] = []


class _Group(Subject):
    members: list[str] = []
    roles: list[str] = []


class _Person(Subject):
    name: str = ""
    roles: list[str] = []


class _Scope(_Part):
    about: str = ""
    folder: str = ""
    may_leave: bool = False
    redact: list[str] | None = None


class File(_Part):
    as_of: datetime | None = None
    owner: str = ""
    redact: list[str] | None = None
    scopes: dict[str, _Scope]
    roles: dict[str, _Role] = {}
    groups: dict[str, _Group] = {}
    people: dict[str, _Person] = {}

    def links(self) -> dict[str, tuple[str, ...]]:
        """From each person, group and role to what it is a member of."""
        links = {
            f"role:{name}": tuple(f"role:{parent}" for parent in role.inherits) for name, role in self.roles.items()
        }
        for name, group in self.groups.items():
            links[f"group:{name}"] = tuple(f"role:{role}" for role in group.roles)
        for name, person in self.people.items():
            groups = [f"group:{group}" for group, facts in self.groups.items() if name in facts.members]
            links[f"person:{name}"] = (*groups, *(f"role:{role}" for role in person.roles))
        return links

    def subject(self, name: str) -> Subject:
        """What stands under `role:clerk`, `group:night-shift` or `person:endo`."""
        kind, _, name = name.partition(":")
        kinds: dict[str, Mapping[str, Subject]] = {"role": self.roles, "group": self.groups, "person": self.people}
        return kinds[kind][name]


# -- the rules in it --


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy: `subject` (`role:clerk`, `group:night`, `person:endo`) may or may not read `scope`."""

    subject: str
    scope: str
    allow: bool
    line: int
    since: datetime | None = None
    until: datetime | None = None
    why: str = ""

    def holds(self, now: datetime) -> bool:
        return (self.since is None or self.since <= now) and (self.until is None or now <= self.until)

    def __str__(self) -> str:
        verb = "may read" if self.allow else "must not read"
        since = f" from {self.since.isoformat()}" if self.since else ""
        until = f" until {self.until.isoformat()}" if self.until else ""
        why = f" ({self.why})" if self.why else ""
        return f"line {self.line}: {self.subject.replace(':', ' ')} {verb} {self.scope}{since}{until}{why}"


def read(text: str, name: str) -> tuple[File, tuple[Rule, ...]]:
    """The file a text says, and the rules in it.

    Raises:
        BadPolicy: one line: the file's name, the line, what is wrong there.
    """
    node = _parsed(text, name)
    try:
        file = File.model_validate(yaml.CSafeLoader(text).get_single_data())
    except yaml.YAMLError as error:
        raise _no_yaml(error, text, name) from None
    except ValidationError as error:
        raise _bad(name, node, *_first(error)) from None
    except (ValueError, ArithmeticError) as error:
        raise BadPolicy(f"{name}, line {_meaningless(node)}: {error}") from None
    for loc, problem in _contradictions(file):
        raise _bad(name, node, loc, problem)
    return file, tuple(_rules(file, node))


# -- strictness --

Loc = tuple[str | int, ...]


def _parsed(text: str, name: str) -> yaml.Node:
    """The syntax tree, which knows its lines. Aliases, tags and repeated keys hide what a file says: refused."""
    if len(text) > LARGEST:
        raise BadPolicy(f"{name}: a policy has at most {LARGEST:,} characters")
    if half := _HALF.search(text):
        raise BadPolicy(f"{name}, line {text.count(chr(10), 0, half.start()) + 1}: half of a character cannot be kept")
    try:
        depth = 0
        for event in yaml.parse(text, yaml.CSafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
                raise BadPolicy(f"{name}, line {line}: aliases (*) and tags (!) are not allowed")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise BadPolicy(f"{name}, line {line}: brackets within brackets, more than {DEEPEST} deep")
        node: yaml.Node | None = yaml.compose(text, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise _no_yaml(error, text, name) from None
    if node is None:
        raise BadPolicy(f"{name}: the policy is empty")
    _refuse_repeated_keys(node, name)
    return node


def _no_yaml(error: yaml.YAMLError, text: str, name: str) -> BadPolicy:
    """Where a text stops being YAML, and why, as far as the error says so."""
    mark, position = getattr(error, "problem_mark", None), getattr(error, "position", None) or 0
    line = mark.line if mark else text.encode()[:position].count(b"\n")
    return BadPolicy(f"{name}, line {line + 1}: {getattr(error, 'problem', None) or 'this is not YAML'}")


def _refuse_repeated_keys(node: yaml.Node, name: str) -> None:
    """What names a setting is one word, and there once. A key that merges (<<) hides what a file says, too."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                raise BadPolicy(f"{name}, line {line}: what stands before a colon is one name")
            if key.value in seen:
                raise BadPolicy(f"{name}, line {line}: '{key.value}' is there twice")
            seen.add(key.value)
            _refuse_repeated_keys(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item, name)


def _meaningless(node: yaml.Node) -> int:
    """The line of the first value that looks like a number, a time or a sign of YAML and is none."""
    try:
        if isinstance(node, yaml.ScalarNode):
            yaml.CSafeLoader("").construct_document(node)
        found = 0
    except (yaml.YAMLError, ValueError, ArithmeticError):
        found = node.start_mark.line + 1
    below = node.value if isinstance(node, yaml.CollectionNode) else []
    inner = (one for item in below for one in (item if isinstance(item, tuple) else (item,)))
    return found or next((line for line in map(_meaningless, inner) if line), 0)


def _line(node: yaml.Node, loc: Loc) -> int:
    """The line of a place such as `("roles", "clerk", "reads", 0)`, or of the nearest place above it."""
    line = node.start_mark.line
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
    return int(line) + 1


def _first(error: ValidationError) -> tuple[Loc, str]:
    """Where the first fault lies, and what it is."""
    fault = error.errors(include_url=False)[0]
    words = {"extra_forbidden": "there is no such setting", "missing": "this is needed"}
    return fault["loc"], words.get(fault["type"], fault["msg"])


def _bad(name: str, node: yaml.Node, loc: Loc, problem: str) -> BadPolicy:
    place = ".".join(str(step) for step in loc) or "the policy"
    return BadPolicy(f"{name}, line {_line(node, loc)}: {place}: {problem}")


def _contradictions(file: File) -> Iterator[tuple[Loc, str]]:
    """What the shape of the file allows and its meaning does not."""
    for scope in file.scopes:
        if not SCOPE_NAME.fullmatch(scope):
            yield ("scopes", scope), "a scope's name has a-z, 0-9, '.', '_' and '-'"
    for person in file.people:
        if not NAME.fullmatch(person):
            yield ("people", person), "a person's name has a-z, 0-9, '.', '_', '-' and '@'"
    for kind in ("roles", "groups"):
        for name in getattr(file, kind):
            if not re.fullmatch(r"\w[\w.-]{0,63}", name):
                yield (kind, name), "the name of a role or group has letters, digits, '.', '_' and '-'"
    if file.owner and file.owner not in file.people:
        yield ("owner",), f"there is no person '{file.owner}'"
    if file.as_of and file.as_of.tzinfo is None:
        yield ("as_of",), "a moment needs a time zone, for example +09:00"
    yield from _unknown_kinds(("redact",), file.redact)
    for scope, facts in file.scopes.items():
        yield from _unknown_kinds(("scopes", scope, "redact"), facts.redact)
    for loc, subject in _subjects(file):
        yield from _unknown_names(file, loc, subject)
        yield from _impossible_times(loc, subject)
    yield from _circles(file)


def _unknown_kinds(loc: Loc, kinds: list[str] | None) -> Iterator[tuple[Loc, str]]:
    for at, kind in enumerate(kinds or ()):
        if kind not in KINDS:
            yield (*loc, at), f"there is no kind of personal data '{kind}'; there are {', '.join(KINDS)}"


def _subjects(file: File) -> Iterator[tuple[Loc, Subject]]:
    for kind in ("roles", "groups", "people"):
        for name, subject in getattr(file, kind).items():
            yield (kind, name), subject


def _unknown_names(file: File, loc: Loc, subject: Subject) -> Iterator[tuple[Loc, str]]:
    known: dict[str, tuple[str, Mapping[str, object]]] = {
        "reads": ("scope", file.scopes), "inherits": ("role", file.roles), "roles": ("role", file.roles),
        "members": ("person", file.people), "grants": ("scope", file.scopes), "denies": ("scope", file.scopes),
    }  # fmt: skip
    for setting, (noun, names) in known.items():
        for at, item in enumerate(getattr(subject, setting, ())):
            name = item.scope if isinstance(item, _Timed) else item
            if name not in names:
                yield (*loc, setting, at), f"there is no {noun} '{name}'"


def _impossible_times(loc: Loc, subject: Subject) -> Iterator[tuple[Loc, str]]:
    for setting in ("grants", "denies"):
        for at, item in enumerate(getattr(subject, setting)):
            place = (*loc, setting, at)
            if any(isinstance(t, datetime) and t.tzinfo is None for t in (item.since, item.until)):
                yield place, "a moment needs a time zone, for example +09:00"
                continue
            since, until = _moment(item.since, last=False), _moment(item.until, last=True)
            if since and until and until < since:
                yield place, "it ends before it begins"
            if setting == "grants" and not (since or until):
                yield place, "a grant has 'from' or 'until'; what holds always belongs into 'reads'"


def _circles(file: File) -> Iterator[tuple[Loc, str]]:
    for start in file.roles:
        seen, queue = set[str](), list(file.roles[start].inherits)
        while queue:
            role = queue.pop()
            if role == start:
                yield ("roles", start, "inherits"), "a role cannot inherit from itself, not even by way of others"
                return
            if role not in seen:
                seen.add(role)
                queue.extend(file.roles[role].inherits)


def _rules(file: File, node: yaml.Node) -> Iterator[Rule]:
    nouns = {"roles": "role", "groups": "group", "people": "person"}
    for (kind, name), subject in _subjects(file):
        who = f"{nouns[str(kind)]}:{name}"
        for at, scope in enumerate(subject.reads):
            yield Rule(who, scope, True, _line(node, (kind, name, "reads", at)))
        for setting, items in (("grants", subject.grants), ("denies", subject.denies)):
            for at, item in enumerate(items):
                times = _moment(item.since, last=False), _moment(item.until, last=True)
                yield Rule(
                    who, item.scope, setting == "grants", _line(node, (kind, name, setting, at)), *times, item.why
                )


def _moment(value: date | datetime | None, last: bool) -> datetime | None:
    """A date as its first or last moment in this machine's time zone."""
    if value is None or isinstance(value, datetime):
        return value
    try:
        if last:
            return datetime.combine(value + timedelta(days=1), time()).astimezone() - timedelta(microseconds=1)
        return datetime.combine(value, time()).astimezone()
    except (OverflowError, OSError, ValueError):  # a day at an end of time, beyond which a time zone would lead
        return (datetime.max if value.year > 1000 else datetime.min).replace(tzinfo=UTC)
