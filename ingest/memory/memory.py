"""The memory: vectors in Chroma, one collection per access scope, always in step with the catalogue.

The only file that imports chromadb. It writes entities (catalogue, words, list of pending vectors in one transaction),
brings the pending vectors to Chroma, and answers nearest-neighbour questions inside the scopes of a viewer. It knows
nothing about files, models or what a question is.

One process owns a memory at a time, guarded by a lock: two writers of one Chroma folder lose vectors silently.
After a kill at any moment `pending` still names what Chroma may lack; bringing it over twice is harmless.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from ingest.base import private
from ingest.base.access import Viewer, checked_scope, destination, may_read
from ingest.base.errors import KotonohaError, MemoryDamaged, MemoryFault, MemoryHeld, MemoryMismatch, told
from ingest.base.settings import Settings
from ingest.space.entity import Entity
from ingest.space.space import Space, Vectors

from . import amended, around, lexicon, moves, places, tables, writing
from .beside import Beside
from .catalog import Catalog, SourceRow

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_IMPAIRED = "the vectors of this memory are damaged ({}), so less is found than is there: kotonoha doctor --repair"
BATCH = 2_000
"""Vectors brought to Chroma in one call; its own limit is 5,461."""


class Memory:
    """Opens (and owns) the memory under `settings.home`; use as a context manager.

    Raises:
        MemoryHeld: another process owns it; the message names that process.
        MemoryMismatch: it was made with another encoder, or by a newer version.
    """

    def __init__(self, settings: Settings, space: Space) -> None:
        self.settings = settings
        self.space = space
        self._lock = owning(settings)
        try:
            self.catalog = Catalog(settings.catalog_file)
            self._check_space()
        except BaseException:
            self._lock.release()
            raise
        self._client: ClientAPI | None = None
        self._collections: dict[str, Collection] = {}
        self._settling = threading.Lock()
        self._reading = threading.Lock()
        self.beside = Beside(settings.home)
        shutil.rmtree(settings.reading_folder, ignore_errors=True)  # what a killed reading left there
        self.impaired = ""
        """What keeps answers from being as good as they could be, in words; empty in a sound memory."""
        try:
            self._client = opened(settings)
            private.tighten(settings.home)
            self.settle()
            self.beside.sweep((row.id, row.scope) for row in self.catalog.sources())
            self.impaired = self._lacking()
        except Exception as error:  # the vector store raises anything; the catalogue is the truth and goes on
            if isinstance(error, sqlite3.Error):
                self._lock.release()
                raise
            self.impaired = str(error) if isinstance(error, KotonohaError) else _IMPAIRED.format(_one_line(error))

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        try:
            if not self.impaired:
                self.settle()
            private.tighten(self.settings.home)  # the vector store makes its files as the process does
        finally:
            self._collections.clear()
            with suppress(AttributeError):
                self._client.close()  # type: ignore[union-attr]
            self.catalog.close()
            self._lock.release()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While inside, no other thread reads sources into this memory: `MemoryHeld`. Other processes do not own it."""
        if not self._reading.acquire(blocking=False):
            home, hint = self.settings.home, "let that finish; what is asked for meanwhile is read as well"
            raise MemoryHeld(f"files are being read into the memory in {home} already", hint)
        try:
            yield
        finally:
            self._reading.release()

    # -- writing ---------------------------------------------------------------------------------------

    def put_source(
        self, row: SourceRow, items: Sequence[Entity], sealed: Mapping[str, bytes] | None = None,
        rows: Sequence[tables.Rows] = (),
    ) -> None:  # fmt: skip
        """One source and all its entities in one transaction. What is stored already keeps its vectors and gets its new
        place; whatever else the source had is dropped.

        Args:
            sealed: the originals of personal data, by entity (`personal.Personal.seal`).
            rows: those of its tables and records.
        """
        checked_scope(row.scope)
        keep = {item.id for item in items}
        with self.catalog.transaction() as connection:
            old = connection.execute("SELECT scope FROM source WHERE id = ?", (row.id,)).fetchone()
            writing.put_row(connection, row)
            shown = amended.keep_hidden(connection, row.id, items)
            gone = [id for id in writing.ids_of(connection, row.id) if id not in keep]
            writing.drop(connection, gone)
            if old is not None and old["scope"] != row.scope:
                writing.rescope(connection, row.id, row.scope)
            changed = writing.store(connection, shown)
            connection.execute(
                "DELETE FROM correction WHERE source = ? AND entity NOT IN (SELECT value FROM json_each(?))",
                (row.id, json.dumps(sorted(keep))),
            )
            writing.seal(connection, row.id, sealed or {})
            tables.put(connection, row.id, rows)
        if gone or changed or (old is not None and old["scope"] != row.scope):
            self.beside.drop(row.id)

    def move_source(self, source: str, path: str, scope: str | None = None) -> None:
        """The same source at another path, and in another scope when one is given, with what is inside its file."""
        if scope is None:
            with self.catalog.transaction() as connection:
                places.rename(connection, source, path)
            return
        checked_scope(scope)
        together = [source, *(row.id for row in self.catalog.inside(source))]
        with self.catalog.transaction() as connection:
            places.rename(connection, source, path)
            for one in together:
                connection.execute("UPDATE source SET scope = ? WHERE id = ?", (scope, one))
                writing.rescope(connection, one, scope)
        for one in together:
            self.beside.drop(one)

    def finish_moves(self) -> int:
        """Brings every source on its way (`moves.begin`) to the scope it is moved to, one transaction each; how many."""
        waiting = moves.waiting(self.catalog)
        for source in waiting:
            self.move_source(source.id, source.path, destination(source.scope))
        return len(waiting)

    def forget_source(self, source: str) -> None:
        """Removes a source and those inside its file, their entities, words and vectors. Unknown ids are no error."""
        together = [source, *(row.id for row in self.catalog.inside(source))]
        with self.catalog.transaction() as connection:
            self.catalog.after_commit(self._tidy)
            for one in together:
                writing.drop(connection, writing.ids_of(connection, one))
                connection.execute("DELETE FROM source WHERE id = ?", (one,))
            writing.drop_jobs(connection)
        for one in together:
            self.beside.drop(one)

    def _tidy(self) -> None:
        with suppress(KotonohaError, sqlite3.Error):  # what is left over is settled when the memory is next opened
            self.settle()

    def settle(self) -> int:
        """Finishes moves and brings every pending vector to Chroma; returns how many. Safe to repeat or be killed in."""
        with self._settling:
            return self._settle()

    def _settle(self) -> int:
        self.finish_moves()
        total = 0
        while rows := self.catalog.connection.execute(
            "SELECT * FROM pending ORDER BY number LIMIT ?", (BATCH,)
        ).fetchall():
            for scope in dict.fromkeys(row["scope"] for row in rows):
                # Only the last word about an entity counts within a batch.
                last = {row["entity"]: row["put"] for row in rows if row["scope"] == scope}
                try:
                    self._bring(scope, last)
                except Exception as error:  # the vector store raises anything
                    raise _fault(error, "written") from error
            self.catalog.connection.execute("DELETE FROM pending WHERE number <= ?", (rows[-1]["number"],))
            total += len(rows)
        return total

    def _bring(self, scope: str, put: Mapping[str, int]) -> None:
        """Has the vectors of these entities where `put` says so, and no more of the others."""
        collection = self._collection(scope)
        if drop := [id for id, wanted in put.items() if not wanted]:
            collection.delete(ids=drop)
        items = self.catalog.entities(id for id, wanted in put.items() if wanted).values()
        found = [item for item in items if item.scope == scope and item.address.any()]
        if found:
            collection.upsert(
                ids=[item.id for item in found],
                embeddings=np.stack([item.address for item in found]),
                metadatas=[{"kind": item.kind} for item in found],
            )

    # -- reading: nothing here has a form without a viewer ----------------------------------------------

    def nearest(
        self, address: Vectors, viewer: Viewer, k: int, kinds: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """The entities nearest to an address [dim] in the scopes the viewer may read: (id, cosine), best first.

        None where the vector store is broken: what there is is found by its words then, and `impaired` says so.
        """
        if self._client is None:
            return []
        try:
            return self._nearest(address, viewer, k, kinds)
        except (KotonohaError, sqlite3.ProgrammingError):
            raise
        except Exception as error:  # noqa: BLE001 (the vector store raises anything)
            self.impaired = _IMPAIRED.format(_one_line(error))
            return []

    def _nearest(
        self, address: Vectors, viewer: Viewer, k: int, kinds: Sequence[str] | None
    ) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        for scope in viewer.readable(self.scopes()):
            collection = self._collection(scope)
            where: Any = {"kind": {"$in": list(kinds)}} if kinds else None
            result = collection.query(
                query_embeddings=[address.tolist()], n_results=k, where=where, include=["distances"]
            )
            distances = result["distances"]
            assert distances is not None
            found += [(id, 1.0 - distance) for id, distance in zip(result["ids"][0], distances[0], strict=True)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def hydrate(self, ids: Iterable[str], viewer: Viewer) -> dict[str, Entity]:
        """The entities with these ids that the viewer may read. The gate is asked before a row is touched, so that what
        is not there and what is not the viewer's take the same time, and again for each row."""
        found = self.catalog.entities(self.catalog.among(ids, sorted(viewer.scopes)))
        return {id: item for id, item in found.items() if may_read(viewer, item.scope)}

    def scopes(self) -> list[str]:
        """Every scope that ever held something."""
        return [row["scope"] for row in self.catalog.connection.execute("SELECT scope FROM lexicon")]

    def _lacking(self) -> str:
        """How many vectors there are too few or too many, in words."""
        wrong = sum(
            abs(self._collection(scope).count() - around.count_placed(self.catalog, scope)) for scope in self.scopes()
        )
        return _IMPAIRED.format(f"{wrong:,} of them are missing or stray") if wrong else ""

    # -- for the doctor ----------------------------------------------------------------------------------

    def vector_ids(self, scope: str) -> set[str]:
        """Every id Chroma holds for a scope."""
        return set(self._collection(scope).get(include=[])["ids"])

    def _collection(self, scope: str) -> Collection:
        if self._client is None:
            raise MemoryDamaged(self.impaired)  # says the repair
        if scope not in self._collections:
            name = f"scope-{checked_scope(scope)}"
            self._collections[scope] = self._client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "cosine", "ef_search": 100}}
            )
        return self._collections[scope]

    def _check_space(self) -> None:
        made_with = self.catalog.fact("space")
        if made_with is None:
            self.catalog.set_fact("space", self.space.fingerprint)
        elif made_with != self.space.fingerprint:
            raise MemoryMismatch(
                f"the memory in {self.settings.home} was made with encoder {made_with}, this is {self.space.fingerprint}",
                "kotonoha doctor --place-again",
            )


