"""The command `kotonoha`. Parses, calls, prints; decides nothing. Heavy imports happen inside the commands."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.errors import BadInput, KotonohaError
from ingest.settings import Settings, load

Command = Callable[[argparse.Namespace, Settings], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Exit status: 0 all well, 1 something failed, 2 bad input, 3 a part is missing, 4 memory, 5 model, 6 audit."""
    parser = build_parser()
    args = parser.parse_args(arguments)
    try:
        return int(args.run(args, load(args.home)))
    except KotonohaError as error:
        print(f"kotonoha: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nkotonoha: stopped; run the same command again to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kotonoha", description="Ask your own files; every sentence of the answer opens its source.",
        epilog="Start with: kotonoha demo", formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--home", type=Path, help="folder that holds all state (default: $KOTONOHA_HOME or the user's data folder)"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (_add_ingest, _add_sources, _add_forget, _add_ask, _add_doctor):
        add(commands)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: Command, help: str, example: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=help, description=help[0].upper() + help[1:] + ".", epilog=f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.set_defaults(run=run)
    return parser


# -- ingest ---------------------------------------------------------------------------------------------


def _add_ingest(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
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
        help="access scope of these files (default: as the policy's folder rules say, else private)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per file")


def ingest(args: argparse.Namespace, settings: Settings) -> int:
    from assistant import build
    from ingest.source import count_files

    failed = 0
    counts: dict[str, int] = {}
    with _progress(count_files(args.paths), "file", args.json) as bar:
        for report in build.ingest(settings, args.paths, args.scope):
            bar.update(1)
            counts[report.status] = counts.get(report.status, 0) + 1
            failed += report.status == "failed"
            if args.json:
                print(json.dumps(report.as_dict(), ensure_ascii=False), flush=True)
            else:
                for line in _report_lines(report.source, report.status, report.entities, report.error, report.notes):
                    bar.write(line)
    if not args.json:
        print(", ".join(f"{number} {status}" for status, number in sorted(counts.items())) or "nothing to read")
    return 1 if failed else 0


def _report_lines(source: str, status: str, entities: dict[str, int], error: str, notes: Sequence[str]) -> list[str]:
    if status == "failed":
        return [f"failed     {source}: {error}"]
    kinds = ", ".join(f"{number} {kind}" for kind, number in entities.items())
    return [
        f"{status:<10} {source}" + (f" ({kinds})" if kinds else ""),
        *(f"           note: {note}" for note in notes),
    ]


def _progress(total: int, unit: str, quiet: bool):  # type: ignore[no-untyped-def]  # tqdm has no types
    from tqdm import tqdm

    return tqdm(total=total, unit=unit, disable=quiet or not sys.stderr.isatty(), file=sys.stderr, dynamic_ncols=True)


# -- sources ----------------------------------------------------------------------------------------------


def _add_sources(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands, "sources", sources, "list what the memory was made from", "kotonoha sources --as sawada"
    )
    parser.add_argument("--as", dest="person", default="", help="list what this person may read")
    parser.add_argument("--json", action="store_true", help="one JSON object per source")


def sources(args: argparse.Namespace, settings: Settings) -> int:
    from assistant import build
    from ingest.catalog import Catalog

    catalog = Catalog(settings.catalog_file)
    viewer = build.viewer(settings, args.person)
    for row in catalog.sources(viewer.readable(catalog.scopes())):
        if args.json:
            print(
                json.dumps(
                    {"id": row.id, "path": row.path, "scope": row.scope, "media": row.media, "title": row.title},
                    ensure_ascii=False,
                )
            )
        else:
            print(
                f"{row.id}  {row.scope:<16} {row.path}"
                + ("" if Path(row.path).exists() else "  (file is gone: kotonoha forget " + row.id + ")")
            )
    return 0


def _add_forget(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands, "forget", forget, "remove a source and all that came from it", "kotonoha forget ~/manuals/old.pdf"
    )
    parser.add_argument("source", help="its path or its id, as `kotonoha sources` shows them")


def forget(args: argparse.Namespace, settings: Settings) -> int:
    from assistant import build

    with build.memory(settings) as memory:
        row = memory.catalog.source(args.source) or memory.catalog.source_at(
            str(Path(args.source).expanduser().absolute())
        )
        if row is None:
            raise BadInput(f"no source '{args.source}' in the memory", "`kotonoha sources` lists them")
        memory.forget_source(row.id)
    print(f"forgotten  {row.path}")
    return 0


# -- ask --------------------------------------------------------------------------------------------------


def _add_ask(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands, "ask", ask, "ask a question", 'kotonoha ask "How often is the spindle greased?" --as sawada'
    )
    parser.add_argument("question", nargs="?", default="")
    parser.add_argument("--as", dest="person", default="", help="answer only from what this person may read")
    parser.add_argument(
        "--grounding",
        choices=("hybrid", "soft", "text", "none"),
        default="hybrid",
        help="how the sources reach the model",
    )
    parser.add_argument("--json", action="store_true", help="the whole answer as one JSON object")


def ask(args: argparse.Namespace, settings: Settings) -> int:
    from assistant import build, show

    with build.memory(settings) as memory:
        assistant = build.assistant(settings, memory)
        viewer = build.viewer(settings, args.person)
        events = assistant.ask(args.question, viewer, grounding=args.grounding)
        show.answer(events, as_json=args.json)
    return 0


# -- doctor -----------------------------------------------------------------------------------------------


def _add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "doctor",
        doctor,
        "prove that catalogue, vectors, models and installation agree",
        "kotonoha doctor --rebuild",
    )
    parser.add_argument("--rebuild", action="store_true", help="restore the vectors from the catalogue first")
    parser.add_argument("--json", action="store_true", help="one JSON object per check")


def doctor(args: argparse.Namespace, settings: Settings) -> int:
    from assistant import doctor as checks

    failed = 0
    for check in checks.examine(settings, rebuild=args.rebuild):
        failed += not check.ok
        if args.json:
            print(json.dumps({"check": check.name, "ok": check.ok, "finding": check.finding}, ensure_ascii=False))
        else:
            print(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.finding}")
    return 4 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
