"""Changes to the policy's text by command, leaving its comments, order and layout as they are (ruamel.yaml).

Every function takes a text that is in force and returns the changed one; `Policies.put` checks it and brings it into
force. A subject is written `person:endo`, `role:clerk` or `group:night-shift`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ruamel.yaml import YAML

from ingest.base.errors import BadInput

_SECTIONS = {"person": "people", "role": "roles", "group": "groups", "scope": "scopes"}


def allow(
    text: str, subject: str, scope: str, *, since: date | None = None, until: date | None = None, why: str = ""
) -> str:
    """Let a subject read a scope: always, or from a day or moment, or until one."""
    times = _timed(scope, since, until, why)
    return _with(text, subject, "reads", scope) if len(times) == 1 else _with(text, subject, "grants", times)


def deny(
    text: str, subject: str, scope: str, *, since: date | None = None, until: date | None = None, why: str = ""
) -> str:
    """Forbid a subject to read a scope, whatever else allows it."""
    times = _timed(scope, since, until, why)
    return _with(text, subject, "denies", scope if len(times) == 1 else times)


def withdraw(text: str, subject: str, scope: str) -> str:
    """Remove what the subject's own lines say about a scope, allowing or denying; what it inherits stays."""
    file = _read(text)
    facts, removed = _facts(file, subject), 0
    for setting in ("reads", "grants", "denies"):
        items = facts.get(setting, [])
        for item in [item for item in items if scope == (item["scope"] if isinstance(item, Mapping) else item)]:
            items.remove(item)
            removed += 1
    if not removed:
        raise BadInput(f"no line of {subject.replace(':', ' ')} says anything about {scope}", "kotonoha policy explain")
    return _written(file)


def add(text: str, subject: str, facts: Mapping[str, Any]) -> str:
    """A new person, role, group or scope (`scope:sales`) with its settings."""
    file = _read(text)
    kind, _, name = subject.partition(":")
    section = file.setdefault(_SECTIONS[kind], {})
    if name in section:
        raise BadInput(f"there is already a {kind} '{name}'")
    section[name] = dict(facts)
    return _written(file)


def remove(text: str, subject: str) -> str:
    """Remove a person, role, group or scope; refused later, with its line, where something still refers to it."""
    file = _read(text)
    _facts(file, subject)
    kind, _, name = subject.partition(":")
    del file[_SECTIONS[kind]][name]
    return _written(file)


def _timed(scope: str, since: date | datetime | None, until: date | datetime | None, why: str) -> dict[str, Any]:
    facts = {"scope": scope, "from": since, "until": until, "why": why}
    return {name: value for name, value in facts.items() if value}


def _with(text: str, subject: str, setting: str, item: object) -> str:
    file = _read(text)
    items = _facts(file, subject).setdefault(setting, [])
    if item not in items:
        items.append(item)
    return _written(file)


def _facts(file: Any, subject: str) -> Any:
    kind, _, name = subject.partition(":")
    facts = (file.get(_SECTIONS.get(kind, "")) or {}).get(name)
    if facts is None:
        raise BadInput(f"the policy has no {kind} '{name}'", "kotonoha policy show")
    return facts


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _read(text: str) -> Any:
    return _yaml().load(text)


def _written(file: Any) -> str:
    stream = io.StringIO()
    _yaml().dump(file, stream)
    return stream.getvalue()