def rebuild(settings: Settings, space: Space) -> int:
    """Throws the vectors away and restores them from the catalogue; returns how many were restored."""
    with owning(settings):
        catalog = Catalog(settings.catalog_file)
        total = forget_vectors(settings, catalog)
        catalog.close()
    with Memory(settings, space):
        return total


def forget_vectors(settings: Settings, catalog: Catalog) -> int:
    """Throws the vectors away, for whoever opens the memory next to restore; returns how many those are."""
    private.clear(settings.vectors_folder)
    with catalog.transaction() as connection:
        redeliver(connection)
        lexicon.rebuild(connection)
        return int(connection.execute("SELECT count(*) FROM pending").fetchone()[0])


def redeliver(connection: Any) -> None:
    """Has every vector brought to an empty vector store when the memory is next opened; moves have arrived."""
    moves.land(connection)
    connection.execute("DELETE FROM pending")
    connection.execute("INSERT INTO pending (entity, scope, put) SELECT id, scope, 1 FROM entity ORDER BY number")


def owner(settings: Settings) -> str:
    """Who owns the memory, in words, or "" when nobody does."""
    probe = FileLock(settings.lock_file)
    try:
        probe.acquire(timeout=0)
    except Timeout:
        with suppress(OSError, ValueError, KeyError):
            who = json.loads(_owner_file(settings).read_text("utf-8"))
            return f"process {who['pid']} ({who['command']}, since {who['since']})"
        return "another process"
    except OSError:
        return ""
    probe.release()
    return ""


