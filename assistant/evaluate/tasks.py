"""Every measurement by name. Each takes the command line's arguments and gives one table."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.app import build
from assistant.app.demo import FIRM, QUESTIONS, prepared
from assistant.evaluate.table import Table
from assistant.serve.show import progress
from ingest.base.errors import BadInput
from ingest.base.settings import Settings

if TYPE_CHECKING:
    from assistant.evaluate.reading import Examiner

Task = Callable[[argparse.Namespace, Settings], Table]


def firm(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.answer.outcome import Answer
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


def shown(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import shown as task
    from assistant.search.question import read

    home = prepared(settings)
    readers = build.readers(home)
    with build.memory(home) as memory:
        return task.run(
            args.file or task.QUESTIONS, FIRM,
            lambda text, image, sound: read(text, image, sound, home, readers, memory.space),
            build.assistant(home, memory), build.viewer(memory.catalog),
        )  # fmt: skip


def durability(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import durability as task

    with tempfile.TemporaryDirectory() as scratch:
        return task.table(task.run(args.file or task.sixty(Path(scratch)), args.kills))


def kills(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import kills as task

    return task.table(task.run(settings, args.file or settings.home / "kills", args.kills))


def pictures(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import pictures as task

    return task.run(_file(args, "folder of photographs"), settings)


def perception(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import perception as task

    return task.run(_file(args, "folder of pages and recordings"), settings)


def throughput(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import throughput as task

    return task.run(args.file, settings)


def space(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import space as task

    return task.run(args.file, settings)


def sensors(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import sensors as task

    return task.run(_file(args, "folder of records with their labelled windows"))


def tables(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import tables as task

    with tempfile.TemporaryDirectory() as scratch:
        return task.run(
            _file(args, "file of questions over tables"), args.questions, Path(scratch), build.space(settings)
        )


def concepts(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import concepts as task
    from assistant.evaluate import firm as firm_task

    home = prepared(settings)
    asked = [(one.question, one.sources) for one in firm_task.load(args.file or QUESTIONS) if one.sources]
    with build.memory(home) as memory:
        return task.measure(memory, memory.space, asked)


def search(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import search as task

    return task.evaluate(_file(args, "file of questions with their passages"), args.questions, among=args.among)


def slots(args: argparse.Namespace, settings: Settings) -> Table:
    """On the passages of a file, else on the sample firm's entities with the questions that the encoder understands."""
    from assistant.evaluate import slots as task
    from assistant.evaluate.firm import load
    from assistant.search.retrieve import FLUENT

    words = build.space(settings)
    if args.file:
        passages, cases = task.of_rows(args.file, args.questions)
        return task.evaluate(args.file.name.split(".")[0], passages, cases, words)
    catalog = build.catalog(prepared(settings))
    said = {row.path: [item.words for item in catalog.entities_of(row.id)] for row in catalog.sources()}
    asked = [(one.question, one.sources) for one in load(QUESTIONS) if one.sources]
    asked = [(question, sources) for question, sources in asked if words.fluency(question) >= FLUENT]
    return task.evaluate("the sample firm", *task.of_sources(said, asked[: args.questions]), words)


