"""Commands that measure and train: evaluate, fit."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from pathlib import Path
from typing import Any

from assistant.cli.parts import Commands, command
from ingest.base.settings import Settings

TASKS = {
    "firm": "the sample firm's questions: right answer, right place, right refusal",
    "shown": "questions with a picture or a recording, beside their words alone",
    "search": "the right passage among all, beside dense, lexical and plain rank fusion",
    "slots": "bytes per entity against recall: float32, float16, int8, product quantisation",
    "quoting": "the right sentence of the right passage",
    "reading": "what the model reads from text, soft tokens and neither",
    "refusal": "answerable and unanswerable questions told apart (--other FILE)",
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
    "tables": "rows found and cells computed",
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
    parser.add_argument("--questions", type=int, default=1000, help="how many questions, chosen by a fixed seed")
    parser.add_argument("--grounding", choices=("hybrid", "soft", "text", "none"), default="hybrid")
    parser.add_argument("--modes", help="reading, refusal: only these, for example \"text,soft 4\"")
    parser.add_argument("--probes", type=int, default=5000, help="leaks: how many at least")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--verbose", action="store_true", help="show every wrong case")
    parser.add_argument("--json", action="store_true", help="one JSON object")

    parser = command(
        commands,
        "fit",
        fit,
        "train the bridge and the adapter for a GGUF model",
        "kotonoha fit --llm model.gguf --data qa/ --run runs/mine --minutes 120",
    )
    parser.add_argument("--llm", type=Path, help="the GGUF model (default: the one that comes with the installation)")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of *.jsonl.gz: context, question, answer[, title]"
    )
    parser.add_argument(
        "--run", type=Path, required=True, dest="folder", help="checkpoints and log; a run found here goes on"
    )
    parser.add_argument(
        "--start", type=Path, help="folder with a bridge and adapter to begin from, such as assistant/model/weights"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--relevance-steps", type=int, default=1500, help="before them: for what chooses the slots")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop with a checkpoint after this much time")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--no-lora", action="store_true", help="train the bridge alone")


def fit(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build
    from assistant.fit.config import FitConfig
    from assistant.fit.train import run
    from assistant.model.llm import default_model
    from ingest.space.encoders.vision import place_things, things

    config = FitConfig(
        llm=args.llm or default_model(),
        data=args.data,
        run=args.folder,
        start=args.start,
        device=args.device,
        steps=args.steps,
        relevance_steps=args.relevance_steps,
        minutes=args.minutes,
        seed=args.seed,
        lora=not args.no_lora,
    )
    space = build.space(settings)
    pictured = lambda: list(zip((t.name for t in things()), place_things(space, things()), strict=True))  # noqa: E731
    report = run(config, space, pictured, progress=lambda line: print(_step(json.loads(line), config.steps), flush=True))
    for mode, figures in report.validation.items():
        print(f"{mode:<8}" + "  ".join(f"{name} {value:.3f}" for name, value in figures.items()))
    print(f"bridge   {report.bridge}")
    print(f"adapter  {report.adapter or '-'}")
    print("" if report.finished else f"{report.step} of {config.steps} steps: run the same command again to go on")
    return 0


def _step(values: dict[str, Any], steps: int) -> str:
    """A line of the log as a person reads it: how far, how well, how long still."""
    if "relevance" in values:
        return f"choosing slots: step {values['relevance']}/{values['of']}  loss {values['loss']:.3f}"
    if "left" not in values:
        return f"step {values['step']}/{steps}  " + json.dumps(values["validation"])
    left = dt.timedelta(seconds=values["left"])
    return f"step {values['step']}/{steps}  loss {values['loss']:.3f}  {values['seconds']:.1f} s a step, {left} left"


def evaluate(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.evaluate import tasks

    table = tasks.RUN[args.task](args, settings)
    print(json.dumps(table.as_dict(), ensure_ascii=False) if args.json else table)
    return 0
