"""Conversations: what each person asked and was answered, kept in the catalogue, sealed with the firm's key.

A conversation is found only by its person and its name together, so somebody else's name for it finds nothing. What
was once answered is shown again only while everything it rests on may still be read: the gate is asked each time.
"""

from __future__ import annotations

import json
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from sqlite3 import Row
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from assistant.answer.outcome import rests_on
from ingest.base.access import Viewer, may_read_all
from ingest.base.errors import BadInput, MemoryDamaged, NotFound
from ingest.memory.catalog import Catalog
from ingest.memory.memory import Memory
from ingest.privacy.vault import Vault

if TYPE_CHECKING:
    from assistant.answer.outcome import Answer
    from assistant.search.question import Shown

KEY = "talks.key"
State = Literal["waiting", "done", "stopped", "failed"]
"""How far a question is. `waiting` after a restart means that its answer was lost on the way."""
TITLE = 80
"""Characters of a conversation's name."""
LONGEST = 200
"""Characters of a name that is given by hand; what is longer than `TITLE` is cut."""
EXCERPT = 600
"""Characters kept of each source that was found; the memory has all of it."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation by its name; `changed` is seconds since 1970."""

    id: str
    title: str
    began: str
    changed: float


@dataclass(frozen=True, slots=True)
class Attached:
    """A picture or recording that was asked about: its name, and what was read from it. The file itself is not kept.

    Attributes:
        is_read: whether its words are known, so that the question can be asked again without the file.
    """

    name: str
    is_read: bool = False
    shown: Shown | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, how far it is, and once it is done the answer as `Answer.as_dict` has it, with what it rests on.

    Attributes:
        said: empty until it is done; `error` says why it failed.
        rests: the entities that the answer was made from.
        revealed: whether personal data may be in it.
        marked: for a mark, the range of characters that it cites in its entity.
    """

    number: int
    state: State
    question: str
    said: Mapping[str, Any] = field(default_factory=dict)
    rests: tuple[str, ...] = ()
    revealed: bool = False
    marked: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    attached: Attached | None = None

    @property
    def lacks_its_file(self) -> bool:
        """Whether it was about a picture or recording of which nothing is left that could be asked about again."""
        return not self.attached.is_read if self.attached else bool(self.said.get("shown"))


class Talks:
    """The conversations in one catalogue. Safe to share between threads."""

    def __init__(self, catalog: Catalog, vault: Vault) -> None:
        self._catalog, self._vault = catalog, vault

    def begin(self, person: str, title: str) -> str:
        """A new conversation; returns its name."""
        id, now = secrets.token_urlsafe(12), time.time()
        self._catalog.connection.execute(
            "INSERT INTO talk VALUES (?, ?, ?, ?, ?)", (id, person, self._vault.seal(id, _titled(title)), _now(), now)
        )
        return id

    def of(self, person: str, search: str = "", shows: Callable[[Turn], bool] = lambda turn: True) -> list[Talk]:
        """A person's conversations, the one used last first; only those in which `search` was said, when given.

        Args:
            shows: whether the answer of a turn may be shown; in others nothing is looked for.
        """
        rows = self._catalog.connection.execute("SELECT * FROM talk WHERE person = ? ORDER BY changed DESC", (person,))
        found = [self._talk(row) for row in rows]
        wanted = search.casefold().strip()
        return [one for one in found if not wanted or self._says(one, person, wanted, shows)]

    def talk(self, person: str, id: str) -> Talk:
        """One of them.

        Raises:
            NotFound: there is none of this name, or it is somebody else's.
        """
        row = self._catalog.connection.execute(
            "SELECT * FROM talk WHERE id = ? AND person = ?", (id, person)
        ).fetchone()
        if row is None:
            raise NotFound("there is no conversation of yours by this name")
        return self._talk(row)

    def turns(self, person: str, id: str) -> tuple[Turn, ...]:
        """What was asked and answered so far, oldest first."""
        self.talk(person, id)
        rows = self._catalog.connection.execute("SELECT * FROM turn WHERE talk = ? ORDER BY number", (id,))
        return tuple(self._turn(row) for row in rows)

    def turn(self, person: str, id: str, number: int) -> Turn:
        found = next((one for one in self.turns(person, id) if one.number == number), None)
        if found is None:
            raise NotFound("there is no such question in this conversation")
        return found

    def state(self, person: str, id: str) -> str:
        """A word that is another one once anything was asked, answered or taken back in a conversation."""
        self.talk(person, id)
        row = self._catalog.connection.execute(
            "SELECT number, state FROM turn WHERE talk = ? ORDER BY number DESC LIMIT 1", (id,)
        ).fetchone()
        return f"{row['number']}-{row['state']}" if row else ""

    def rename(self, person: str, id: str, title: str) -> None:
        if not title.strip():
            raise BadInput("a conversation needs a name")
        if len(title) > LONGEST:
            raise BadInput(f"the name of a conversation may have {LONGEST} characters")
        self.talk(person, id)
        self._catalog.connection.execute(
            "UPDATE talk SET title = ? WHERE id = ?", (self._vault.seal(id, _titled(title)), id)
        )

    def delete(self, person: str, id: str) -> None:
        """Forgets a conversation for good: its pages in the database are overwritten."""
        self.talk(person, id)
        connection = self._catalog.connection
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM talk WHERE id = ?", (id,))

    # -- what happens in one -----------------------------------------------------------------------------

    def ask(self, person: str, id: str, question: str, attached: Attached | None = None) -> int:
        """Adds a question whose answer is on its way; returns its number."""
        self.talk(person, id)
        with self._catalog.transaction() as connection:
            connection.execute("UPDATE talk SET changed = ? WHERE id = ?", (time.time(), id))
            values = (id, self._sealed(id, Turn(0, "waiting", question, attached=attached)))
            return int(
                connection.execute("INSERT INTO turn (talk, state, sealed) VALUES (?, 'waiting', ?)", values).lastrowid
                or 0
            )

    def end(self, id: str, turn: Turn) -> None:
        """What became of a question. A conversation that was deleted meanwhile stays deleted."""
        values = (turn.state, self._sealed(id, turn), turn.number, id)
        self._catalog.connection.execute("UPDATE turn SET state = ?, sealed = ? WHERE number = ? AND talk = ?", values)

    def stop(self, id: str) -> None:
        """What is on its way in a conversation was stopped."""
        self._catalog.connection.execute(
            "UPDATE turn SET state = 'stopped' WHERE talk = ? AND state = 'waiting'", (id,)
        )

    def take_back(self, person: str, id: str, number: int) -> None:
        """Takes back a question and all that came after it."""
        self.turn(person, id, number)
        self._catalog.connection.execute("DELETE FROM turn WHERE talk = ? AND number >= ?", (id, number))

    def let_go(self, entities: Collection[str]) -> None:
        """Removes for good, from everybody's conversations, the answers that rest on any of these; questions stay."""
        gone, connection = frozenset(entities), self._catalog.connection
        connection.execute("PRAGMA secure_delete = ON")
        for row in connection.execute("SELECT * FROM turn WHERE state = 'done'").fetchall():
            with suppress(MemoryDamaged):  # nobody reads it
                turn = self._turn(row)
                if turn.said and not gone.isdisjoint(turn.rests):
                    self.end(row["talk"], replace(turn, said={}, marked={}))

    # -- inside --------------------------------------------------------------------------------------------

    def _talk(self, row: Row) -> Talk:
        return Talk(row["id"], self._vault.open(row["id"], row["title"]), row["began"], row["changed"])

    def _turn(self, row: Row) -> Turn:
        values = json.loads(self._vault.open(row["talk"], row["sealed"]))
        marked = {mark: (int(one[0]), int(one[1])) for mark, one in values["marked"].items()}
        return Turn(
            row["number"], row["state"], values["question"], values["said"], tuple(values["rests"]),
            values["revealed"], marked, _unpacked(values.get("attached")),
        )  # fmt: skip

    def _sealed(self, id: str, turn: Turn) -> bytes:
        kept = {
            "question": turn.question, "said": turn.said, "rests": turn.rests, "revealed": turn.revealed,
            "marked": turn.marked, "attached": _packed(turn.attached),
        }  # fmt: skip
        return self._vault.seal(id, json.dumps(kept, ensure_ascii=False))

    def _says(self, talk: Talk, person: str, wanted: str, shows: Callable[[Turn], bool]) -> bool:
        return wanted in talk.title.casefold() or any(
            wanted in one.question.casefold() or (wanted in str(one.said.get("answer", "")).casefold() and shows(one))
            for one in self.turns(person, talk.id)
        )


