"""The command that measures: evaluate."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from assistant.cli.parts import Commands, command
from ingest.base.settings import Settings

TASKS = {
    "firm": "the sample firm's questions: right answer, right place, right refusal",
    "shown": "questions with a picture or a recording, beside their words alone",
    "search": "the right passage among all, beside dense, lexical and plain rank fusion",
    "slots": "bytes per entity against recall: float32, float16, int8, product quantisation",
    "answers": "questions on a folder of files: facts, places, refusals, assured but wrong (--file, --sources)",
    "reading": "what the model reads from text, soft tokens and neither",
    "refusal": "answerable and unanswerable questions told apart (--other FILE)",
    "trust": "right answers told from wrong ones, true statements from false ones (--other FILE)",
    "judge": "true statements told from untrue ones, beside the words they have in common with the source",
    "first-token": "waiting time for 1 to 20 passages, text beside soft tokens",
    "ingestion": "passages a second, beside the bare encoder",
    "answering": "seconds a question, beside a plain LangChain pipeline",
    "throughput": "pictures, sound and rows per second, beside the bare models",
    "durability": "kills while ingesting, compared with an undisturbed run",
    "kills": "kills of everything that writes, in one memory, goes on where it was stopped (--file FOLDER)",
    "space": "every modality found by every other",
    "pictures": "photographs found by words and words by photographs",
    "perception": "scanned pages read, recordings heard",
    "sensors": "labelled anomalies found as events",
    "tables": "rows of many tables found",
    "concepts": "concepts refined by what speaks of them",
    "redaction": "personal data found, beside plain regular expressions",
    "leaks": "every person against everything they may not read, every way",
    "access": "cost of access control in a search, beside a metadata filter",
}


def add(commands: Commands) -> None:
    parser = command(
        commands, "evaluate", evaluate, "measure, beside the obvious alternative", "kotonoha evaluate firm"
    )
    parser.add_argument("task", choices=TASKS, metavar="TASK", help="; ".join(f"{k}: {v}" for k, v in TASKS.items()))
    parser.add_argument("--file", type=Path, help="data of the same form as the task's own")
    parser.add_argument("--other", type=Path, help="a second file, where a task takes two")
    parser.add_argument(
        "--among", type=Path, nargs="*", default=(), help="search: files whose passages are searched as well"
    )
    parser.add_argument("--sources", type=Path, help="answers: the folder of files that is asked")
    parser.add_argument(
        "--out", type=Path, help="answers, trust, leaks: where what came of it so far is written; goes on from there"
    )
    parser.add_argument("--questions", type=int, default=1000, help="how many questions, chosen by a fixed seed")
    parser.add_argument("--beside", action="store_true", help="answers: a plain pipeline of LangChain is asked as well")
    parser.add_argument("--grounding", choices=("hybrid", "soft", "text", "none"), default="hybrid")
    parser.add_argument("--modes", help='reading, refusal: only these, for example "text,soft 4"')
    parser.add_argument("--probes", type=int, default=5000, help="leaks: how many at least")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--verbose", action="store_true", help="show every wrong case")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def evaluate(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.evaluate import tasks

    table = tasks.RUN[args.task](args, settings)
    print(json.dumps(table.as_dict(), ensure_ascii=False) if args.json else table)
    return 0
