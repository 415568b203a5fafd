"""Commands that govern: people, policy, audit."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path

from assistant.cli.parts import Commands, as_person, command
from ingest.errors import AuditBroken, BadInput, NotFound
from ingest.settings import Settings


def add(commands: Commands) -> None:
    parser = command(commands, "people", people, "accounts that may sign in", "kotonoha people add sawada")
    parser.add_argument(
        "do",
        choices=("list", "add", "password", "disable", "enable", "remove", "token", "revoke"),
        nargs="?",
        default="list",
    )
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--label", default="", help="what a new token is for")
    as_person(parser, "who is doing this; must be allowed to govern")

    parser = command(
        commands, "policy", policy, "who may read what, and why", "kotonoha policy explain endo ~/firm/hr/salaries.xlsx"
    )
    parser.add_argument("do", choices=("show", "set", "history", "explain", "view-as"), nargs="?", default="show")
    parser.add_argument("names", nargs="*", metavar="FILE | PERSON SOURCE | PERSON", help="for set, explain, view-as")
    as_person(parser, "who is doing this; must be allowed to govern")

    parser = command(commands, "audit", audit, "what was asked, opened and changed, by whom", "kotonoha audit verify")
    parser.add_argument("do", choices=("show", "verify", "export"), nargs="?", default="show")
    parser.add_argument("--person", dest="about", default="", help="only what this person did")
    parser.add_argument("--action", default="", help="only this action")
    parser.add_argument("--since", default="", help="ISO 8601, UTC")
    parser.add_argument("--until", default="", help="ISO 8601, UTC, itself not included")
    as_person(parser, "who is looking; sees content only of what this person may read")


def people(args: argparse.Namespace, settings: Settings) -> int:
    from assistant import build
    from assistant.people import People

    catalog = build.catalog(settings)
    governor = build.governor(catalog, args.person)
    accounts = People(catalog)
    if args.do == "list":
        for account in accounts.accounts():
            state = "disabled" if account.disabled else "locked" if account.locked else "open"
            print(f"{account.name:<20} {state:<9} {len(account.credentials)} sessions and tokens")
        return 0
    if not args.name:
        raise BadInput(f"whom to {args.do}?", f"kotonoha people {args.do} NAME")
    if args.do == "add":
        accounts.add(args.name, _new_password())
    elif args.do == "password":
        accounts.set_password(args.name, _new_password())
    elif args.do == "token":
        print(accounts.issue_token(args.name, args.label))
    else:
        getattr(accounts, args.do)(args.name)
    build.record(settings, catalog, governor, f"people {args.do}", {"name": args.name})
    return 0


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("new password: ")
    if first != getpass.getpass("again: "):
        raise BadInput("the two passwords differ", "try again")
    return first


def policy(args: argparse.Namespace, settings: Settings) -> int:
    from assistant import build

    catalog = build.catalog(settings)
    policies = build.policies(catalog)
    if args.do == "set":
        (name,) = _wanted(args.names, 1, "kotonoha policy set FILE")
        governor = build.governor(catalog, args.person)
        made = policies.put(_text(Path(name)), governor.person, name)
        build.record(settings, catalog, governor, "policy change", {"version": made.version})
        print(f"policy {made.version} is in force: {len(made.people)} people, {len(made.scopes)} scopes")
        return 0
    build.governor(catalog, args.person)
    current = policies.current()
    if current is None:
        print(
            "no policy: the owner of this machine reads everything, nobody else can sign in (kotonoha policy set FILE)"
        )
        return 0
    if args.do == "show":
        print(current.text, end="")
    elif args.do == "history":
        for number, version, person, added in policies.history():
            print(f"{number:>4}  {version}  {added}  {person}")
    elif args.do == "view-as":
        (person,) = _wanted(args.names, 1, "kotonoha policy view-as PERSON")
        viewer = current.viewer(person)
        for row in catalog.sources(viewer.readable(catalog.scopes())):
            print(f"{row.scope:<16} {row.path}")
    else:
        person, source = _wanted(args.names, 2, "kotonoha policy explain PERSON SOURCE")
        print(current.explain(person, _scope_of(catalog, source)).text)
    return 0


def _wanted(names: list[str], count: int, usage: str) -> list[str]:
    if len(names) != count:
        raise BadInput("that is not how it is asked", usage)
    return names


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {error}") from None


def _scope_of(catalog, source: str) -> str:  # type: ignore[no-untyped-def]
    row = catalog.source(source) or catalog.source_at(str(Path(source).expanduser().absolute()))
    if row is None:
        raise NotFound(f"no source '{source}' in the memory", "`kotonoha sources` lists them")
    return str(row.scope)


def audit(args: argparse.Namespace, settings: Settings) -> int:
    from assistant import build

    catalog = build.catalog(settings)
    record = build.audit(settings, catalog)
    if args.do == "verify":
        problems = record.verify()
        for problem in problems:
            print(problem)
        if problems:
            raise AuditBroken(f"the audit has been tampered with in {len(problems)} places", "see above")
        print("the audit is whole")
        return 0
    viewer = build.governor(catalog, args.person)
    if args.do == "export":
        build.record(settings, catalog, viewer, "audit export", {"since": args.since, "until": args.until})
        for line in record.export(viewer, args.since, args.until):
            print(line)
        return 0
    for entry in record.show(viewer, person=args.about, action=args.action, since=args.since, until=args.until):
        event = entry.event
        content = (
            "(content is for readers of its scopes)"
            if entry.hidden
            else json.dumps(dict(event.content), ensure_ascii=False)
        )
        print(f"{entry.number:>6}  {event.at}  {event.person:<12} {event.action:<14} {content}")
    return 0
