"""The command about outside models: what is here, what is used meanwhile, and how to get a better one."""

from __future__ import annotations

import argparse
from pathlib import Path

from assistant.cli.parts import Commands, command
from ingest.errors import BadInput, MissingPart
from ingest.settings import Settings

SAMPLE = 64
"""Pictures looked at to find the mean of all pictures."""


def add(commands: Commands) -> None:
    parser = command(
        commands, "models", listed, "show the outside models, fetch one", "kotonoha models pull whisper-base"
    )
    actions = parser.add_subparsers(metavar="ACTION")
    pull = command(
        actions, "pull", pulled, "fetch a Whisper model (this uses the network)", "kotonoha models pull whisper-base"
    )
    pull.add_argument(
        "name", help="whisper-tiny, whisper-base, whisper-small, whisper-medium, whisper-large-v3-turbo, ..."
    )
    align = command(
        actions,
        "align",
        aligned,
        "fit the model named by KOTONOHA_CLIP to the memory's space",
        "KOTONOHA_CLIP=~/models/siglip2-base kotonoha models align ~/photos",
    )
    align.add_argument(
        "folder", type=Path, help=f"holds pictures like those to be seen; {SAMPLE} of them are looked at"
    )


def listed(args: argparse.Namespace, settings: Settings) -> int:
    from ingest import weights
    from ingest.encoders.speech import PULL, recogniser

    for one in weights.ALL:
        try:
            weights.find(one)
            state = "here"
        except MissingPart as error:
            state = f"missing: {error.hint}"
        print(f"{one.role:16} {one.name} ({one.licence}): {state}")
    hearing = recogniser(settings)
    print(f"{'hearing speech':16} {hearing.name}{f' (rough; better: {PULL})' if hearing.rough else ''}")
    return 0


def pulled(args: argparse.Namespace, settings: Settings) -> int:
    from ingest.encoders.speech import pull

    print(pull(args.name))
    return 0


def aligned(args: argparse.Namespace, settings: Settings) -> int:
    from PIL import Image

    from assistant import build
    from ingest.encoders.clip import Clip
    from ingest.readers.image import frame_of

    sight = build.sight(settings)
    if not isinstance(sight, Clip):
        raise BadInput("no CLIP or SigLIP model is named", "KOTONOHA_CLIP names its folder")
    files = sorted(path for path in args.folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    step = max(len(files) // SAMPLE, 1)
    found = sight.align([frame_of(Image.open(path)).image for path in files[::step][:SAMPLE]])
    shape = " to ".join(map(str, found.map.shape))
    print(f"{sight.name}: {shape} numbers, with the mean of {min(len(files), SAMPLE)} pictures")
    return 0
