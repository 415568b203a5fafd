"""What reads files into the memory: where each goes by the policy, what became of it, and that it was done, in the audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from assistant.app import build
from assistant.serve import forgetting
from ingest import pipeline
from ingest.base.access import checked_scope, destination
from ingest.base.errors import BadInput, UnreadableSource
from ingest.base.settings import Settings
from ingest.memory import links
from ingest.memory.catalog import Catalog, SourceRow
from ingest.pipeline import ScopeOf
from ingest.reading.workers import Workers
from ingest.text.whole import whole
from ingest.work import Report

DEFAULT_SCOPE = "private"
"""Where a file goes when no rule and no `--scope` says otherwise; only the owner of this machine reads it."""


def ingest(
    settings: Settings, paths: Iterable[Path], scope: str = "", follow_links: bool = False, prune: bool = False
) -> Iterator[Report]:
    """Ingests, as the owner of the memory or through the process that owns it, one report per file; links concepts last.

    A known source stays where it lies. A new one goes to `scope` if given, else where the policy's folder rules say, else
    to `DEFAULT_SCOPE`; a file that would go where the policy lets nobody read is reported, not read. Sources below the named
    folders whose files are gone are reported last, and forgotten when `prune` says so.

    Raises:
        BadInput: the policy has no such scope.
    """
    known, asked = build.catalog(settings), list(paths)
    given = checked_scope(scope) if scope else ""
    scope_of = scopes(known, given)
    build.note(settings, known, "ingest", {"scope": given}, content={"paths": [whole(str(path)) for path in asked]})
    became: Counter[str] = Counter()
    opened = lambda: build.memory(settings), lambda: Workers(build.readers, settings)
    for report in pipeline.ingest(settings, asked, scope_of, *opened, follow_links):
        became[report.status] += 1
        yield report
    gone = pipeline.missing(known, asked)

    def write(held: Catalog, row: SourceRow) -> None:
        build.note(settings, held, "forget", {"source": row.id, "why": "file gone"}, (row.scope,), {"path": row.path})
        forgetting.let_go(settings, held, row.id)

    for report in pipeline.pruned(gone, opened[0], write) if prune else pipeline.gone(gone):
        became[report.status] += 1
        yield report
    links.link(known)
    build.note(settings, known, "ingest done", {"files": dict(became)})


def scopes(known: Catalog, given: str = "") -> ScopeOf:
    """Where each file goes, by the policy as it is now: a known one stays, a new one goes to `given` or where the rules say.

    Raises:
        BadInput: the policy has no such scope.
    """
    rules = build.policies(known).current()
    if given and rules and given not in rules.scopes:
        raise BadInput(f"the policy has no scope '{given}'", f"it has {', '.join(sorted(rules.scopes))}")
    lies_in = {path: destination(row.scope) for row in known.sources() for path in (row.path, *row.places)}

    def scope_of(path: Path) -> str:
        here = lies_in.get(str(path))
        if given and here not in (None, given):
            raise UnreadableSource(path, f"lies in {here}; it is moved by: kotonoha policy move {path} {given}")
        found = given or (rules.scope_of(path) if rules else None) or here or DEFAULT_SCOPE
        if rules and found not in rules.scopes:
            raise UnreadableSource(
                path, f"no folder rule says its scope, and the policy has no '{found}': --scope NAME"
            )
        return found

    return scope_of


def read_into(settings: Settings, sources: Sequence[SourceRow], scope: str) -> Iterator[Report]:
    """Reads known sources again, into a scope that redacts more than was redacted in them."""
    opened = lambda: build.memory(settings), lambda: Workers(build.readers, settings)
    paths = [Path(source.path) for source in sources if not source.within]
    yield from pipeline.ingest(settings, paths, lambda path: scope, *opened, moves=True)
