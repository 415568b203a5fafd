"""Commands that keep the memory: doctor, backup, restore."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from assistant.cli.parts import Commands, command
from assistant.serve.show import progress
from ingest.base.plain import line
from ingest.base.settings import Settings


def add(commands: Commands) -> None:
    about = "prove that catalogue, vectors, keys, audit, models and installation agree"
    parser = command(commands, "doctor", doctor, about, "kotonoha doctor --repair")
    parser.add_argument("--rebuild", action="store_true", help="restore the vectors from the catalogue first")
    parser.add_argument(
        "--repair", action="store_true", help="the same, and take the rights of others on the state folder away"
    )
    parser.add_argument(
        "--place-again",
        action="store_true",
        help="place everything with the encoder of today; stop and go on as you like",
    )
    about = "remove for good what only a lost key could open; it says which one"
    parser.add_argument("--let-go", metavar="KEY", default="", help=about)
    parser.add_argument("--json", action="store_true", help="one JSON object per check")

    about = "save the whole state in one file, also while a server runs"
    parser = command(commands, "backup", backup, about, "kotonoha backup ~/kotonoha-2026-11-26.backup")
    parser.add_argument("file", type=Path, help="a new file; it holds the keys, so keep it as you keep them")

    about = "put a saved state into a folder that is new or empty"
    parser = command(commands, "restore", restore, about, "kotonoha restore ~/kotonoha.backup")
    parser.add_argument("file", type=Path, help="what `kotonoha backup` wrote")


def doctor(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build
    from assistant.app import doctor as checks

    failed = 0
    if args.let_go:
        build.let_go(settings, args.let_go)
    if args.place_again:
        with progress(None, "entity", args.json) as bar:
            for done, total in build.place_again(settings):
                bar.total = total
                bar.update(done - bar.n)
    for check in checks.examine(settings, rebuild=args.rebuild, repair=args.repair):
        failed += not check.ok
        if args.json:
            print(json.dumps({"check": check.name, "ok": check.ok, "finding": check.finding}, ensure_ascii=False))
        else:
            print(f"{'ok  ' if check.ok else 'FAIL'}  {line(check.name)}: {line(check.finding)}")
    return 4 if failed else 0


def backup(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import backup as keeping
    from assistant.app import build

    target = args.file.expanduser().absolute()
    if settings.catalog_file.exists():
        build.note(settings, build.catalog(settings), "backup", {"file": target.name})
    size = keeping.save(settings, target)
    print(f"saved      {line(target)} ({size / 1e6:,.1f} MB, with the keys in it)")
    if settings.keys != "file":
        print("note: the keys lie in the keyring of this machine and are not in it")
    return 0


def restore(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import backup as keeping
    from assistant.app import build

    made = keeping.restore(settings, args.file.expanduser())
    build.note(settings, build.catalog(settings), "restore", {"saved": made})
    print(
        f"restored   {line(settings.home)}, as it was at {line(made)}; the vectors are restored when it is next opened"
    )
    return 0
