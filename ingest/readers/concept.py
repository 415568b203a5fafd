"""Glossaries: YAML, CSV, XLSX or Markdown with names and definitions become concepts.

YAML is a list of entries with `name` and `definition`, and if known `other_names`, `relations` ({kind, to}), `owner`;
a sheet has columns of these names (or 用語, 定義, 別名, 関連, 責任者); Markdown is a page called glossary (用語集) in
which headings or bold words at the beginning of list items are the names.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.base.errors import UnreadableSource
from ingest.base.settings import MIB
from ingest.space.entity import Draft, Locator
from ingest.space.facts import ConceptFacts
from ingest.text import charset
from ingest.text.cells import shown

from ..media import XLSX
from ..source import Source
from . import table

MAX_SIZE = 8 * MIB
YAML = "application/yaml"
MARKDOWN = ("text/markdown", "text/plain")
COLUMNS = {
    "name": ("name", "term", "concept", "word", "用語", "名称", "名前", "項目"),
    "definition": ("definition", "meaning", "description", "explanation", "定義", "説明", "意味", "内容"),
    "other_names": ("other names", "aliases", "synonyms", "also", "abbreviation", "別名", "同義語", "略称"),
    "relations": ("relations", "related", "see also", "関連", "関連用語"),
    "owner": ("owner", "responsible", "責任者", "担当", "担当者"),
}
_TITLE = re.compile(r"\b(glossary|terminology|terms|vocabulary)\b|用語", re.IGNORECASE)
_ITEM = re.compile(
    r"^\s*[-*+]\s+\*\*(?P<name>[^*]+)\*\*\s*(?:[(（](?P<other>[^)）]+)[)）])?\s*[:：—–-]\s*(?P<text>.+)$"
)
_HEADING = re.compile(r"^#{2,4}\s+(?P<name>[^(（]+?)\s*(?:[(（](?P<other>[^)）]+)[)）])?\s*#*$")


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of a glossary. `relations` are pairs of a kind ("has part") and the name of another concept."""

    name: str
    definition: str
    other_names: tuple[str, ...] = ()
    relations: tuple[tuple[str, str], ...] = ()
    owner: str = ""

    def draft(self, title: str, place: Locator) -> Draft:
        """The concept in words, with its parts kept as facts."""
        also = f" (also {', '.join(self.other_names)})" if self.other_names else ""
        related = "; ".join(f"{kind} {to}".strip() for kind, to in self.relations)
        said = [f"{self.name}{also}: {self.definition}", f"Relations: {related}." if related else ""]
        facts: ConceptFacts = {
            "name": self.name, "other_names": list(self.other_names), "definition": self.definition,
            "relations": [{"kind": kind, "to": to} for kind, to in self.relations], "owner": self.owner,
        }  # fmt: skip
        owned = f"Owner of the term: {self.owner}." if self.owner else ""
        return Draft("concept", " ".join(filter(None, [*said, owned])), place, title, facts=facts)


class ConceptReader:
    name = "concept"

    def accepts(self, source: Source) -> bool:
        if source.size > MAX_SIZE:
            return False
        if source.media == YAML:
            return bool(re.search(r"^(\s*-\s+|\s+)?name:", charset.decode(source.head), re.M)) and _says(
                source, "definition:"
            )
        if source.media in (*table.CSV, XLSX):
            return _heads(source) is not None
        return source.media in MARKDOWN and _is_glossary(source)

    def read(self, source: Source) -> Iterator[Draft]:
        title = source.path.stem
        if source.media == YAML:
            found: Iterator[tuple[Term, Locator]] = _yaml(source)
        else:
            found = _markdown(source) if source.media in MARKDOWN else _rows(source)
        for term, place in found:
            if term.name and term.definition:
                yield term.draft(title, place)


def _says(source: Source, words: str) -> bool:
    return words in charset.decode(source.head)


def accept(file: Path, term: Term) -> None:
    """Adds a concept that a person accepted to a YAML glossary, which is then ingested like any other file.

    Raises:
        UnreadableSource: the file is there and is not a glossary.
    """
    import yaml

    known = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else []
    if not isinstance(known, list):
        raise UnreadableSource(file, "not a glossary", "write a list of entries with 'name' and 'definition'")
    relations = [{"kind": kind, "to": to} for kind, to in term.relations]
    entry = asdict(term) | {"other_names": list(term.other_names), "relations": relations}
    added = yaml.safe_dump([{k: v for k, v in entry.items() if v}], allow_unicode=True, sort_keys=False)
    with file.open("a", encoding="utf-8") as out:
        out.write(added)


