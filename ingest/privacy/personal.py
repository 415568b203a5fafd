"""Personal data on its way in and out: placeholders inside, originals sealed beside, given back to whom may see them.

A draft is redacted before it is an entity, so catalogue, words, vectors, slots and language models only ever hold
placeholders. Which kinds are redacted is policy, kept in the catalogue by scope; without one it is `DEFAULT`.
Originals lie sealed by entity in a table of their own; `originals` gives them back, through the gate.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import accumulate
from typing import Any, TypeVar

from ingest.base.access import Viewer, may_read
from ingest.base.errors import MissingPart
from ingest.base.settings import Settings
from ingest.memory.catalog import Catalog, chunks, marks
from ingest.space.entity import Draft
from ingest.text.cells import shown
from ingest.text.columns import Column, Columns

from . import keys
from .needed import require
from .redact import KINDS, Placeholders, Span, find, resolved
from .vault import Vault, secret

T = TypeVar("T")

DEFAULT = frozenset(KINDS) - {"name", "mail", "ip", "corporate_number"}
"""What is redacted unless a policy says otherwise: what identifies or reaches a private person. Names and mail
addresses stay, because in a firm nearly every question about work is asked by them."""

TELLING = 6
"""Letters and digits from which on a value found once is redacted everywhere in its source, without a sign near it."""
LONGEST = 24
"""Pieces of such a value at most."""

_PIECE = re.compile(r"[0-9A-Za-z]+|[^\W0-9A-Za-z_]+|[\W_]")
_PLACEHOLDER = re.compile(r"\[[A-Z]+(?:-[A-Z]+)*-[a-z2-7]{8}\]")
_FACT = "redact"


@dataclass(frozen=True, slots=True)
class Redacted:
    """A draft without the personal data in it. `originals` maps each of its placeholders to what stood there."""

    draft: Draft
    originals: Mapping[str, str]


class Personal:
    """The personal data of one memory. Its keys lie where the settings say.

    Raises:
        MemoryDamaged: originals are sealed here and a key is gone; a new one would open nothing.
    """

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        where = keys.of(settings)
        require(catalog, where, "originals.key", "placeholders.key")
        self._catalog = catalog
        self._placeholders = Placeholders(secret(where, "placeholders.key"))
        self._vault = Vault(where, "originals.key")
        self._find = finder(settings)

    # -- in --------------------------------------------------------------------------------------------

    def kinds(self, scope: str) -> frozenset[str]:
        """The kinds that are redacted in a scope."""
        rules = self._rules()
        return rules.get(scope, rules.get("", DEFAULT))

    def redacted(self, drafts: Sequence[Draft], scope: str) -> list[Redacted]:
        """The drafts of one source: what is recognised in one of them is redacted in all, in figures and labels too."""
        kinds = self.kinds(scope)
        spans = [self._found(draft, kinds) for draft in drafts]
        known = {
            text[span.start : span.end]: span.kind
            for (text, found) in spans
            for span in found
            if sum(map(str.isalnum, text[span.start : span.end])) >= TELLING
        }
        return [
            self._without(draft, text, found, known, kinds) for draft, (text, found) in zip(drafts, spans, strict=True)
        ]

    def columns_without(self, tables: Sequence[Columns], read: Sequence[Redacted], scope: str) -> list[Columns]:
        """The tables of one source, redacted as its drafts were and by what their own cells say beside their header."""
        kinds = self.kinds(scope)
        known = {original: _kind(mark) for one in read for mark, original in one.originals.items()}
        return [
            replace(table, columns=tuple(self._column_without(c, known, kinds) for c in table.columns))
            for table in tables
        ]

    def _column_without(self, column: Column, known: Mapping[str, str], kinds: frozenset[str]) -> Column:
        """A column of figures of which one is personal becomes one of words."""
        said = {value: shown(value) for value in dict.fromkeys(column.values) if value is not None}
        cut = {value: self._cell_without(column.name, text, known, kinds) for value, text in said.items()}
        if all(cut[value] == text for value, text in said.items()):
            return column
        return replace(column, type="text", values=tuple(None if v is None else cut[v] for v in column.values))

    def _cell_without(self, name: str, text: str, known: Mapping[str, str], kinds: frozenset[str]) -> str:
        if text in known:
            return self._cut(text, [Span(0, len(text), known[text])])[0]
        head = f"{name}: "
        found = [span for span in self._find(head + text) if span.kind in kinds]
        return self._cut(text, _again(text, _clipped(found, len(head), len(head) + len(text)), known))[0]

    def seal(self, entity: str, originals: Mapping[str, str]) -> bytes:
        """The originals of one entity, to be kept with it."""
        return self._vault.seal(entity, json.dumps(dict(originals), ensure_ascii=False))

    def more(self, entity: str, originals: Mapping[str, str]) -> dict[str, str]:
        """The originals that an entity has, and these."""
        row = self._catalog.connection.execute("SELECT sealed FROM original WHERE entity = ?", (entity,)).fetchone()
        return {**(json.loads(self._vault.open(entity, row["sealed"])) if row else {}), **originals}

    def typed(self, entity: str, sealed: bytes) -> str:
        """Words that somebody typed for an entity, as `seal` sealed them under ""."""
        return str(json.loads(self._vault.open(entity, sealed))[""])

    def without(self, text: str) -> str:
        """A question as the memory knows it: what any scope redacts is redacted, so that it still finds its entity."""
        rules = self._rules()
        kinds = frozenset().union(*rules.values(), () if "" in rules else DEFAULT)
        return self._cut(text, [span for span in self._find(text) if span.kind in kinds])[0]

    # -- out -------------------------------------------------------------------------------------------

    def originals(self, ids: Iterable[str], viewer: Viewer) -> dict[str, str]:
        """What stands behind the placeholders of these entities: of those the viewer may read, if it may reveal."""
        found: dict[str, str] = {}
        for chunk in chunks(list(dict.fromkeys(ids)) if viewer.may_reveal else [], 500):
            query = (
                "SELECT original.entity, original.sealed, entity.scope FROM original "
                f"JOIN entity ON entity.id = original.entity WHERE original.entity IN ({marks(chunk)})"
            )
            for row in self._catalog.connection.execute(query, chunk):
                if may_read(viewer, row["scope"]):
                    found |= json.loads(self._vault.open(row["entity"], row["sealed"]))
        return found

    def may_open(self, source: str, viewer: Viewer) -> bool:
        """Whether the original file may be shown as it is: nothing in it was redacted, or the viewer may reveal."""
        query = (
            "SELECT 1 FROM original JOIN entity ON entity.id = original.entity JOIN source ON source.id = entity.source "
            "WHERE source.id = ?1 OR source.within = ?1 "
            "UNION ALL SELECT 1 FROM hidden JOIN source ON source.id = hidden.source "
            "WHERE (source.id = ?1 OR source.within = ?1) AND hidden.sealed NOTNULL LIMIT 1"
        )
        return viewer.may_reveal or self._catalog.connection.execute(query, (source,)).fetchone() is None

    def covered(self) -> dict[str, Counter[str]]:
        """How many values of each kind stand sealed behind the placeholders of each source; nothing of what they are."""
        query = "SELECT entity, sealed, source FROM original JOIN entity ON entity.id = original.entity"
        found: dict[str, set[str]] = {}
        for row in self._catalog.connection.execute(query):
            marks = json.loads(self._vault.open(row["entity"], row["sealed"]))
            found.setdefault(row["source"], set()).update(filter(_PLACEHOLDER.fullmatch, marks))
        return {source: Counter(map(_kind, marks)) for source, marks in found.items()}

    def rotate(self) -> int:
        """Seals every original with a new key and drops the old one; returns how many. Safe to repeat after a kill."""
        self._vault.rotate()
        with self._catalog.transaction() as connection:
            total = 0
            for table in ("original", "correction", "hidden"):
                rows = connection.execute(f"SELECT entity, sealed FROM {table} WHERE sealed NOTNULL").fetchall()
                connection.executemany(
                    f"UPDATE {table} SET sealed = ? WHERE entity = ?",
                    [(self._vault.reseal(row["sealed"]), row["entity"]) for row in rows],
                )
                total += len(rows)
        self._vault.drop_old_keys()
        return total

    # -- inside ----------------------------------------------------------------------------------------

    def _rules(self) -> dict[str, frozenset[str]]:
        return {scope: frozenset(kinds) for scope, kinds in json.loads(self._catalog.fact(_FACT) or "{}").items()}

    def _found(self, draft: Draft, kinds: Collection[str]) -> tuple[str, list[Span]]:
        """The words of a draft and the personal data in them; a heading may be the sign that stands near a value."""
        text = f"{draft.title}\n{draft.text}"
        return text, [span for span in self._find(text) if span.kind in kinds]

    def _without(
        self, draft: Draft, text: str, found: Sequence[Span], known: Mapping[str, str], kinds: frozenset[str]
    ) -> Redacted:
        own = {text[span.start : span.end]: span.kind for span in found}
        title_ends = len(draft.title)
        spans = _again(text, found, known)
        title, originals = self._cut(draft.title, _clipped(spans, 0, title_ends))
        body, more = self._cut(draft.text, _clipped(spans, title_ends + 1, len(text)))
        originals |= more
        facts = self._inside(draft.facts, {**known, **own}, kinds, originals)
        part = self._inside(draft.locator.part, {**known, **own}, kinds, originals)
        if not originals:
            return Redacted(draft, {})
        # Vectors that a reader made from a title which is now another one would still hold what it said.
        meaning = draft.meaning if title == draft.title else None
        locator = replace(draft.locator, part=part)
        return Redacted(
            replace(draft, title=title, text=body, facts=facts, locator=locator, meaning=meaning), originals
        )

    def _inside(self, value: Any, known: Mapping[str, str], kinds: frozenset[str], originals: dict[str, str]) -> Any:
        """Facts without personal data, whatever they are made of; adds to `originals`."""
        if isinstance(value, Mapping):
            return {
                self._inside(k, known, kinds, originals): self._inside(v, known, kinds, originals)
                for k, v in value.items()
            }
        if isinstance(value, list | tuple):
            return type(value)(self._inside(item, known, kinds, originals) for item in value)
        said = "" if value is None or isinstance(value, bool) else shown(value)
        if said in known:
            spans = [Span(0, len(said), known[said])]
        elif isinstance(value, str):
            said = value
            spans = _again(said, [span for span in self._find(said) if span.kind in kinds], known)
        else:
            return value
        cut, found = self._cut(said, spans)
        originals |= found
        return cut if found else value

    def _cut(self, text: str, spans: Iterable[Span]) -> tuple[str, dict[str, str]]:
        """The text with placeholders, and what each of them stands for."""
        pieces: list[str] = []
        originals: dict[str, str] = {}
        position = 0
        for span in resolved(spans):
            value = text[span.start : span.end]
            placeholder = self._placeholders.of(span.kind, value)
            originals.setdefault(placeholder, value)
            pieces += text[position : span.start], placeholder
            position = span.end
        return "".join(pieces) + text[position:], originals


def finder(settings: Settings) -> Callable[[str], tuple[Span, ...]]:
    """What finds personal data: the rules here, and behind them, if the settings say so, those of Presidio.

    Raises:
        MissingPart: Presidio is not installed.
    """
    if not settings.presidio:
        return find
    try:
        from . import abroad
    except ImportError:
        raise MissingPart("KOTONOHA_PRESIDIO needs Presidio", "pip install presidio-analyzer") from None
    return lambda text: resolved((*find(text), *abroad.find(text)))


def keep_rules(catalog: Catalog, rules: Mapping[str, Collection[str]]) -> None:
    """Says which kinds are redacted: by scope, and under "" in all others. Joins the caller's transaction."""
    catalog.set_fact(_FACT, json.dumps({scope: sorted(kinds) for scope, kinds in sorted(rules.items())}))


