"""The command that trains: the chooser, and the adapter with the sentences it learns from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.parts import Commands, command
from ingest.base.errors import BadInput
from ingest.base.settings import Settings

if TYPE_CHECKING:
    from assistant.fit.state import State

CHOOSER = "kotonoha fit chooser --data qa/ --out chooser.safetensors --minutes 20"
SENTENCES = "kotonoha fit sentences --data qa/ --out sentences.jsonl --minutes 600"
ADAPTER = "kotonoha fit adapter --data qa/ --sentences sentences.jsonl --out trained/ --minutes 60"

TOLD_EVERY = 60
"""Steps from one loss on passages held out to the next."""


def add(commands: Commands) -> None:
    parser = command(
        commands, "fit", _which, "train what a GGUF model needs for its work here", f"{CHOOSER}\n{SENTENCES}\n{ADAPTER}"
    )
    actions = parser.add_subparsers(metavar="ACTION")
    _add_chooser(actions)
    _add_sentences(actions)
    _add_adapter(actions)


def _add_chooser(actions: Commands) -> None:
    parser = command(
        actions, "chooser", chooser, "train what chooses the tokens of a source that a question is given", CHOOSER
    )
    _add_common(parser)
    parser.add_argument("--out", type=Path, required=True, help="where the chooser is written")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after this much time")


def _add_sentences(actions: Commands) -> None:
    parser = command(
        actions, "sentences", sentences,
        "let the model write what the adapter learns from, and keep what holds the known answers", SENTENCES,
    )  # fmt: skip
    _add_common(parser)
    parser.add_argument("--out", type=Path, required=True, help="JSON lines; what stands there already is gone on from")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="stop after this much time; the same command goes on"
    )


def _add_adapter(actions: Commands) -> None:
    parser = command(actions, "adapter", adapter, "train a LoRA that reads sources, and write it as GGUF", ADAPTER)
    _add_common(parser, needed=False)
    parser.add_argument(
        "--sentences", type=Path, help="what `kotonoha fit sentences` wrote; without it scenes and talks alone are read"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the adapter and the state to go on from")
    parser.add_argument("--minutes", type=float, required=True, help="of training altogether; 0 only tells the loss")
    parser.add_argument("--steps", type=int, default=0, help="of training altogether, if that ends first")
    parser.add_argument(
        "--adapter-from", type=Path, help="the state of another training, or an adapter (GGUF), to begin with"
    )
    parser.add_argument("--together", type=int, default=1, help="packs of a step; 8 where there is a GPU")
    parser.add_argument("--held", type=int, default=10, help="steps on passages held out by which the loss is told")


def _add_common(parser: argparse.ArgumentParser, needed: bool = True) -> None:
    parser.add_argument("--llm", default="", help="the GGUF model (default: the one that answers)")
    parser.add_argument(
        "--data", type=Path, required=needed, help="folder of *.jsonl.gz: context, question, answer[, title]"
    )
    parser.add_argument("--seed", type=int, default=7)


def _which(args: argparse.Namespace, settings: Settings) -> int:
    raise BadInput("what is to be trained?", "kotonoha fit chooser, sentences or adapter")


def _begun(file: Path, llm: Path) -> State:
    """Where a training goes on, or an adapter to begin with."""
    from assistant.fit import lora, state

    return state.State(lora.exported(file)) if file.suffix == ".gguf" else state.load(file, llm)


def _model(args: argparse.Namespace, settings: Settings) -> Path:
    """The file of the model that is trained for."""
    from assistant.model.llm import DEFAULT
    from ingest.base import weights

    return weights.language_model(args.llm or settings.llm, DEFAULT)


def chooser(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.fit import chooser as training
    from assistant.fit import passages
    from assistant.model import chooser
    from assistant.model.llm import Llm

    files = passages.sets(args.data)
    llm = Llm(_model(args, settings), context=64, threads=settings.threads)
    fitted = training.fit(
        files, llm.vocabulary, llm.embedding_rows, steps=args.steps, minutes=args.minutes, seed=args.seed,
        progress=lambda step, loss: print(f"step {step}/{args.steps}  loss {loss:.3f}", flush=True),
    )  # fmt: skip
    sets = ", ".join(file.name.removesuffix(".jsonl.gz") for file in files)
    chooser.save(args.out, llm.path, fitted.tables, f"{fitted.steps} steps on {sets}")
    made = chooser.load(args.out, llm)
    for ratio in (2, 4, 8):
        kept = training.coverage(fitted.held, made, ratio)
        print(
            f"of {len(fitted.held)} questions held out: {kept:.3f} of the answers are kept whole at 1 token in {ratio}"
        )
    return 0


def sentences(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.fit.passages import passages
    from assistant.fit.sentences import Written, write
    from assistant.fit.writer import Writer
    from assistant.model.llm import Llm

    def told(done: Written) -> None:
        print(f"{done.tried} questions tried, {done.kept} sentences and {done.sections} lists kept", flush=True)

    read = passages(args.data)
    path = _model(args, settings)
    llm = Llm(path, context=settings.context, threads=settings.threads)
    write(read, Writer(llm), args.out, minutes=args.minutes, seed=args.seed, progress=told)
    return 0


def adapter(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.fit import state, taught
    from assistant.fit.adapter import Plan, held_out, train
    from assistant.fit.lora import Qwen2
    from assistant.fit.packs import packed
    from assistant.fit.passages import passages
    from assistant.fit.scenes import scenes
    from assistant.fit.steps import Course
    from assistant.model.vocabulary import Vocabulary

    if bool(args.data) != bool(args.sentences):
        raise BadInput("passages and the sentences on them go together", "--data FOLDER --sentences FILE, or neither")
    read, said = (passages(args.data), taught.read(args.sentences)) if args.data else ([], taught.Taught({}, {}))
    course = Course(read, said, scenes(), args.seed)
    path = _model(args, settings)
    tokens, file = Vocabulary.of(path), args.out / "state.safetensors"
    begin = file if file.exists() else args.adapter_from
    begun = _begun(begin, path) if begin else None
    model = Qwen2(path, seed=args.seed, threads=settings.threads)
    held = [packed(course.held_out(number), tokens) for number in range(args.held)]
    args.out.mkdir(parents=True, exist_ok=True)

    def told(now: state.State, loss: float) -> None:
        print(f"step {now.step}  loss {loss:.3f}  {now.seconds / 60:.1f} minutes", flush=True)
        if now.step % TOLD_EVERY == 0:
            print(f"loss on passages held out, after {now.step} steps: {held_out(model, held):.3f}", flush=True)

    print(f"loss on passages held out, without training: {held_out(model, held):.3f}", flush=True)
    done = train(
        model,
        lambda number: packed(course.step(number), tokens),
        file,
        path,
        Plan(args.steps, args.minutes, args.together),
        begun,
        told,
    )
    print(f"loss on passages held out, after {done.step} steps: {held_out(model, held):.3f}")
    model.export(args.out / "adapter.gguf", f"{done.step} steps")
    print(f"to answer with it: KOTONOHA_ADAPTER={args.out / 'adapter.gguf'}")
    return 0
