"""Commands that measure and train: evaluate, fit."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from assistant.cli.parts import Commands, command
from ingest.settings import Settings

TASKS = ("firm", "durability", "pictures", "perception")


def add(commands: Commands) -> None:
    parser = command(
        commands, "evaluate", evaluate, "measure, beside the obvious alternative", "kotonoha evaluate firm"
    )
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--file", type=Path, help="data of the same form as the task's own")
    parser.add_argument("--questions", type=int, default=1000, help="how many questions, chosen by a fixed seed")
    parser.add_argument("--grounding", choices=("hybrid", "soft", "text", "none"), default="hybrid")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--verbose", action="store_true", help="show every wrong case")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def evaluate(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.evaluate import tasks

    table = tasks.RUN[args.task](args, settings)
    print(json.dumps(table.as_dict(), ensure_ascii=False) if args.json else table)
    return 0