def put_back(value: T, originals: Mapping[str, str]) -> T:
    """A text, or anything made of texts (entities, hits, whole answers), with originals in place of placeholders."""
    if not originals:
        return value
    return _put_back(value, originals)  # type: ignore[no-any-return]


def _put_back(value: Any, originals: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda match: originals.get(match[0], match[0]), value)
    if isinstance(value, Mapping):
        return {_put_back(key, originals): _put_back(item, originals) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_put_back(item, originals) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: _put_back(getattr(value, one.name), originals) for one in fields(value)}
        return replace(value, **changed)
    return value


def _kind(placeholder: str) -> str:
    """What a placeholder stands for: '[BIRTH-DATE-k3f7qa2b]' -> birth_date."""
    return placeholder[1:-1].rpartition("-")[0].lower().replace("-", "_")


def _clipped(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """Spans within `text[start:end]`, counted from its start."""
    inside = (replace(s, start=max(s.start, start) - start, end=min(s.end, end) - start) for s in spans)
    return [span for span in inside if span.start < span.end]


def _again(text: str, found: Sequence[Span], known: Mapping[str, str]) -> list[Span]:
    """The spans found here, and behind them those of values that were found elsewhere in the source."""
    return [*found, *_repeats(text, known)] if known else list(found)


def _repeats(text: str, known: Mapping[str, str]) -> Iterator[Span]:
    pieces = [match[0] for match in _PIECE.finditer(text)]
    edges = list(accumulate(map(len, pieces), initial=0))
    for first, start in enumerate(edges[:-1]):
        for end in reversed(edges[first + 1 : first + 1 + LONGEST]):
            if kind := known.get(text[start:end]):
                yield Span(start, end, kind)
                break
