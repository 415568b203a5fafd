"""The measurement of leaks: finds none where the gate stands, and finds them where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.evaluate import leaks
from assistant.evaluate.watch import Watch, tokens
from assistant.govern.policy import Policy
from assistant.search.retrieve import Hit, Retriever
from ingest import pipeline
from ingest.base.access import Viewer
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
    "open": "The canteen opens at noon.\n\nThe gate closes in the evening.",
    "hr": "Tanabe receives four thousand coins monthly.\n\nSawada stays at home because of lumbago.",
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
    outcome = leaks.run(firm, POLICY, questions, least=80)
    probed = {(cell.person, cell.scope): cell for cell in outcome.cells if not cell.readable}
    assert set(probed) == {("clerk", "hr"), ("guest", "hr"), ("guest", "sales")}
    assert sum(cell.probes for cell in probed.values()) >= 80
    assert [cell.found for cell in probed.values()] == [()] * 3
    assert all(0 < cell.seen <= cell.controls for cell in probed.values()), "the same probes without the gate show it"
    assert len(dict(outcome.ways)) == 13
    assert outcome.same_words
    assert "all" in str(leaks.table(outcome))


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