def owning(settings: Settings) -> FileLock:
    """The lock of who owns the memory, held.

    Raises:
        MemoryHeld: somebody else does.
    """
    private.state(settings.home)
    lock = FileLock(settings.lock_file, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise MemoryHeld(
            f"the memory in {settings.home} is in use by {owner(settings)}",
            "stop it, or let it finish; `kotonoha ingest` hands it the job",
        ) from None
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    who = {"pid": os.getpid(), "command": command, "since": time.strftime("%Y-%m-%d %H:%M:%S")}
    private.file(_owner_file(settings))
    _owner_file(settings).write_text(json.dumps(who), "utf-8")
    return lock


def _owner_file(settings: Settings) -> Path:
    return settings.lock_file.with_suffix(".json")


def opened(settings: Settings) -> ClientAPI:
    """The vector store, or one clear `MemoryFault`: its own failures are of every kind, panics included."""
    try:
        return open_vectors(settings.vectors_folder)
    except (KeyboardInterrupt, SystemExit, KotonohaError):
        raise
    except BaseException as error:
        raise _fault(error, "opened") from error


def _fault(error: BaseException, done: str) -> BaseException:
    """Why vectors cannot be opened or written, in one line with its repair."""
    fault = error if isinstance(error, KotonohaError | sqlite3.Error) else told(error)
    damaged = MemoryDamaged(f"the vectors cannot be {done} ({_one_line(error)})", "kotonoha doctor --repair")
    return fault if isinstance(fault, MemoryFault | sqlite3.Error) or fault is error else damaged


def _one_line(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:160]


def open_vectors(folder: Path) -> ClientAPI:
    """The vector store in a folder, which nobody else may have open."""
    import chromadb.config

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private.folder(folder)
    return chromadb.PersistentClient(str(folder), settings=chromadb.config.Settings(anonymized_telemetry=False))
