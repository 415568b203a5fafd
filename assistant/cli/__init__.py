"""The command `kotonoha`. Parses, calls, prints; decides nothing. Heavy imports happen inside the commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from assistant import __version__
from assistant.cli import asking, concepts, feeding, governing, measuring, models, permitting
from ingest.base.errors import KotonohaError
from ingest.base.settings import load


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status is explained in docs/operation.md."""
    # Threads that wait for each other spin briefly, then sleep: sleeping at once makes an idle machine's model ten times slower,
    # spinning on a busy one's five times.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    args = build_parser().parse_args(arguments)
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
        prog="kotonoha",
        description="Ask your own files; every sentence of the answer opens its source.",
        epilog="Start with: kotonoha demo",
    )
    parser.add_argument(
        "--home", type=Path, help="folder that holds all state (default: $KOTONOHA_HOME, or the user's data folder)"
    )
    parser.add_argument("--version", action="version", version=f"kotonoha {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in (feeding, asking, concepts, permitting, governing, measuring, models):
        group.add(commands)
    return parser
