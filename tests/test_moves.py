"""Moving between scopes: at every moment the stricter of both holds, whatever is killed."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.search.retrieve import Retriever
from ingest import pipeline
from ingest.base.access import Viewer, between, destination, may_read, origin
from ingest.base.settings import Settings
from ingest.memory import lexicon, moves
from ingest.memory import memory as store
from ingest.memory.catalog import Catalog
from ingest.memory.memory import Memory
from ingest.reading import Direct

from .conftest import ParagraphReader, WordSpace

OLD, NEW, BOTH, NEITHER = (
    Viewer(name, frozenset(scopes))
    for name, scopes in (("old", {"a"}), ("new", {"b"}), ("both", {"a", "b"}), ("neither", {"c"}))
)


@pytest.fixture
def filled(memory: Memory, tmp_path: Path) -> Memory:
    fill(memory, tmp_path / "files", 3)
    return memory


def fill(memory: Memory, folder: Path, files: int) -> None:
    folder.mkdir()
    for number in range(files):
        (folder / f"{number}.txt").write_text(f"fish number {number}\n\nbird number {number}")
    pipeline.ask(memory.catalog, [folder], lambda path: "a")
    assert {report.status for report in pipeline.run(memory, Direct([ParagraphReader()]))} == {"added"}


def visible(catalog: Catalog, viewer: Viewer) -> set[str]:
    rows = catalog.connection.execute("SELECT id, scope FROM entity").fetchall()
    return {row["id"] for row in rows if may_read(viewer, row["scope"])}


def searched(memory: Memory, viewer: Viewer) -> set[str]:
    hits = Retriever(memory, memory.catalog, memory.space).search("which fish and which bird number", viewer, k=50)
    around = {one.id for hit in hits for one in (*hit.neighbours, *hit.parents, *hit.duplicates)}
    return {hit.entity.id for hit in hits} | around


def test_a_scope_on_the_way_is_read_by_whoever_reads_both() -> None:
    way = between("a", "b")
    assert [may_read(viewer, way) for viewer in (OLD, NEW, BOTH, NEITHER)] == [False, False, True, False]
    assert (origin(way), destination(way)) == ("a", "b")
    assert (origin("a"), destination("a")) == ("a", "a")
    assert destination(between(way, "c")) == "c"


def test_from_the_first_moment_only_readers_of_both_scopes_see_what_is_moved(filled: Memory) -> None:
    everything = visible(filled.catalog, OLD)
    assert moves.begin(filled.catalog, filled.catalog.sources(), "b") == 3
    assert visible(filled.catalog, OLD) == visible(filled.catalog, NEW) == visible(filled.catalog, NEITHER) == set()
    assert visible(filled.catalog, BOTH) == everything
    for viewer, seen in ((OLD, set()), (NEW, set()), (BOTH, everything), (NEITHER, set())):
        assert searched(filled, viewer) == seen
        assert len(filled.catalog.sources(viewer.readable(filled.catalog.scopes()))) == (3 if seen else 0)


def test_when_the_move_ends_the_new_scope_alone_decides(filled: Memory) -> None:
    everything = visible(filled.catalog, OLD)
    moves.begin(filled.catalog, filled.catalog.sources(), "b")
    filled.settle()
    assert not moves.waiting(filled.catalog)
    for viewer, seen in ((OLD, set()), (NEW, everything), (BOTH, everything), (NEITHER, set())):
        assert visible(filled.catalog, viewer) == searched(filled, viewer) == seen
    assert filled.vector_ids("a") == set()
    assert filled.vector_ids("b") == everything
    assert lexicon.missing(filled.catalog.connection) == 0


def test_a_second_move_on_the_way_keeps_every_restriction_until_it_ends(filled: Memory) -> None:
    sources = filled.catalog.sources()
    moves.begin(filled.catalog, sources, "b")
    moves.begin(filled.catalog, sources, "c")
    assert not visible(filled.catalog, BOTH)
    assert visible(filled.catalog, Viewer("all", frozenset("abc")))
    filled.settle()
    assert visible(filled.catalog, NEITHER)
    assert not visible(filled.catalog, BOTH)


def test_a_move_that_is_taken_back_leaves_all_as_it_was(filled: Memory) -> None:
    before = searched(filled, OLD)
    moves.begin(filled.catalog, filled.catalog.sources(), "b")
    moves.begin(filled.catalog, filled.catalog.sources(), "a")
    filled.settle()
    assert searched(filled, OLD) == before
    assert not searched(filled, NEW)


def test_a_file_read_again_on_its_way_arrives_in_the_new_scope(filled: Memory, tmp_path: Path) -> None:
    file = tmp_path / "files" / "0.txt"
    pipeline.ask(filled.catalog, [file], lambda path: "a")
    moves.begin(filled.catalog, filled.catalog.sources(), "b")
    file.write_text("fish number 0\n\nsomething new")
    (report,) = pipeline.run(filled, Direct([ParagraphReader()]))
    assert (report.status, report.scope) == ("updated", "b")
    assert not searched(filled, OLD)


def test_a_rebuilt_memory_has_everything_where_it_was_moved(
    settings: Settings, space: WordSpace, tmp_path: Path
) -> None:
    with Memory(settings, space) as memory:
        fill(memory, tmp_path / "files", 2)
    catalog = Catalog(settings.catalog_file)
    moves.begin(catalog, catalog.sources(), "b")
    assert store.rebuild(settings, space) == 4
    with Memory(settings, space) as memory:
        assert len(searched(memory, NEW)) == 4
        assert not searched(memory, OLD)


# -- kill -9 --------------------------------------------------------------------------------------------------


FILES = 60
KILLS = 24


@pytest.mark.slow
def test_kill_9_in_the_middle_of_a_move_shows_nothing_to_whom_it_may_not(
    settings: Settings, space: WordSpace, tmp_path: Path
) -> None:
    """Real processes, killed at random moments while somebody looks all the time; what was done by then only goes on."""
    with Memory(settings, space) as memory:
        fill(memory, tmp_path / "files", FILES)
        everything = visible(memory.catalog, OLD)
    longest, middle = 1.0, 0
    chance = random.Random(5)
    before, after = OLD, NEW
    for _ in range(KILLS):
        watched = Watched(Catalog(settings.catalog_file), everything, before, after)
        target = next(iter(after.scopes))
        with moving(settings, target) as process:
            began = watched.until_it_begins()
            watched.look_until(began + chance.uniform(0, longest), process)
        watched.look()
        middle += bool(moves.waiting(watched.catalog))
        with Memory(settings, space) as memory:
            moves.begin(memory.catalog, memory.catalog.sources(), target)
            memory.settle()
            for viewer, seen in ((before, set()), (after, everything), (BOTH, everything), (NEITHER, set())):
                found = searched(memory, viewer)
                assert visible(memory.catalog, viewer) == seen
                assert found <= seen
                assert bool(found) == bool(seen)
            assert [memory.vector_ids(scope) for viewer in (before, after) for scope in viewer.scopes] == [
                set(),
                everything,
            ]
        longest = 0.6 * longest + 0.4 * 2 * (watched.ended - began) if watched.ended else longest
        before, after = after, before
    assert middle > KILLS / 4, "most processes were killed before or after their work"


class Watched:
    """Looks at the catalogue as the running server does, and remembers what it may never see again."""

    def __init__(self, catalog: Catalog, everything: set[str], before: Viewer, after: Viewer) -> None:
        self.catalog, self._everything, self._before, self._after = catalog, everything, before, after
        self._begun, self._arrived = False, set[str]()
        self.ended = 0.0

    def until_it_begins(self) -> float:
        while not self._begun:
            self.look()
        return time.monotonic()

    def look_until(self, moment: float, process: multiprocessing.process.BaseProcess) -> None:
        while time.monotonic() < moment and process.is_alive():
            self.look()
            if not self.ended and self._arrived == self._everything:
                self.ended = time.monotonic()

    def look(self) -> None:
        connection = self.catalog.connection
        connection.execute("BEGIN")
        was, will, both, neither = (visible(self.catalog, v) for v in (self._before, self._after, BOTH, NEITHER))
        found = [id for id, _ in lexicon.search(self.catalog, "fish bird number", sorted(self._before.scopes), 500)]
        connection.execute("COMMIT")
        assert not neither
        assert both == self._everything
        assert was in (set(), self._everything)
        self._begun |= not was
        assert not (self._begun and (was or found)), "hidden once, shown again"
        assert not (was and will), "shown to the new readers before it was hidden from the old"
        assert self._arrived <= will
        self._arrived = will


@contextmanager
def moving(settings: Settings, scope: str) -> Iterator[multiprocessing.process.BaseProcess]:
    """A process that moves everything to a scope; killed at the end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_moves", "chromadb"])
    process = context.Process(target=_move, args=(settings, scope))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _move(settings: Settings, scope: str) -> None:
    with Memory(settings, WordSpace()) as memory:
        moves.begin(memory.catalog, memory.catalog.sources(), scope)
        memory.settle()
