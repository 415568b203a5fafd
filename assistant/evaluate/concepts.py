"""Whether refined concepts find more: the firm's questions, and how near a concept is to what speaks of it.

    kotonoha evaluate concepts

HOME is a memory with a glossary (left as it was found); QUESTIONS has one JSON object a line with `question` and
`source`. Two measures: the share of questions with a right source among the first hits, and the share of the entities
nearest to a concept's vector that speak of it. Damping 0, the definition alone, is what refinement has to beat.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evaluate.table import Table
from assistant.search.retrieve import Retriever
from ingest.base.access import Viewer
from ingest.memory import links
from ingest.memory.catalog import Catalog
from ingest.memory.memory import Memory
from ingest.space.space import Space

TOP = 5


def measure(memory: Memory, space: Space, questions: Sequence[tuple[str, tuple[str, ...]]]) -> Table:
    """The table; damping 0 is the definition alone."""
    viewer = Viewer("owner", frozenset(memory.catalog.scopes()))
    rows: list[tuple[str | float | int, ...]] = []
    links.link(memory.catalog)
    for damping in (0.0, 0.1, 0.3, 0.5):
        made = [one for scope in memory.scopes() for one in links.refine(memory, scope, damping)] if damping else []
        residual = max((one.residual for one in made), default=0.0)
        moved = sum(one.moved for one in made) / len(made) if made else 1.0
        sources, near = _sources(memory, space, viewer, questions), _near(memory, space, viewer)
        rows.append((damping, len(made), residual, moved, sources, near))
        for one in made:
            links.revert(memory, one.concept)
    columns = ("damping", "concepts", "residual", "cosine", f"source@{TOP}", f"speaker@{TOP}")
    return Table("Concepts refined by the entities that speak of them", columns, tuple(rows))


def _sources(memory: Memory, space: Space, viewer: Viewer, questions: Sequence[tuple[str, tuple[str, ...]]]) -> float:
    """Share of questions with a right source among the first hits."""
    retriever = Retriever(memory, memory.catalog, space)
    paths = {row.id: row.path for row in memory.catalog.sources()}
    right = 0
    for question, sources in questions:
        hits = retriever.search(question, viewer, k=TOP)
        right += any(paths[hit.entity.source].endswith(source) for hit in hits for source in sources)
    return right / max(1, len(questions))


def _near(memory: Memory, space: Space, viewer: Viewer) -> float:
    """Of concepts that are spoken of: how many of the entities nearest to their vector speak of them."""
    catalog = memory.catalog
    shares: list[float] = []
    for concept, said in _spoken(catalog).items():
        address = catalog.entities([concept])[concept].address
        near = [id for id, _ in memory.nearest(address, viewer, TOP + 1) if id != concept][:TOP]
        shares.append(len(said & set(near)) / min(TOP, len(said)))
    return sum(shares) / max(1, len(shares))


def _spoken(catalog: Catalog) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for mention in links.stored_mentions(catalog):
        found.setdefault(mention.concept, set()).add(mention.entity)
    return found
