"""Commands that govern: people, audit."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.parts import Commands, as_person, command
from ingest.base.errors import AuditBroken, BadInput
from ingest.base.plain import line
from ingest.base.settings import Settings

if TYPE_CHECKING:
    from assistant.govern.audit import Audit


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
    parser.add_argument("--sso", action="store_true", help="add: no password, this person signs in by single sign-on")
    as_person(parser, "who is doing this; must be allowed to govern")

    parser = command(commands, "audit", audit, "what was asked, opened and changed, by whom", "kotonoha audit verify")
    parser.add_argument("do", choices=("show", "verify", "export", "anew"), nargs="?", default="show")
    parser.add_argument("--person", dest="about", default="", help="only what this person did")
    parser.add_argument("--action", default="", help="only this action")
    parser.add_argument("--since", default="", help="ISO 8601, UTC")
    parser.add_argument("--until", default="", help="ISO 8601, UTC, itself not included")
    parser.add_argument(
        "--anchor", type=Path, help="verify: against the lines that the anchor kept, fetched into this file"
    )
    as_person(parser, "who is looking; sees content only of what this person may read")


def people(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build
    from assistant.govern import changes
    from assistant.govern.people import People

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
    password = _new_password() if args.do == "password" or (args.do == "add" and not args.sso) else None
    with catalog.transaction():  # what is done and its row in the audit, or neither
        build.record(settings, catalog, governor, f"people {args.do}", {"name": args.name})
        if args.do == "add":
            accounts.add(args.name, password)
        elif args.do == "password":
            accounts.set_password(args.name, password or "")
        elif args.do == "token":
            print(accounts.issue_token(args.name, args.label))
        else:
            getattr(accounts, args.do)(args.name)
        if args.do in ("disable", "remove"):
            newcomers = bool(settings.oidc_issuer) and settings.oidc_create
            changes.somebody_left(build.policies(catalog).current(), accounts, args.name, newcomers)
    return 0


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("new password: ")
    if first != getpass.getpass("again: "):
        raise BadInput("the two passwords differ", "try again")
    return first


def _verify(record: Audit) -> int:
    """Prints what is wrong. That a clock was set back is told, and is no tampering by itself."""
    problems = record.verify()
    for problem in problems:
        print(f"{line(problem)} [{problem.kind}]")
    if faults := [problem for problem in problems if problem.kind != "clock"]:
        raise AuditBroken(f"the audit has been tampered with in {len(faults)} places", "see above")
    print("the audit is whole")
    return 0


def _anew(args: argparse.Namespace, settings: Settings) -> int:
    """Begins another audit where the key of the old one is lost. The old rows are kept, and the new first row says so."""
    from assistant.app import build
    from ingest.privacy import keys

    catalog = build.catalog(settings)
    governor = build.governor(catalog, args.person)
    if keys.of(settings).has("audit.key"):
        raise BadInput("the audit has its key; it cannot begin anew", "kotonoha audit verify")
    aside = build.audit_anew(settings, catalog)
    build.record(settings, catalog, governor, "audit anew", {"old": aside.name})
    print(f"the old rows are in {aside}, unverified; a new audit has begun")
    return 0


def audit(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build

    if args.anchor:
        settings = replace(settings, audit_anchor=str(args.anchor))
    catalog = build.catalog(settings)
    if args.do == "anew":
        return _anew(args, settings)
    record = build.audit(settings, catalog)
    if args.do == "verify":
        return _verify(record)
    viewer = build.governor(catalog, args.person)
    if args.do == "export":
        build.record(settings, catalog, viewer, "audit export", {"since": args.since, "until": args.until})
        for part in record.export(viewer, args.since, args.until):
            print(part)
        return 0
    wished = {"name": args.about, "action": args.action, "since": args.since, "until": args.until}
    build.record(settings, catalog, viewer, "audit look", {key: text for key, text in wished.items() if text})
    for entry in record.show(viewer, person=args.about, action=args.action, since=args.since, until=args.until):
        event = entry.event
        content = (
            "(content is for readers of its scopes)"
            if entry.hidden
            else json.dumps(dict(event.content), ensure_ascii=False)
        )
        print(f"{entry.number:>6}  {event.at}  {line(event.person):<12} {line(event.action):<14} {line(content)}")
    return 0
