"""Who may know what: the policy compiled, once a request, into the scopes a viewer may read, with reasons.

A deny beats every allow, what no rule grants is closed, and governing reads nothing. The format of the file is
documented in `policy_file`.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath

from ingest.base.access import Viewer
from ingest.base.errors import UnknownPerson
from ingest.memory.catalog import Catalog
from ingest.privacy.personal import DEFAULT, keep_rules

from .policy_file import Rule, read


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a person may read a scope, the rules that decided it, how the first of them reaches the person; `holds` unless
    they hold at another time only."""

    allowed: bool
    rules: tuple[Rule, ...]
    path: tuple[str, ...]
    text: str
    holds: bool


class Policy:
    """A policy that was loaded and found sound. `version` names its very text. Safe to share between threads."""

    def __init__(self, text: str, name: str = "policy") -> None:
        """
        Raises:
            BadPolicy: one line: the file's name, the line, what is wrong there.
        """
        file, rules = read(text, name)
        self.text = text
        self.version = hashlib.sha256(text.encode()).hexdigest()[:12]
        self.owner = file.owner
        self.people = {name: person.name or name for name, person in file.people.items()}
        self.scopes = {name: scope.about for name, scope in file.scopes.items()}
        self.redact = {name: scope.redact for name, scope in file.scopes.items() if scope.redact is not None}
        if file.redact is not None:
            self.redact[""] = file.redact
        self._file, self._rules = file, rules
        self._links = file.links()
        self._lock = threading.Lock()
        self._active: tuple[Rule, ...] | None = None
        self._viewers: dict[str, Viewer] = {}

    def viewer(self, person: str, now: datetime | None = None) -> Viewer:
        """The person for one request: every scope readable at this moment.

        Raises:
            UnknownPerson: the policy does not name this person.
        """
        self._known(person)
        active = self._active_rules(now)
        with self._lock:
            if active != self._active:
                self._active, self._viewers = active, {}
            if person not in self._viewers:
                self._viewers[person] = self._compiled(person, active)
            return self._viewers[person]

    def explain(self, person: str, scope: str, now: datetime | None = None) -> Explanation:
        """The rules that decide: all denies if there is one, else all allows, else those that hold at another time."""
        self._known(person)
        paths = self._paths(f"person:{person}")
        concerned = [rule for rule in self._rules if rule.scope == scope and rule.subject in paths]
        active = set(self._active_rules(now))
        denies = tuple(rule for rule in concerned if rule in active and not rule.allow)
        allows = tuple(rule for rule in concerned if rule in active and rule.allow)
        allowed = scope in self.viewer(person, now).scopes
        rules = denies or allows or tuple(concerned)
        path = paths[rules[0].subject] if rules else ()
        holds = bool(denies or allows)
        return Explanation(allowed, rules, path, _told(person, scope, allowed, rules, path, holds), holds)

    def scope_of(self, path: PurePath) -> str | None:
        """The scope whose folder rule fits this file best: the longest folder, the deepest place; none fits: None."""
        found: list[tuple[int, int, str]] = []
        for name, scope in self._file.scopes.items():
            parts = PurePath(scope.folder).parts
            for at in range(len(path.parts) - len(parts)) if parts else ():
                if path.parts[at : at + len(parts)] == parts:
                    found.append((len(parts), at, name))
        return max(found)[2] if found else None

    def may_leave(self, scope: str) -> bool:
        """May redacted content of this scope be sent to a remote model?"""
        return scope in self._file.scopes and self._file.scopes[scope].may_leave

    def covers(self, scope: str) -> frozenset[str]:
        """The kinds of personal data that are replaced by placeholders in what is read into a scope."""
        return frozenset(self.redact.get(scope, self.redact.get("", DEFAULT)))

    @property
    def governors(self) -> frozenset[str]:
        """Everybody who may govern."""
        return frozenset(name for name in self.people if self.viewer(name).may_govern)

    # -- inside ----------------------------------------------------------------------------------------

    def _known(self, person: str) -> None:
        if person not in self.people:
            raise UnknownPerson(f"the policy does not name '{person}'", "kotonoha policy show")

    def _active_rules(self, now: datetime | None) -> tuple[Rule, ...]:
        moment = now or self._file.as_of or datetime.now(UTC)
        return tuple(rule for rule in self._rules if rule.holds(moment))

    def _compiled(self, person: str, active: Sequence[Rule]) -> Viewer:
        subjects = self._paths(f"person:{person}")
        concerned = [rule for rule in active if rule.subject in subjects]
        denied = {rule.scope for rule in concerned if not rule.allow}
        scopes = frozenset(rule.scope for rule in concerned if rule.allow) - denied
        rights = {right for name in subjects for right in self._file.subject(name).may}
        roles = tuple(sorted(name.removeprefix("role:") for name in subjects if name.startswith("role:")))
        return Viewer(person, scopes, roles, "reveal" in rights, self.version, "govern" in rights, "feed" in rights)

    def _paths(self, start: str) -> dict[str, tuple[str, ...]]:
        """Everything the person is or belongs to, each with the shortest way there."""
        paths: dict[str, tuple[str, ...]] = {start: (start,)}
        for subject in (queue := [start]):
            for target in self._links.get(subject, ()):
                if target not in paths:
                    paths[target] = (*paths[subject], target)
                    queue.append(target)
        return paths


class Policies:
    """Every version of the policy that was ever in force, in one catalogue; the last one holds."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._loaded: Policy | None = None

    def put(self, text: str, person: str, name: str = "policy") -> Policy:
        """Bring a policy into force from the next request on; unchanged text makes no new version."""
        policy = Policy(text, name)
        if self._last()["text"] != text:
            added = datetime.now(UTC).isoformat(timespec="seconds")
            values = (policy.version, text, person, added)
            with self._catalog.transaction() as connection:
                connection.execute("INSERT INTO policy (version, text, person, added) VALUES (?, ?, ?, ?)", values)
                keep_rules(self._catalog, policy.redact)
        return policy

    def current(self) -> Policy | None:
        """The policy in force, asked of the catalogue every time, so that a change made elsewhere holds at once."""
        row = self._last()
        if row["text"] is None:
            return None
        if self._loaded is None or self._loaded.version != row["version"]:
            self._loaded = Policy(row["text"])
        return self._loaded

    def _last(self) -> Mapping[str, str | None]:
        query = "SELECT version, text FROM policy ORDER BY number DESC LIMIT 1"
        row = self._catalog.connection.execute(query).fetchone()
        return dict(row) if row else {"version": None, "text": None}

    def history(self) -> list[tuple[int, str, str, str]]:
        """Number, version, who brought it into force and when (UTC), newest first."""
        rows = self._catalog.connection.execute(
            "SELECT number, version, person, added FROM policy ORDER BY number DESC"
        )
        return [tuple(row) for row in rows]

    def text(self, version: str) -> str | None:
        """The text of one version, for an auditor."""
        row = self._catalog.connection.execute("SELECT text FROM policy WHERE version = ?", (version,)).fetchone()
        return row["text"] if row else None


def _told(person: str, scope: str, allowed: bool, rules: Sequence[Rule], path: Sequence[str], active: bool) -> str:
    verdict = f"{person} {'may' if allowed else 'may not'} read {scope}"
    if not rules:
        return f"{verdict}: no line grants it, and what is not granted is closed"
    way = " > ".join(step.replace(":", " ") for step in path)
    when = "" if active else "only at another time, "
    return f"{verdict}: {when}{'; '.join(map(str, rules))} (by way of {way})"
