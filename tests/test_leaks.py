"""The measurement of leaks: finds none where the gate stands, and finds them where it does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.evaluate import leaks
from assistant.evaluate.watch import Watch, tokens
from assistant.govern.policy import Policy
from assistant.search.retrieve import Hit, Retriever
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.errors import BadInput
from ingest.memory.memory import Memory
from ingest.reading import Direct
from ingest.space.space import Vectors

from .conftest import ParagraphReader

POLICY = Policy("""\
scopes: {open: {}, hr: {}, sales: {}}
people:
  boss: {reads: [open, hr, sales]}
  clerk: {reads: [open, sales]}
  guest: {reads: [open]}
""")
TEXTS = {
    "open": "The canteen opens at noon.\n\nThe gate closes in the evening.\n\nWhoever stays at home tells the office.",
    "hr": "Tanabe receives four thousand coins monthly.\n\nWhoever stays at home because of lumbago tells the office.",
    "sales": "Akizora ordered seventeen drawbars.\n\nFuyuzora wants a discount of eleven percent.",
}


@pytest.fixture
def firm(memory: Memory, tmp_path: Path) -> Memory:
    for scope, text in TEXTS.items():
        (tmp_path / f"file-of-{scope}.txt").write_text(text)
    pipeline.ask(memory.catalog, tmp_path.glob("*.txt"), lambda path: path.stem.removeprefix("file-of-"))
    assert {report.status for report in pipeline.run(memory, Direct([ParagraphReader()]))} == {"added"}
    return memory


def test_nobody_can_be_made_to_see_what_they_may_not(firm: Memory) -> None:
    questions = [("What does Tanabe earn?", ("hr",)), ("What was ordered?", ("sales",))]
    outcome = leaks.run(firm, POLICY, questions, least=200)
    probed = {(cell.person, cell.scope): cell for cell in outcome.cells if not cell.readable}
    assert set(probed) == {("clerk", "hr"), ("guest", "hr"), ("guest", "sales")}
    assert sum(cell.probes for cell in probed.values()) >= 200
    assert [cell.found for cell in probed.values()] == [()] * 3
    assert all(0 < cell.seen <= cell.controls for cell in probed.values()), "the same probes without the gate show it"
    assert set(dict(outcome.ways)) >= {
        "near-duplicate that may be read", "half of its words, as a near twin has", "concepts and what hearing is primed with",
        "read ahead and kept on disk", "API for OpenAI clients", "our API", "pages", "pages of its id", "conversations and exports",
        "suggestions and the map", "computed", "LangChain",
    }  # fmt: skip
    assert outcome.same_words
    assert "all" in str(leaks.table(outcome))
    assert firm.catalog.connection.execute("SELECT count(*) FROM talk").fetchone()[0] == 0, "made for it, and gone"


def test_it_goes_on_where_it_was_stopped(firm: Memory, tmp_path: Path) -> None:
    """And not with the count of other probes."""

    class Stopped(Exception):
        pass

    def stop(done: int) -> None:
        raise Stopped

    out = tmp_path / "leaks.json"
    with pytest.raises(Stopped):
        leaks.run(firm, POLICY, least=100, out=out, tell=stop)
    before = [cell["probes"] for cell in json.loads(out.read_text())["cells"]]
    told: list[int] = []
    outcome = leaks.run(firm, POLICY, least=100, out=out, tell=told.append)
    assert 0 < sum(before) < told[0] and told[-1] == sum(cell.probes for cell in outcome.cells) >= 100
    with pytest.raises(BadInput):
        leaks.run(firm, POLICY, least=120, out=out)


class Gateless(Retriever):
    """A retriever that forgets who asks."""

    def search(
        self, question: str, viewer: Viewer, k: int = 8, vectors: Vectors | None = None, kinds: Sequence[str] | None = None
    ) -> list[Hit]:  # fmt: skip
        return super().search(question, Viewer("nobody", frozenset(POLICY.scopes)), k, vectors, kinds)


def test_a_missing_gate_is_found(firm: Memory) -> None:
    watch = Watch(firm, POLICY.viewer("guest"), set())
    retriever = Gateless(firm, firm.catalog, firm.space)
    assert watch.leaked([retriever.search("canteen", POLICY.viewer("guest"))], "canteen")


def test_ids_files_and_telling_words_are_leaks_and_what_the_probe_said_is_none(firm: Memory) -> None:
    watch = Watch(firm, POLICY.viewer("guest"), set())
    (secret,) = [
        row["id"] for row in firm.catalog.connection.execute("SELECT id FROM entity WHERE text LIKE '%lumbago%'")
    ]
    for leak in (f"see {secret}", ["/a/file-of-hr.txt"], {"quote": "it is LUMBAGO"}):
        assert watch.leaked([leak], "who is ill?"), leak
    assert not watch.leaked(["lumbago is not in your sources"], "who has lumbago?")
    assert not watch.leaked(["The canteen opens at noon", 412, 0.5], "when?")


def test_distinctive_strings_are_words_figures_and_stretches_of_japanese() -> None:
    assert tokens({"a b": ["Torque 48.5 of MC-3", 7]}) == {"torque", "48.5"}
    assert "腰椎椎間板" in tokens("病名：腰椎椎間板ヘルニア")
