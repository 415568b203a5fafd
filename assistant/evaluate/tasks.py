"""Every measurement by name. Each takes the command line's arguments and gives one table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from assistant import build
from assistant.demo import FIRM, QUESTIONS, prepared
from assistant.evaluate.table import Table
from ingest.errors import BadInput
from ingest.settings import Settings

Task = Callable[[argparse.Namespace, Settings], Table]


def firm(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.answer import Answer
    from assistant.evaluate import firm as task

    home = prepared(settings)
    marks = []
    with build.memory(home) as memory:
        assistant = build.assistant(home, memory)
        viewer = build.viewer(memory.catalog)
        for question in task.load(args.file or QUESTIONS)[: args.questions]:
            *_, answer = assistant.ask(question.question, viewer, grounding=args.grounding)
            assert isinstance(answer, Answer)
            marks.append(task.mark(question, answer))
            if args.verbose and not marks[-1].right:
                print(
                    f"{question.id} {question.question}\n   wanted {question.wanted}, got {answer.how}: {answer.answer[:300]}",
                    file=sys.stderr,
                )
    return task.table(marks)


def durability(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import durability as task

    return task.table(task.run(args.file or FIRM, args.kills))


def pictures(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import pictures as task

    return task.run(_folder(args, "photographs"), settings)


def perception(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import perception as task

    return task.run(_folder(args, "pages and recordings"), settings)


def _folder(args: argparse.Namespace, what: str) -> Path:
    if args.file is None:
        raise BadInput(f"this needs a folder of {what}", f"kotonoha evaluate {args.task} --file FOLDER")
    return Path(args.file)


RUN: dict[str, Task] = {"firm": firm, "durability": durability, "pictures": pictures, "perception": perception}
