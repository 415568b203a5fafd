"""The command `kotonoha`. Parses, calls, prints; decides nothing. Heavy imports happen inside the commands."""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from assistant import __version__
from assistant.cli import asking, concepts, feeding, fitting, governing, keeping, measuring, models, permitting
from ingest.base import plain
from ingest.base.errors import KotonohaError, told
from ingest.base.plain import Plain
from ingest.base.settings import load


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status is explained in docs/operation.md."""
    # Threads that wait for each other spin briefly, then sleep: sleeping at once makes an idle machine's model ten times slower,
    # spinning on a busy one's five times.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    os.umask(0o077)  # what is made here is its owner's alone
    with contextlib.redirect_stdout(Plain(sys.stdout)), contextlib.redirect_stderr(Plain(sys.stderr, colours=False)):
        return _run(build_parser().parse_args(arguments))


def _run(args: argparse.Namespace) -> int:
    """One command; whatever stops it is one line."""
    try:
        return int(args.run(args, load(args.home)))
    except KotonohaError as error:
        print(f"kotonoha: {plain.line(error)}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nkotonoha: stopped; run the same command again to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1
    except (OSError, sqlite3.Error) as error:
        fault = told(error)
        print(f"kotonoha: {plain.line(fault)}", file=sys.stderr)
        return fault.exit_code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command in one line, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        super().error(plain.line(message))


def build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="kotonoha",
        description="Ask your own files; every sentence of the answer opens its source.",
        epilog="Start with: kotonoha demo",
    )
    parser.add_argument(
        "--home", type=Path, help="folder that holds all state (default: $KOTONOHA_HOME, or the user's data folder)"
    )
    parser.add_argument("--version", action="version", version=f"kotonoha {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in (feeding, asking, concepts, permitting, governing, keeping, measuring, fitting, models):
        group.add(commands)
    return parser
