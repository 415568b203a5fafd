"""Commands that read the memory: ask, serve, demo."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.parts import Commands, as_person, command
from ingest.base.plain import line
from ingest.base.settings import Settings

if TYPE_CHECKING:
    from assistant.search.question import Question


def add(commands: Commands) -> None:
    parser = command(
        commands, "ask", ask, "ask a question", 'kotonoha ask "How often is the spindle greased?" --as sawada'
    )
    parser.add_argument("question", nargs="?", default="", help="read from standard input when nothing else is given")
    parser.add_argument("--image", type=Path, help="a picture that the question is about")
    parser.add_argument("--audio", type=Path, help="a recording of the question, or of what it is about")
    as_person(parser, "answer only from what this person may read (default: the owner the policy names)")
    parser.add_argument(
        "--grounding",
        choices=("hybrid", "soft", "text", "none"),
        default="hybrid",
        help="how the sources reach the model: best as text and the rest as soft tokens, all soft, all text, not at all",
    )
    parser.add_argument("--json", action="store_true", help="the whole answer as one JSON object")

    parser = command(
        commands, "search", search, "list what fits a question, without any language model",
        'kotonoha search "greasing the spindle" --as sawada',
    )  # fmt: skip
    parser.add_argument("question")
    as_person(parser, "search only what this person may read (default: the owner the policy names)")
    parser.add_argument("--hits", type=int, default=8, help="how many at most")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")

    parser = command(commands, "serve", serve, "open the chat in a browser", "kotonoha serve --port 7860")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at; others than this machine's own need accounts"
    )
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument(
        "--name", action="append", default=[], help="a name of this machine on its network; may be repeated"
    )
    parser.add_argument("--demo", action="store_true", help="serve the bundled sample firm")
    parser.add_argument(
        "--watch", action="append", default=[], type=Path, metavar="FOLDER",
        help="read a folder again whenever something changes in it, by the policy's folder rules; may be repeated",
    )  # fmt: skip

    command(commands, "demo", demo, "read the bundled sample firm and ask it questions", "kotonoha demo")


def search(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build
    from assistant.search.retrieve import Retriever
    from assistant.serve import show

    with build.memory(settings) as memory:
        viewer = build.viewer(memory.catalog, args.person)
        hits = Retriever(memory, memory.catalog, memory.space).search(args.question, viewer, args.hits)
        names = {hit.entity.source: memory.catalog.source(hit.entity.source) for hit in hits}
        for number, hit in enumerate(hits, 1):
            row = names[hit.entity.source]
            path = row.path if row else hit.entity.source
            if args.json:
                found = {
                    "rank": number, "score": round(float(hit.score), 4), "kind": hit.entity.kind, "source": path,
                    "locator": hit.entity.locator.as_dict(), "title": hit.entity.title, "text": hit.entity.text,
                }  # fmt: skip
                print(json.dumps(found, ensure_ascii=False))
            else:
                print(show.hit(number, hit.entity, path))
        if memory.impaired:
            print(f"note: {line(memory.impaired)}", file=sys.stderr)
    return 0 if hits else 1


def ask(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.answer.outcome import Answer
    from assistant.app import build
    from assistant.serve import show

    question = _asked(args, settings)
    with build.memory(settings) as memory:
        viewer = build.viewer(memory.catalog, args.person)
        assistant = build.assistant(settings, memory)
        events = assistant.ask(question.text, viewer, grounding=args.grounding, shown=question.shown)
        if not args.json:
            if args.image or args.audio:
                show.question(question)
            show.answer(events)
            return 0
        for event in events:
            if isinstance(event, Answer):
                print(json.dumps(event.as_dict(), ensure_ascii=False))
    return 0


def _asked(args: argparse.Namespace, settings: Settings) -> Question:
    """The question as it was typed, or with what was shown and said."""
    from assistant.app import build
    from assistant.search.question import Question, read

    if not (args.image or args.audio):
        return Question(args.question or sys.stdin.read())
    readers, space = build.readers(settings), build.space(settings)
    own_words = build.own_words(settings, args.person)
    return read(args.question, args.image, args.audio, settings, readers, space, own_words)


def serve(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import serving
    from assistant.app.demo import examples, guests, prepared

    if not args.demo:
        return serving.serve(settings, args.host, args.port, args.name, watch=args.watch)
    return serving.serve(prepared(settings), args.host, args.port, args.name, examples(), guests(), args.watch)


def demo(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app.demo import run

    return run(settings)
