"""Concepts: who speaks of them, what could be one, and vectors that settle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.app import build, feeding
from ingest.base.access import Viewer
from ingest.base.errors import NotFound
from ingest.base.settings import Settings
from ingest.memory import links
from ingest.memory.catalog import SourceRow
from ingest.memory.memory import Memory
from ingest.space.entity import Draft, Entity, identify
from ingest.space.kinds import Kind
from ingest.space.space import Placed, Vectors, unit

from .conftest import FIRM

DIM = 16


class Letters:
    """A small space that works: a text lies where its letters are."""

    name = fingerprint = "letters"
    dim = DIM

    def place(self, texts: list[str], ratio: int = 4, question: bool = False) -> list[Placed]:
        found = []
        for text in texts:
            vector = np.full(DIM, 0.01, np.float32)
            for letter in text.casefold():
                vector[ord(letter) % DIM] += 1
            found.append(Placed(unit(vector), vector[None]))
        return found

    def fluency(self, text: str) -> float:
        return 1.0


def concept(name: str, *others: str) -> Draft:
    facts = {"name": name, "other_names": list(others)}
    return Draft("concept", f"{name}: what it is", facts=facts)


def entities(source: str, scope: str, drafts: list[Draft]) -> list[Entity]:
    return list(identify(source, scope, drafts))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(Settings(home=tmp_path / "home"), Letters()) as opened:
        yield opened


def put(memory: Memory, source: str, scope: str, drafts: list[Draft]) -> list[str]:
    made = entities(source, scope, drafts)
    placed = memory.space.place([entity.words for entity in made])
    items = [entity.placed(where) for entity, where in zip(made, placed, strict=True)]
    memory.put_source(SourceRow(source, f"/{source}", source, 1, "text/plain", source, scope, "test", (), "now"), items)
    return [entity.id for entity in made]


def address(memory: Memory, id: str) -> Vectors:
    return memory.catalog.entities([id])[id].address


def viewer(*scopes: str) -> Viewer:
    return Viewer("someone", frozenset(scopes))


# -- mentions


def spoken(text: str, kind: Kind = "passage") -> list[tuple[str, int]]:
    concepts = entities("g", "s", [concept("HS-40", "forty spindle", "主軸"), concept("seal")])
    (entity,) = entities("t", "s", [Draft(kind, text)])
    return [(mention.name, mention.times) for mention in links.mentions(concepts, [entity])]


def test_a_concept_is_spoken_of_under_all_its_names_in_every_modality() -> None:
    assert spoken("The hs-40 and the Forty Spindle", "picture") == [("hs-40", 2)]
    assert spoken("主軸の交換", "utterance") == [("主軸", 1)]
    assert spoken("ＨＳ－４０ seal", "event") == [("hs-40", 1), ("seal", 1)]


def test_a_name_inside_a_longer_one_is_no_mention() -> None:
    assert spoken("HS-400, XHS-40, sealed") == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "glossary", "link", "forget"]),
        st.sampled_from(["seal", "pump", "seal pump", ""]),
    ),
    max_size=12,
)


@settings(max_examples=25)
@given(STEPS)
@example([("a", "seal"), ("glossary", "seal"), ("a", "seal pump"), ("link", ""), ("a", "seal"), ("a", "seal pump")])
def test_linking_what_is_new_ends_as_linking_everything(steps: list[tuple[str, str]]) -> None:
    """Whatever was stored, changed or forgotten in between, and however often it was linked."""
    with TemporaryDirectory() as folder, Memory(Settings(home=Path(folder)), Letters()) as memory:
        for what, words in steps:
            if what == "link":
                links.link(memory.catalog)
            elif what == "forget":
                for row in memory.catalog.sources()[: len(words) // 4]:
                    memory.forget_source(row.id)
            elif what == "glossary":
                put(memory, what, "public", [concept(word) for word in words.split() or ["valve"]])
            else:
                put(memory, what, "public", [Draft("passage", f"the {words} of {what}"), Draft("passage", "nothing")])
        links.link(memory.catalog)
        found = [item for row in memory.catalog.sources() for item in memory.catalog.entities_of(row.id)]
        known = [one for one in found if one.kind == "concept"]
        expected = {(one.concept, one.entity, one.times) for one in links.mentions(known, found)}
        rows = memory.catalog.connection.execute("SELECT concept, entity, times FROM mention")
        assert {tuple(row) for row in rows} == expected


@pytest.mark.slow
def test_after_ingestion_concepts_know_who_speaks_of_them(tmp_path: Path) -> None:
    """In text and in the words of a picture, whichever comes first."""
    home = Settings(home=tmp_path)
    log, photo = (
        FIRM / "operations" / "maintenance-log.md",
        FIRM / "operations" / "photos" / "parts-tray-repair-kit.jpg",
    )
    for paths in ([log], [FIRM / "public" / "glossary.yaml"], [photo]):
        assert [report.status for report in feeding.ingest(home, paths)] == ["added"]
    catalog = build.catalog(home)
    viewer = build.viewer(catalog)
    (seal,) = [one for one in links.concepts(catalog, viewer) if one.facts["name"] == "MS-22"]
    kinds = {entity.kind for entity, _ in links.speakers(catalog, seal.id, viewer)}
    assert {"passage", "picture", "line", "concept"} <= kinds


# -- refinement


def test_a_refined_vector_moves_towards_those_who_speak_of_it_and_comes_back(memory: Memory) -> None:
    (id,) = put(memory, "glossary", "public", [concept("seal")])
    ids = put(memory, "manual", "public", [Draft("passage", "zzzz seal zzzz"), Draft("picture", "zz seal zz")])
    before = address(memory, id).copy()
    assert links.link(memory.catalog) == 2
    (made,) = links.refine(memory, "public")
    assert (made.version, made.speakers) == (1, 2)
    assert made.residual < links.TOLERANCE
    after = address(memory, id)
    assert all(after @ address(memory, other) > before @ address(memory, other) for other in ids)
    assert memory.nearest(after, viewer("public"), 1)[0][0] == id
    assert [v.version for v in links.versions(memory.catalog, id, viewer("public"))] == [0, 1]
    links.revert(memory, id)
    assert np.array_equal(address(memory, id), before)


def test_refining_twice_gives_the_same_vector(memory: Memory) -> None:
    (id,) = put(memory, "glossary", "public", [concept("seal")])
    put(memory, "manual", "public", [Draft("passage", "zzzz seal zzzz")])
    links.link(memory.catalog)
    links.refine(memory, "public")
    once = address(memory, id).copy()
    assert links.refine(memory, "public")[0].version == 2
    assert np.allclose(address(memory, id), once, atol=1e-6)


def test_what_stands_in_another_scope_has_no_influence(memory: Memory) -> None:
    """The vector is the same to the last bit whether a confidential file speaks of the concept or not."""
    (id,) = put(memory, "glossary", "public", [concept("seal")])
    put(memory, "manual", "public", [Draft("passage", "aaaa seal")])
    links.link(memory.catalog)
    links.refine(memory, "public")
    without = address(memory, id).copy()
    put(memory, "salaries", "hr", [Draft("passage", "qqqq seal qqqq")])
    links.link(memory.catalog)
    links.refine(memory, "public")
    assert np.array_equal(address(memory, id), without)


@pytest.mark.parametrize("leave", ["move", "forget", "rescope concept"])
def test_what_leaves_the_scope_takes_its_influence_with_it(memory: Memory, leave: str) -> None:
    (id,) = put(memory, "glossary", "public", [concept("seal")])
    put(memory, "manual", "public", [Draft("passage", "qqqq seal qqqq")])
    before = address(memory, id).copy()
    links.link(memory.catalog)
    links.refine(memory, "public")
    assert not np.array_equal(address(memory, id), before)
    if leave == "move":
        memory.move_source("manual", "/manual", "hr")
    elif leave == "forget":
        memory.forget_source("manual")
    else:
        memory.move_source("glossary", "/glossary", "sales")
    memory.settle()
    assert np.array_equal(address(memory, id), before)
    assert links.versions(memory.catalog, id, viewer("public", "sales")) == []
    readers = viewer("sales" if leave == "rescope concept" else "public")
    assert dict(memory.nearest(before, readers, 1))[id] == pytest.approx(1.0, abs=1e-5)


def test_only_readable_entities_are_shown_and_an_unreadable_concept_is_not_there(memory: Memory) -> None:
    (id,) = put(memory, "glossary", "public", [concept("seal")])
    put(memory, "manual", "public", [Draft("passage", "the seal")])
    put(memory, "salaries", "hr", [Draft("passage", "a seal")])
    links.link(memory.catalog)
    assert [entity.scope for entity, _ in links.speakers(memory.catalog, id, viewer("public"))] == ["public"]
    assert len(links.speakers(memory.catalog, id, viewer("public", "hr"))) == 2
    for ask in (links.speakers, links.versions):
        with pytest.raises(NotFound):
            ask(memory.catalog, id, viewer("hr"))
    with pytest.raises(NotFound):
        links.revert(memory, id, 7)


VECTORS = st.integers(0, 10**6).map(
    lambda seed: unit(np.random.default_rng(seed).normal(size=(12, 8)).astype(np.float32))
)


@given(
    VECTORS,
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 7), st.floats(0.1, 3)), max_size=20),
    st.floats(0, 0.6),
)
def test_propagation_settles_from_anywhere_and_stays_on_the_sphere(
    vectors: Vectors, found: list[tuple[int, int, float]], damping: float
) -> None:
    concepts, others, residuals = links.settle(vectors[:4], vectors[4:], found, damping, 0.2)
    assert np.allclose(np.linalg.norm(concepts, axis=1), 1, atol=1e-4)
    assert np.allclose(np.linalg.norm(others, axis=1), 1, atol=1e-4)
    assert residuals[-1] <= residuals[0] + 1e-6
    silent = set(range(4)) - {concept for concept, _, _ in found}
    assert all(np.array_equal(concepts[i], vectors[i]) for i in silent)


# -- proposals


def test_codes_and_phrases_of_several_sources_are_proposed_and_known_ones_are_not() -> None:
    texts = ["Stop MC-3 when the coolant filter is clogged; see Q2.", "The coolant filter of MC-3, part BR-7014."]
    texts += ["Change the coolant filter. クーラントポンプ", "クーラントポンプ MC-3", "クーラントポンプ SO-2026"]
    found = [e for i, text in enumerate(texts) for e in entities(f"s{i}", "x", [Draft("passage", text)])]
    names = {proposal.name: proposal for proposal in links.propose(found)}
    assert {"MC-3", "coolant filter", "クーラントポンプ"} <= set(names)
    assert names["MC-3"].sources == 3
    assert not {"BR-7014", "Q2", "SO-2026"} & set(names)
    assert "MC-3" not in {proposal.name for proposal in links.propose(found, known=["mc-3"])}
