"""The lexical index: which words stand in which entity.

There is one FTS5 table per access scope inside the catalogue, so what a viewer may not read has no influence on what
the viewer is shown, not even as a statistic: rarity is counted over exactly the scopes that are searched.
FTS5 gets ready-made `terms`, which serve languages with and without spaces between words.

BM25: Robertson & Zaragoza, The Probabilistic Relevance Framework (2009), with k1 = 1.2 and b = 0.75 as in FTS5.
"""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence

from ingest.text.terms import terms

from .catalog import Catalog, chunks, marks

COMMON = 0.25
"""In a large memory, a term in more than this share of the entities is not looked up: it costs most and tells least."""
LARGE = 20_000
"""Entities from which on `COMMON` matters."""


# -- writing: always inside the caller's transaction -----------------------------------------------------


def add(connection: sqlite3.Connection, scope: str, rows: Iterable[tuple[int, str]]) -> None:
    """Adds entities (number, words) to the index of a scope; one that is there already is replaced."""
    table = _table(connection, scope) or _create(connection, scope)
    connection.executemany(
        f"INSERT OR REPLACE INTO {table} (rowid, terms) VALUES (?, ?)",
        ((number, " ".join(terms(words))) for number, words in rows),
    )


def remove(connection: sqlite3.Connection, scope: str, numbers: Iterable[int]) -> None:
    """Takes entities out of the index of a scope; numbers that are not there are no error."""
    if table := _table(connection, scope):
        connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", ((number,) for number in numbers))


def rebuild(connection: sqlite3.Connection) -> None:
    """Makes every index again from the entities."""
    for row in connection.execute("SELECT number FROM lexicon").fetchall():
        connection.execute(f"DROP TABLE IF EXISTS words_{row['number']}")
    connection.execute("DELETE FROM lexicon")
    for row in connection.execute("SELECT DISTINCT scope FROM entity ORDER BY scope").fetchall():
        found = connection.execute("SELECT number, title, text FROM entity WHERE scope = ?", (row["scope"],))
        add(connection, row["scope"], ((r["number"], f"{r['title']}\n{r['text']}") for r in found))


def missing(connection: sqlite3.Connection) -> int:
    """How many entities are not in the index of their scope."""
    total = 0
    for row in connection.execute("SELECT DISTINCT scope FROM entity").fetchall():
        table = _table(connection, row["scope"])
        lost = f"AND number NOT IN (SELECT id FROM {table}_docsize)" if table else ""
        (count,) = connection.execute(f"SELECT count(*) FROM entity WHERE scope = ? {lost}", (row["scope"],)).fetchone()
        total += count
    return total


# -- reading -----------------------------------------------------------------------------------------------


def search(
    catalog: Catalog, question: str | Sequence[str], scopes: Sequence[str], k: int, kinds: Sequence[str] | None = None
) -> list[tuple[str, float]]:
    """The entities of these scopes that share terms with a question: (id, BM25), best first, equal ones by id.

    The idf is log(1 + (N - n + 0.5) / (n + 0.5)) over all rows of `scopes` together; FTS5's own would be per table and
    zero for a term in half of a small one. The length norm is that of each scope.
    """
    connection = catalog.connection
    tables = [table for scope in sorted(set(scopes)) if (table := _table(connection, scope))]
    wanted = dict.fromkeys(terms(question) if isinstance(question, str) else question)
    sizes = {table: _size(connection, table) for table in tables}
    scores: defaultdict[int, float] = defaultdict(float)
    for term, counts in _counts(connection, sizes, wanted).items():
        n, rows = sum(counts.values()), sum(sizes.values())
        idf = math.log1p((rows - n + 0.5) / (n + 0.5))
        for table, count in counts.items():
            weight = idf / _fts5_idf(sizes[table], count)
            query = f"SELECT rowid, bm25({table}) FROM {table} WHERE {table} MATCH ?"
            for number, value in connection.execute(query, (_quoted(term),)):
                scores[number] -= weight * value
    return _best(connection, scores, scopes, k, kinds)


def rarity(catalog: Catalog, wanted: Iterable[str], scopes: Sequence[str]) -> dict[str, float]:
    """The idf of each term over these scopes, as in `search`; a term that stands nowhere has the highest."""
    connection = catalog.connection
    tables = [table for scope in sorted(set(scopes)) if (table := _table(connection, scope))]
    rows = sum(_size(connection, table) for table in tables)
    found: dict[str, float] = {}
    for term in dict.fromkeys(wanted):
        n = sum(_count(connection, table, term) for table in tables)
        found[term] = math.log1p((rows - n + 0.5) / (n + 0.5))
    return found


def _counts(connection: sqlite3.Connection, sizes: dict[str, int], wanted: Iterable[str]) -> dict[str, dict[str, int]]:
    """For each term worth looking up, the number of rows it stands in, by table."""
    rows = sum(sizes.values())
    found: dict[str, dict[str, int]] = {}
    for term in wanted:
        counts = {table: count for table in sizes if (count := _count(connection, table, term))}
        if rows < LARGE or sum(counts.values()) <= COMMON * rows:
            found[term] = counts
    return found


def _best(
    connection: sqlite3.Connection,
    scores: dict[int, float],
    scopes: Sequence[str],
    k: int,
    kinds: Sequence[str] | None,
) -> list[tuple[str, float]]:
    """The best `k` of these scopes and kinds, with their ids."""
    found: list[tuple[str, float]] = []
    where = f"AND kind IN ({marks(kinds)})" if kinds else ""
    for chunk in chunks(sorted(scores, key=lambda number: -scores[number]), 500):
        query = f"SELECT number, id FROM entity WHERE number IN ({marks(chunk)}) AND scope IN ({marks(scopes)}) {where}"
        found += [
            (row["id"], scores[row["number"]]) for row in connection.execute(query, (*chunk, *scopes, *(kinds or ())))
        ]
        if len(found) >= k:
            break
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]


def _table(connection: sqlite3.Connection, scope: str) -> str | None:
    row = connection.execute("SELECT number FROM lexicon WHERE scope = ?", (scope,)).fetchone()
    return f"words_{row[0]}" if row else None


def _create(connection: sqlite3.Connection, scope: str) -> str:
    (number,) = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM lexicon").fetchone()
    connection.execute("INSERT INTO lexicon VALUES (?, ?)", (scope, number))
    # The tokeniser only splits at spaces: everything outside ASCII belongs to a term, and so does the decimal point.
    connection.execute(f"CREATE VIRTUAL TABLE words_{number} USING fts5 (terms, tokenize = \"ascii tokenchars '.'\")")
    return f"words_{number}"


def _size(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}_docsize").fetchone()[0])


def _count(connection: sqlite3.Connection, table: str, term: str) -> int:
    query = f"SELECT count(*) FROM {table} WHERE {table} MATCH ?"
    return int(connection.execute(query, (_quoted(term),)).fetchone()[0])


def _quoted(term: str) -> str:
    return f'"{term}"'


def _fts5_idf(rows: int, n: int) -> float:
    """The idf that FTS5's bm25() has multiplied in."""
    idf = math.log((rows - n + 0.5) / (n + 0.5)) if n < rows else 0.0
    return idf if idf > 0 else 1e-6
