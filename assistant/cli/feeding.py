"""Commands that write the memory: ingest, sources, ahead, forget."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.parts import Commands, as_person, command
from assistant.serve.show import progress
from ingest.base.errors import BadInput, NotFound
from ingest.base.plain import line
from ingest.base.settings import Settings
from ingest.source import is_gone
from ingest.text.paths import meant, near, telling

if TYPE_CHECKING:
    from ingest.memory.catalog import SourceRow
    from ingest.work import Report


def add(commands: Commands) -> None:
    parser = command(
        commands,
        "ingest",
        ingest,
        "read files and folders into the memory",
        "kotonoha ingest ~/manuals --scope engineering",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    parser.add_argument(
        "--scope",
        default="",
        help="access scope of files that are new (default: as the policy's folder rules say, else private)",
    )
    parser.add_argument("--prune", action="store_true", help="forget the sources below a folder whose files are gone")
    parser.add_argument("--follow-links", action="store_true", help="read what links out of the folder lead to, too")
    parser.add_argument("--json", action="store_true", help="one JSON object per file")

    parser = command(commands, "sources", sources, "list what the memory was made from", "kotonoha sources --as sawada")
    as_person(parser, "list what this person may read")
    parser.add_argument("--json", action="store_true", help="one JSON object per source")

    parser = command(
        commands,
        "ahead",
        ahead,
        "let the language model read sources before anybody asks; kotonoha serve does it when nobody asks anything",
        "kotonoha ahead --minutes 30",
    )
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after so long (default: when all is read)")
    parser.add_argument("--json", action="store_true", help="one JSON object")

    parser = command(
        commands, "forget", forget, "remove a source and all that came from it", "kotonoha forget ~/manuals/old.pdf"
    )
    parser.add_argument("source", help="its path, its name, its id, or a folder: `kotonoha sources` lists them")
    as_person(parser, "forget in the name of this person, who must be able to read it")


def ahead(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.answer.ahead import Ahead
    from assistant.app import build

    with build.memory(settings) as memory:
        work = Ahead(memory.catalog, lambda: build.reader(settings))
        end = time.monotonic() + 60 * args.minutes if args.minutes else math.inf
        with progress(work.state().waiting, "text", args.json) as bar:
            work.read(lambda: time.monotonic() < end, bar.update)
        state = work.state()
    if args.json:
        print(json.dumps(asdict(state)))
        return 0
    print(f"{state.kept} texts are read, {state.waiting} are not; {state.size >> 20} of {state.most >> 20} MB")
    if state.waiting and state.full:
        print("the budget is full, the rest is read when it is asked for: KOTONOHA_KEPT_MB")
    return 0


def ingest(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import feeding
    from ingest.source import count_files

    counts: Counter[str] = Counter()
    with progress(count_files(args.paths, args.follow_links), "file", args.json) as bar:
        for report in feeding.ingest(settings, args.paths, args.scope, args.follow_links, args.prune):
            counts[report.status] += 1
            if args.json:
                print(json.dumps(report.as_dict(), ensure_ascii=False), flush=True)
            else:
                bar.clear()
                print("\n".join(_lines(report)))
            bar.update(1)
    if not args.json:
        print(", ".join(f"{number} {status}" for status, number in sorted(counts.items())) or "nothing to read")
    return 1 if counts["failed"] else 0


def _lines(report: Report) -> list[str]:
    if report.status == "failed":
        return [f"failed     {line(report.source)}: {line(report.error)}"]
    kinds = ", ".join(f"{number} {kind}" for kind, number in report.entities.items())
    first = f"{report.status:<10} {line(report.source)}" + (f" ({kinds})" if kinds else "")
    return [first, *(f"           note: {line(note)}" for note in report.notes)]


def sources(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build

    catalog = build.catalog(settings)
    viewer = build.viewer(catalog, args.person)
    for row in catalog.sources(viewer.readable(catalog.scopes())):
        if args.json:
            values = {
                "id": row.id,
                "path": row.path,
                "scope": row.scope,
                "media": row.media,
                "title": row.title,
                "notes": row.notes,
                "places": row.places,
            }
            print(json.dumps(values, ensure_ascii=False))
        else:
            gone = f"  (the file is gone: kotonoha forget {row.id})" if is_gone(row.path) else ""
            also = f"  (also {', '.join(map(line, row.places))})" if row.places else ""
            print(f"{row.id}  {row.scope:<16} {line(row.path)}{also}{gone}")
    return 0


def forget(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build
    from assistant.serve import forgetting
    from ingest.base.access import may_read

    with build.memory(settings) as memory:
        viewer = build.viewer(memory.catalog, args.person)
        rows = [row for row in memory.catalog.sources() if may_read(viewer, row.scope)]
        for row in _meant(rows, args.source):
            with memory.catalog.transaction():
                path = {"path": row.path}
                build.record(settings, memory.catalog, viewer, "forget", {"source": row.id}, (row.scope,), path)
                forgetting.let_go(settings, memory.catalog, row.id)
                memory.forget_source(row.id)
            for place in (row.path, *row.places):
                print(f"forgotten  {line(place)}")
    return 0


def _meant(rows: Sequence[SourceRow], said: str) -> list[SourceRow]:
    """The sources that an id, a path, a folder or a bare name means.

    Raises:
        NotFound: there is none; near names are offered.
        BadInput: a bare name is that of several.
    """
    by_id = [row for row in rows if row.id == said]
    typed = str(Path(said).expanduser().absolute())
    paths = [path for row in rows for path in (row.path, *row.places)]
    named = set(meant(paths, said, typed))
    found = by_id or [row for row in rows if not named.isdisjoint((row.path, *row.places))]
    if not found:
        like = near(paths, said)
        hint = f"did you mean {' or '.join(like)}?" if like else "`kotonoha sources` lists them"
        raise NotFound(f"no source '{line(said)}' in the memory", hint)
    files = {row.id: row for row in found if not row.within}
    for row in found:
        if row.within and row.within not in files:
            file = next((line(one.path) for one in rows if one.id == row.within), "its file")
            raise BadInput(f"{line(row.path)} is inside another file and forgotten with it", f"kotonoha forget {file}")
    found = list(files.values())
    if len(found) > 1 and not any(Path(typed) in Path(path).parents for path in named):
        names = telling(row.path for row in found)
        raise BadInput(f"'{line(said)}' is the name of several sources", "say which: " + ", ".join(names.values()))
    return found