# -- YAML -------------------------------------------------------------------------------------------------


def _yaml(source: Source) -> Iterator[tuple[Term, Locator]]:
    import yaml

    text = charset.decode(source.path.read_bytes())
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise UnreadableSource(source.path, "uses references (*name), which a glossary does not need")
        said = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UnreadableSource(source.path, f"not readable as YAML ({' '.join(str(error).split())[:120]})") from error
    entries = next((v for v in said.values() if isinstance(v, list)), []) if isinstance(said, dict) else said
    if not isinstance(entries, list):
        raise UnreadableSource(source.path, "not a glossary", "write a list of entries with 'name' and 'definition'")
    for entry in entries:
        if isinstance(entry, dict):
            yield _term(entry), Locator(part=shown(entry.get("name")))


def _term(entry: Mapping[str, Any]) -> Term:
    relations = [r for r in entry.get("relations") or [] if isinstance(r, dict) and r.get("to")]
    return Term(
        shown(entry.get("name")),
        shown(entry.get("definition")),
        _names(entry.get("other_names")),
        tuple((shown(r.get("kind")), shown(r["to"])) for r in relations),
        shown(entry.get("owner")),
    )


def _names(value: object) -> tuple[str, ...]:
    """Several names, from a list or from one text with separators."""
    said = value if isinstance(value, list) else re.split(r"[,;、；/]", shown(value))
    return tuple(name for item in said if (name := shown(item).strip()))


# -- sheets -----------------------------------------------------------------------------------------------


def _heads(source: Source) -> dict[str, int] | None:
    """Which column holds what, when the first row names both terms and definitions."""
    first = table.first_rows(source, 1)
    names = [_plain(shown(cell)) for cell in first[0]] if first else []
    found = {part: next((i for i, name in enumerate(names) if name in known), None) for part, known in COLUMNS.items()}
    if found["name"] is None or found["definition"] is None or len(names) > 2 * len(COLUMNS):
        return None
    described = names[found["definition"]] in ("definition", "meaning", "定義", "意味")
    named = names[found["name"]] in ("term", "concept", "用語")
    return {part: i for part, i in found.items() if i is not None} if described or named else None


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).lower().replace("_", " ").strip()


def _rows(source: Source) -> Iterator[tuple[Term, Locator]]:
    heads = _heads(source) or {}
    for sheet in itertools.islice(table.sheets(source), 1):
        for number, row in enumerate(itertools.islice(sheet.rows, 1, None), start=2):
            said = {part: shown(row[i]) if i < len(row) else "" for part, i in heads.items()}
            related = tuple(("related to", name) for name in _names(said.get("relations", "")))
            others = _names(said.get("other_names", ""))
            term = Term(said["name"], said["definition"], others, related, said.get("owner", ""))
            yield term, Locator(sheet=sheet.name or None, row=number)


# -- Markdown ---------------------------------------------------------------------------------------------


def _is_glossary(source: Source) -> bool:
    lines = charset.decode(source.head).splitlines()
    first = next((line for line in lines if line.strip()), "")
    named = bool(_TITLE.search(source.path.stem)) or (first.startswith("# ") and bool(_TITLE.search(first)))
    return named and sum(bool(_ITEM.match(line) or _HEADING.match(line)) for line in lines) >= 2


def _markdown(source: Source) -> Iterator[tuple[Term, Locator]]:
    text = charset.decode(source.path.read_bytes())
    start, name, others, said = 0, "", "", [""]
    position = 0
    for line in [*text.splitlines(keepends=True), "## "]:
        item, heading = _ITEM.match(line.rstrip("\n")), _HEADING.match(line.rstrip("\n"))
        if name and (item or heading or line.startswith("#")):
            yield _said(name, others, said), Locator(part=name, chars=(start, position))
            name = ""
        match = item or heading
        if match:
            start, name, others = position, match["name"].strip(), match["other"] or ""
            said = [item["text"]] if item else []
        else:
            said.append(line)
        position += len(line)


def _said(name: str, others: str, said: Sequence[str]) -> Term:
    return Term(name, " ".join(" ".join(said).split()), _names(others))