def answered(number: int, answer: Answer, viewer: Viewer) -> Turn:
    """The turn of an answer, as it was given to this viewer."""
    texts = {hit.entity.id: hit.entity.text for hit in answer.hits}
    marked: dict[str, tuple[int, int]] = {}
    for citation in answer.citations:
        at = texts.get(citation.entity, "").find(citation.quote) if citation.quote else -1
        if at >= 0:
            marked[str(citation.mark)] = (at, at + len(citation.quote))
    said = answer.as_dict()
    said["hits"] = [{**hit, "text": str(hit.get("text", ""))[:EXCERPT]} for hit in said.get("hits", ())]
    return Turn(number, "done", answer.question, said, tuple(sorted(rests_on(answer))), viewer.may_reveal, marked)


def may_show(turn: Turn, viewer: Viewer, memory: Memory) -> bool:
    """Whether this viewer may read everything an answer was made from, as it was shown, now."""
    return viewer.may_reveal >= turn.revealed and may_read_all(viewer, turn.rests, memory.catalog.scopes_of(turn.rests))


def _packed(attached: Attached | None) -> dict[str, Any] | None:
    if attached is None:
        return None
    kept: dict[str, Any] = {"name": attached.name, "is_read": attached.is_read}
    if shown := attached.shown:
        vectors = np.asarray(shown.vectors, "<f4")
        kept |= {"words": shown.words, "shape": vectors.shape, "vectors": b64encode(vectors.tobytes()).decode()}
    return kept


def _unpacked(kept: Mapping[str, Any] | None) -> Attached | None:
    from assistant.search.question import Shown

    if kept is None:
        return None
    shown = None
    if "vectors" in kept:
        vectors = np.frombuffer(b64decode(kept["vectors"]), "<f4").reshape(kept["shape"])
        shown = Shown(kept["words"], vectors.astype(np.float32))
    return Attached(kept["name"], kept["is_read"], shown)


def _titled(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE else f"{line[: TITLE - 1]}…"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