def answers(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import answers as task

    questions = task.load(_file(args, "file of questions like firm_real's"))
    if not args.sources:
        raise BadInput("which files are asked?", "add --sources FOLDER")
    chosen = set(random.Random(0).sample(range(len(questions)), min(args.questions, len(questions))))
    asked = [one for number, one in enumerate(questions) if number in chosen]
    return task.evaluate(asked, args.sources, settings, args.out, args.beside)


def ingestion(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import speed as task

    return task.ingestion(_file(args, "file of questions with their passages"))


def answering(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import speed as task

    return task.answering(_file(args, "file of questions with their passages"), min(args.questions, 20))


def reading(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import reading as task

    rows = task.read_rows(_file(args, "file of questions with their passages"))
    asked, modes = task.questions(rows, args.questions), _modes(args, task.MODES)
    with progress(len(asked), "questions", quiet=args.json) as bar:
        return task.reading(_examiner(settings), asked, modes, bar.update)


def refusal(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import reading as task

    yes = task.questions(task.read_rows(_file(args, "file of answerable questions")), args.questions)
    if args.other is None:
        raise BadInput("this needs unanswerable questions too", "--other FILE")
    no = task.questions(task.read_rows(args.other), args.questions, answerable=False)
    return task.refusal(_examiner(settings), yes, no, _modes(args, ("kept", "soft 4")))


def trust(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import reading
    from assistant.evaluate import trust as task

    asked = reading.questions(reading.read_rows(_file(args, "file of answerable questions")), args.questions)
    asked += task.unanswered(asked)[: args.questions // 2]
    if args.other:
        asked += reading.questions(reading.read_rows(args.other), args.questions // 2, answerable=False)
    found = task.read(args.out) if args.out else []
    with progress(len(asked), "questions", quiet=args.json) as bar:
        bar.update(len(found))
        for trial in task.trials(_examiner(settings).reader, asked[len(found) :], bar.update):
            found.append(trial)
            if args.out:
                task.write(args.out, trial)
    return task.table(found)


def judge(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import judge as task
    from assistant.fit.scenes import scenes

    held = [scene for scene in scenes() if scene.held]
    with progress(args.questions, "statements", quiet=args.json) as bar:
        return task.table(list(task.judged(_examiner(settings).reader, held, args.questions, bar.update)))


def first_token(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import reading as task

    rows = task.read_rows(_file(args, "file of questions with their passages"))
    passages = list(dict.fromkeys(row["context"] for row in rows))
    return task.first_token(_examiner(settings), passages, (1, 2, 5, 10, 20))


def redaction(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import redaction as task

    return task.table(task.read(_file(args, "file of labelled sentences")))


def leaks(args: argparse.Namespace, settings: Settings) -> Table:
    """On this memory if it has a policy, else on the sample firm with its own questions."""
    from assistant.evaluate import leaks as task
    from assistant.evaluate.firm import scopes_of

    home, questions = settings, []
    if build.policies(build.catalog(settings)).current() is None:
        home, questions = prepared(settings), scopes_of(QUESTIONS)
    with build.memory(home) as memory:
        policy = build.policies(memory.catalog).current()
        assert policy is not None
        tell = lambda done: print(f"\r{done} probes", end="", file=sys.stderr)  # noqa: E731
        return task.table(task.run(memory, policy, questions, args.probes, args.out, tell))


def access(args: argparse.Namespace, settings: Settings) -> Table:
    from assistant.evaluate import access as task

    return task.table(task.run(settings, task.ENTITIES, task.SCOPES), task.ENTITIES, task.SCOPES)


def _modes(args: argparse.Namespace, usual: Sequence[str]) -> Sequence[str]:
    """The ways of giving the sources that were asked for, else the usual ones."""
    from assistant.evaluate.reading import MODES

    modes = args.modes.split(",") if args.modes else usual
    if unknown := set(modes) - set(MODES):
        raise BadInput(f"there is no mode {', '.join(sorted(unknown))}", f"--modes takes {', '.join(MODES)}")
    return modes


def _examiner(settings: Settings) -> Examiner:
    from assistant.evaluate.reading import Examiner
    from assistant.model.reader import load

    return Examiner(load(settings))


def _file(args: argparse.Namespace, what: str) -> Path:
    if args.file is None:
        raise BadInput(f"this needs a {what}", f"kotonoha evaluate {args.task} --file PATH")
    if not args.file.exists():
        raise BadInput(f"{args.file} is not there", f"give a {what} with --file")
    return Path(args.file)


RUN: dict[str, Task] = {
    "firm": firm,
    "shown": shown,
    "search": search,
    "slots": slots,
    "answers": answers,
    "reading": reading,
    "refusal": refusal,
    "trust": trust,
    "judge": judge,
    "first-token": first_token,
    "ingestion": ingestion,
    "answering": answering,
    "durability": durability,
    "kills": kills,
    "throughput": throughput,
    "space": space,
    "pictures": pictures,
    "perception": perception,
    "sensors": sensors,
    "tables": tables,
    "concepts": concepts,
    "redaction": redaction,
    "leaks": leaks,
    "access": access,
}
