"""Commands about who may read what: policy."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.parts import Commands, Run, as_person, command
from ingest.base.errors import BadInput, BadPolicy, MemoryHeld, NotAllowed, NotFound
from ingest.base.plain import line
from ingest.base.settings import Settings

if TYPE_CHECKING:
    from assistant.govern.policy import Policy
    from ingest.memory.catalog import Catalog, SourceRow

GOVERNS = "who is doing this; must be allowed to govern"
NONE = "no policy: the owner of this machine reads everything, nobody else can sign in (kotonoha policy set FILE)"


def add(commands: Commands) -> None:
    parser = command(
        commands, "policy", show, "who may read what, and why", "kotonoha policy explain endo ~/firm/hr/salaries.xlsx"
    )
    as_person(parser, GOVERNS)
    parts = parser.add_subparsers(metavar="ACTION")
    _part(parts, "show", show, "the policy in force")
    _part(parts, "set", put, "bring a policy file into force", "FILE")
    _part(parts, "history", history, "every version that was in force")
    _part(parts, "explain", explain, "which line lets a person read a source, or does not", "PERSON", "SOURCE")
    _part(parts, "view-as", view_as, "the sources exactly as a person sees them", "PERSON")
    for name, run, help in (
        ("allow", allow, "let somebody read a scope"),
        ("deny", deny, "forbid it, whatever allows it"),
    ):
        part = _part(parts, name, run, help, "WHO", "SCOPE")
        part.add_argument("--from", dest="since", type=_moment, help="first day, or moment with a time zone")
        part.add_argument("--until", type=_moment, help="last day, or moment with a time zone")
        part.add_argument("--why", default="", help="kept beside the line")
    _part(parts, "withdraw", withdraw, "remove what a subject's own lines say about a scope", "WHO", "SCOPE")
    part = _part(parts, "move", move, "move a source, or all below a folder, to another scope", "SOURCE", "SCOPE")
    part.add_argument("--read-again", action="store_true", help="read the files anew, for a scope that redacts more")
    _part(parts, "new-key", new_key, "seal the originals of personal data with a new key")
    part = _part(parts, "leaks", leaks, "try to make everybody see what they may not, and print what leaked")
    part.add_argument("--probes", type=int, default=5_000, help="how many at least")
    part.add_argument("--out", type=Path, help="where the count is kept; goes on from there")
    part.add_argument("--json", action="store_true", help="one JSON object")


def _part(parts: Commands, name: str, run: Run, help: str, *arguments: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parts.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    for argument in arguments:
        about = "person:endo, role:clerk or group:night-shift" if argument == "WHO" else None
        parser.add_argument("whom" if argument == "PERSON" else argument.lower(), metavar=argument, help=about)
    # Given before or after the action, --as means the same.
    parser.add_argument("--as", dest="person", default=argparse.SUPPRESS, metavar="PERSON", help=GOVERNS)
    parser.set_defaults(run=run)
    return parser


def _moment(text: str) -> date:
    """A day or a moment, as ISO 8601 writes them."""
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is neither a day (2026-07-31) nor a moment") from None


# -- looking ---------------------------------------------------------------------------------------------------


def show(args: argparse.Namespace, settings: Settings) -> int:
    current = _seen(args, settings)[1]
    print(current.text if current else NONE + "\n", end="")
    return 0


def history(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build

    catalog, _ = _seen(args, settings)
    for number, version, person, added in build.policies(catalog).history():
        print(f"{number:>4}  {version}  {added}  {person}")
    return 0


def explain(args: argparse.Namespace, settings: Settings) -> int:
    catalog, current = _seen(args, settings)
    source = _sources(catalog, args.source)[0]
    for scope in source.scope.split("&"):
        print(current.explain(args.whom, scope).text if current else NONE)
    return 0


def view_as(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build

    catalog, current = _seen(args, settings)
    if current is None:
        print(NONE)
        return 0
    viewer = current.viewer(args.whom)
    build.record(settings, catalog, build.governor(catalog, args.person), "view as", {"person": args.whom})
    for row in catalog.sources(viewer.readable(catalog.scopes())):
        print(f"{row.scope:<16} {line(row.path)}")
    return 0


def _seen(args: argparse.Namespace, settings: Settings) -> tuple[Catalog, Policy | None]:
    """The catalogue and the policy in force, for somebody who governs."""
    from assistant.app import build

    catalog = build.catalog(settings)
    build.governor(catalog, args.person)
    return catalog, build.policies(catalog).current()


# -- changing --------------------------------------------------------------------------------------------------


def put(args: argparse.Namespace, settings: Settings) -> int:
    return _put(args, settings, _text(Path(args.file)), args.file)


def allow(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.govern import policy_edit

    times = {"since": args.since, "until": args.until, "why": args.why}
    return _put(args, settings, policy_edit.allow(_current(args, settings), args.who, args.scope, **times))


def deny(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.govern import policy_edit

    times = {"since": args.since, "until": args.until, "why": args.why}
    return _put(args, settings, policy_edit.deny(_current(args, settings), args.who, args.scope, **times))


def withdraw(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.govern import policy_edit

    return _put(args, settings, policy_edit.withdraw(_current(args, settings), args.who, args.scope))


def _put(args: argparse.Namespace, settings: Settings, text: str, name: str = "policy") -> int:
    """Brings a text into force, if it is sound and leaves somebody who governs, and records it."""
    from assistant.app import build
    from assistant.govern.changes import governed
    from assistant.govern.policy import Policy

    catalog, wanted = build.catalog(settings), Policy(text, name)
    try:
        governor = build.governor(catalog, args.person)
    except BadPolicy:  # what is in force cannot be read, so nobody could mend it
        governor = wanted.viewer(args.person or wanted.owner)
    if not governor.may_govern:
        raise NotAllowed(f"{governor.person} may not govern", "say who is doing this: --as PERSON")
    governed(wanted)
    made = build.put_policy(settings, catalog, governor, text, name)
    print(f"policy {made.version} is in force: {len(made.people)} people, {len(made.scopes)} scopes")
    return 0


def _current(args: argparse.Namespace, settings: Settings) -> str:
    _, current = _seen(args, settings)
    if current is None:
        raise BadInput("there is no policy to change", "kotonoha policy set FILE")
    return current.text


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {error}") from None


# -- moving and sealing ----------------------------------------------------------------------------------------


def move(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build, feeding
    from ingest.memory import moves

    catalog = build.catalog(settings)
    governor = build.governor(catalog, args.person)
    sources = _sources(catalog, args.source)
    _check_target(settings, catalog, sources, args)
    with catalog.transaction():
        details = {"scope": args.scope, "sources": [source.id for source in sources]}
        build.record(settings, catalog, governor, "policy move", details)
        started = 0 if args.read_again else moves.begin(catalog, sources, args.scope)
    if args.read_again:
        failed = [report for report in feeding.read_into(settings, sources, args.scope) if report.error]
        print(f"{len(sources) - len(failed)} of {len(sources)} sources read again into {args.scope}")
        print("".join(f"failed     {line(report.source)}: {line(report.error)}\n" for report in failed), end="")
        return 1 if failed else 0
    try:
        with build.memory(settings):  # opening it finishes every move
            print(f"{started} of {len(sources)} sources moved to {args.scope}")
    except MemoryHeld as held:
        print(
            f"{started} of {len(sources)} sources are on their way to {args.scope}, hidden from whoever may not read "
            f"both scopes; {held.message.split(' is in use by ')[-1]} takes them there"
        )
    return 0


def _check_target(settings: Settings, catalog: Catalog, sources: list[SourceRow], args: argparse.Namespace) -> None:
    """Refuses a scope that nobody can read, and one that redacts more than was redacted and will not be now."""
    from assistant.app import build

    scope = args.scope
    current = build.policies(catalog).current()
    if current is not None and scope not in current.scopes:
        raise BadInput(f"the policy has no scope '{scope}'", f"it has {', '.join(sorted(current.scopes))}")
    wanted = build.personal(settings, catalog).kinds(scope)
    for source in () if args.read_again else sources:
        if missing := wanted - set(source.redacted.split()):
            raise BadInput(
                f"'{scope}' redacts {', '.join(sorted(missing))}, which still stand in {source.path}",
                f"kotonoha policy move --read-again {args.source} {scope}",
            )


def _sources(catalog: Catalog, name: str) -> list[SourceRow]:
    """The source with this id or path, or all below this folder."""
    from ingest.memory import places

    path = Path(name).expanduser().absolute()
    one = catalog.source(name) or catalog.source_at(str(path)) or places.at(catalog, str(path))
    found = [one] if one else [row for row in catalog.sources() if Path(row.path).is_relative_to(path)]
    if not found:
        raise NotFound(f"no source '{name}' in the memory", "`kotonoha sources` lists them")
    return found


def new_key(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build

    catalog = build.catalog(settings)
    governor = build.governor(catalog, args.person)
    count = build.personal(settings, catalog).rotate()
    build.record(settings, catalog, governor, "new key", {"originals": count})
    print(f"{count} originals are sealed with a new key; the old one is gone")
    return 0


def leaks(args: argparse.Namespace, settings: Settings) -> int:
    import json

    from assistant.evaluate import tasks

    _seen(args, settings)
    table = tasks.leaks(args, settings)
    print(json.dumps(table.as_dict(), ensure_ascii=False) if args.json else table)
    return 0
