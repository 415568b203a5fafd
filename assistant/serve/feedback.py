"""What people say about answers, kept with the retrieval that led there, sealed, for whoever improves them.

Who governs sees that there is feedback; its words only where they may read every scope it came from, and personal data in
them only who may reveal it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ingest.base.access import Viewer, may_read
from ingest.base.errors import MemoryDamaged
from ingest.memory.catalog import Catalog
from ingest.privacy.vault import Vault

Verdict = Literal["good", "bad"]
OWNER = "feedback"


@dataclass(frozen=True, slots=True)
class Remark:
    """One piece of feedback; `said` is empty and `hidden` true for whom may not read where it came from."""

    number: int
    person: str
    added: str
    verdict: str
    said: dict[str, Any]
    hidden: bool


class Feedback:
    def __init__(self, catalog: Catalog, vault: Vault) -> None:
        self._catalog, self._vault = catalog, vault

    def add(self, person: str, verdict: Verdict, said: dict[str, Any], scopes: list[str]) -> None:
        """Keeps a verdict with the question, the answer, what was found, and what would be right. The very same said again
        is one; `revealed` in what is said tells that personal data may be in it."""
        kept = json.dumps(said, ensure_ascii=False)
        with self._catalog.transaction() as connection:
            query = "SELECT sealed FROM feedback WHERE person = ? AND verdict = ?"
            earlier = connection.execute(query, (person, verdict)).fetchall()
            if any(self._vault.open(OWNER, row["sealed"]) == kept for row in earlier):
                return
            sealed, now = self._vault.seal(OWNER, kept), datetime.now(UTC).isoformat(timespec="seconds")
            connection.execute(
                "INSERT INTO feedback (person, added, verdict, scopes, sealed) VALUES (?, ?, ?, ?, ?)",
                (person, now, verdict, json.dumps(scopes), sealed),
            )

    def let_go(self, entities: Collection[str]) -> None:
        """Removes for good the answers that name any of these, and what is right instead; that and why they were judged stays."""
        gone, connection = frozenset(entities), self._catalog.connection
        connection.execute("PRAGMA secure_delete = ON")
        for row in connection.execute("SELECT number, sealed FROM feedback").fetchall():
            with suppress(MemoryDamaged):  # nobody reads it
                said = json.loads(self._vault.open(OWNER, row["sealed"]))
                if not gone.isdisjoint(_named(said)):
                    left = {**said, "answered": {}, "right_answer": "", "right_source": ""}
                    values = (self._vault.seal(OWNER, json.dumps(left, ensure_ascii=False)), row["number"])
                    connection.execute("UPDATE feedback SET sealed = ? WHERE number = ?", values)

    def seen_by(self, viewer: Viewer) -> Iterator[Remark]:
        """All feedback, the newest first."""
        for row in self._catalog.connection.execute("SELECT * FROM feedback ORDER BY number DESC"):
            said = json.loads(self._vault.open(OWNER, row["sealed"]))
            readable = all(may_read(viewer, scope) for scope in json.loads(row["scopes"]))
            hidden = not readable or viewer.may_reveal < said.get("revealed", False)
            yield Remark(row["number"], row["person"], row["added"], row["verdict"], {} if hidden else said, hidden)


def _named(said: dict[str, Any]) -> set[str]:
    """The entities that an answer and what is right instead name."""
    answered = said.get("answered", {})
    found = {str(one["entity"]) for key in ("citations", "hits") for one in answered.get(key, ())}
    return {*found, str(said.get("right_source", ""))}
