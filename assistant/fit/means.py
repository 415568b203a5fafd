"""The mean of each language in the linguistic space, from a fixed sample: what `Words` takes out of every state.

    python -m assistant.fit.means qa/squad_train_part.jsonl.gz qa/jaquad.jsonl.gz

A file is gzipped JSON lines with `context` and `question`. Passages and questions are read each in their own way; a language is
what `language_of` says, and `other` is halfway between those there are.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingest.space.encoders.words import LANGUAGES, MEANS, PREFIXES, Words
from ingest.space.space import Vectors
from ingest.text.language import language_of

SAMPLE = 250
"""Passages of a file, and twice as many questions; of so many the mean is settled."""


def means(passages: Sequence[str], questions: Sequence[str], words: Words) -> Vectors:
    """float32 [len(PREFIXES), len(LANGUAGES), dim]; `words` must take nothing out.

    Raises:
        ValueError: a language has no text at all.
    """
    return np.stack(
        [_of_languages(texts, words.middles(texts, bool(kind))) for kind, texts in enumerate((passages, questions))]
    )


def _of_languages(texts: Sequence[str], middles: Vectors) -> Vectors:
    spoken = [language_of(text) for text in texts]
    found = {one: middles[[said == one for said in spoken]] for one in LANGUAGES if one != "other"}
    if not all(len(of) for of in found.values()):
        raise ValueError(f"no texts in one of {', '.join(found)}")
    known: dict[str, Vectors] = {one: of.mean(axis=0) for one, of in found.items()}
    between: Vectors = np.mean(np.stack(list(known.values())), axis=0)
    return np.stack([known.get(one, between) for one in LANGUAGES]).astype(np.float32)


def sample(file: Path, seed: int = 0) -> tuple[list[str], list[str]]:
    """Passages of a file and questions about them."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    passages = list(dict.fromkeys(row["context"] for row in rows))
    kept = random.Random(seed).sample(passages, min(SAMPLE, len(passages)))  # noqa: S311
    asked = [row["question"] for row in rows if row["context"] in set(kept)]
    return kept, random.Random(seed).sample(asked, min(2 * SAMPLE, len(asked)))  # noqa: S311


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m assistant.fit.means", description="Learns the mean of each language."
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=MEANS)
    args = parser.parse_args()
    samples = [sample(file) for file in args.files]
    nothing = np.zeros((len(PREFIXES), len(LANGUAGES), Words.dim), np.float32)
    found = means([p for one, _ in samples for p in one], [q for _, one in samples for q in one], Words(means=nothing))
    np.save(args.out, found, allow_pickle=False)


if __name__ == "__main__":
    main()
