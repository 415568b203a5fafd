"""What the commands share: how one is declared."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ingest.base.settings import Settings

Run = Callable[[argparse.Namespace, Settings], int]
Commands = Any  # argparse's own type for it is private


def command(commands: Commands, name: str, run: Run, help: str, example: str) -> argparse.ArgumentParser:
    """Declares a command with its help and an example."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=help[0].upper() + help[1:] + ".", epilog=f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.set_defaults(run=run)
    return parser


def as_person(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("--as", dest="person", default="", metavar="PERSON", help=help)
