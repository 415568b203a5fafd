"""The command about outside models: what is here, how to bring one, which one is used."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assistant.cli.parts import Commands, command
from ingest.base.errors import BadInput
from ingest.base.settings import Settings

SAMPLE = 64
"""Pictures looked at to find the mean of all pictures."""


def add(commands: Commands) -> None:
    parser = command(
        commands, "models", listed, "list, bring, check and choose the outside models", "kotonoha models pull"
    )
    actions = parser.add_subparsers(metavar="ACTION")
    command(
        actions, "list", listed, "every known model, whether it is here, and which are used", "kotonoha models list"
    )
    _add_pull(actions)
    check = command(
        actions, "check", checked, "hash models again, all of them without a name", "kotonoha models check whisper-base"
    )
    check.add_argument("names", nargs="*", metavar="NAME", help="see: kotonoha models list")
    remove = command(
        actions, "remove", removed, "take a model off the disk", "kotonoha models remove qwen2.5-coder-0.5b"
    )
    remove.add_argument("name", metavar="NAME")
    use = command(
        actions, "use", used, "choose the language model, for all memories", "kotonoha models use qwen2.5-coder-0.5b"
    )
    use.add_argument("name", metavar="NAME|FILE", help="a known language model, or a GGUF file of yours")
    align = command(
        actions, "align", aligned, "fit the model named by KOTONOHA_CLIP to the memory's space",
        "KOTONOHA_CLIP=~/models/siglip2-base kotonoha models align ~/photos",
    )  # fmt: skip
    align.add_argument(
        "folder", type=Path, help=f"holds pictures like those to be seen; {SAMPLE} of them are looked at"
    )


def _add_pull(actions: Commands) -> None:
    pull = command(
        actions, "pull", pulled, "bring models, the defaults without a name (this uses the network)",
        "kotonoha models pull whisper-base",
    )  # fmt: skip
    pull.add_argument("names", nargs="*", metavar="NAME", help="see: kotonoha models list")
    pull.add_argument("--from", dest="given", type=Path, metavar="FILE", help="a file or folder that you have, instead")


def listed(args: argparse.Namespace, settings: Settings) -> int:
    from ingest.base import weights

    chosen = weights.chosen(weights.LANGUAGE_MODEL)
    for one in weights.models().values():
        size = f"{one.size / 1e6:,.0f} MB" if one.size else "installed"
        state = weights.fault(one) or "here"
        mark = "*" if one.name == chosen else " "
        print(f"{mark} {one.name:22} {one.role:26} {one.licence:13} {size:>9}  {state}")
    if chosen and chosen not in weights.models():
        print(f"* {chosen} ({weights.LANGUAGE_MODEL})")
    return 0


def pulled(args: argparse.Namespace, settings: Settings) -> int:
    from tqdm import tqdm

    from assistant.app import build
    from ingest.base import fetch, weights

    chosen = [weights.known(name) for name in args.names]
    if args.given and len(chosen) != 1:
        raise BadInput("--from needs the name of one model", "kotonoha models list")
    for model in chosen or [one for one in weights.models().values() if one.default]:
        build.note(settings, build.catalog(settings), "models pull", {"model": model.name})
        out = getattr(sys.stderr, "raw", sys.stderr)  # a bar is meant to act
        with tqdm(total=model.size, desc=model.title, unit="B", unit_scale=True, file=out) as bar:
            for path in fetch.pull(model, args.given, bar.update):
                bar.clear()
                print(path)
    return 0


def checked(args: argparse.Namespace, settings: Settings) -> int:
    from ingest.base import verdicts, weights

    faults = 0
    for model in [weights.known(name) for name in args.names] or weights.models().values():
        for file in model.files:
            path = weights.place_of(model, file)
            if path and path.is_file():
                verdicts.digest(path, again=True)
        fault = weights.fault(model)
        wanted = bool(args.names) or model.default or bool(model.package)
        faults += bool(fault) and wanted
        print(f"{model.name}: {fault or 'as it should be'}")
    return 3 if faults else 0


def removed(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build
    from ingest.base import fetch, weights

    model = weights.known(args.name)
    if model.package:
        raise BadInput(f"{model.title} came with the installation", f"pip uninstall {model.distribution}")
    build.note(settings, build.catalog(settings), "models remove", {"model": model.name})
    print(f"{model.title}: {fetch.remove(model) / 1e6:,.0f} MB freed")
    return 0


def used(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build
    from ingest.base import verdicts, weights

    name = args.name
    if name in weights.models():
        model = weights.known(name)
        if model.role != weights.LANGUAGE_MODEL:
            raise BadInput(f"{model.title} is for {model.role}", "only the language model can be chosen")
        weights.find(name)
    else:
        path = Path(name).expanduser().absolute()
        if not path.is_file():
            raise BadInput(f"'{name}' is neither a known model nor a file", "kotonoha models list")
        name = str(path)
        print(f"sha256 {verdicts.trust(path)}")
    build.note(settings, build.catalog(settings), "models use", {"model": name})
    weights.choose(weights.LANGUAGE_MODEL, name)
    print(
        f"{name} answers from now on" + (f"; KOTONOHA_LLM={settings.llm} wins while it is set" if settings.llm else "")
    )
    return 0


def aligned(args: argparse.Namespace, settings: Settings) -> int:
    from PIL import Image

    from assistant.app import build
    from ingest.readers.image import frame_of
    from ingest.space.encoders.clip import Clip

    if not settings.clip:
        raise BadInput("no CLIP or SigLIP model is named", "KOTONOHA_CLIP names its folder")
    sight = build.sight(settings)
    assert isinstance(sight, Clip)
    files = sorted(path for path in args.folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    step = max(len(files) // SAMPLE, 1)
    found = sight.align([frame_of(Image.open(path)).image for path in files[::step][:SAMPLE]])
    build.note(settings, build.catalog(settings), "models align", {"model": sight.name})
    shape = " to ".join(map(str, found.map.shape))
    print(f"{sight.name}: {shape} numbers, with the mean of {min(len(files), SAMPLE)} pictures")
    return 0
