"""Passages with their questions, as the data sets have them, and which of them are held out of training.

A set is a file of gzipped JSON lines with `context`, `question`, `answer` or `answers`, optionally `title`. A question
without an answer is one that its passage does not answer.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ingest.base.errors import BadInput
from ingest.text.language import Language, language_of

HELD = 10
"""One passage in so many is held out, chosen by what it says, so that it is so in every run and in every set."""

SIZES: dict[Language, tuple[int, int]] = {"en": (150, 1000), "ja": (80, 430)}
"""Characters of a passage that is used, at least and at most."""

LONGEST_ANSWER = 160
"""Characters; what is longer is no answer of one sentence."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question and what answers it in its passage, word by word; "" where nothing does."""

    id: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage and its questions. `collection` is the set it is of."""

    collection: str
    language: Language
    title: str
    text: str
    asks: tuple[Ask, ...]

    @property
    def held(self) -> bool:
        """Whether it is kept out of training."""
        return held(self.text)


def held(text: str) -> bool:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % HELD == 0


def passages(folder: Path) -> list[Passage]:
    """The passages of every set in a folder, each once, that are neither too long nor too short.

    Raises:
        BadInput: there is none.
    """
    found = [passage for file in sets(folder) for passage in _of(file)]
    if not found:
        raise BadInput(f"no set in {folder} has passages of usual length", "--data FOLDER")
    return found


def sets(folder: Path) -> list[Path]:
    """The files of a folder.

    Raises:
        BadInput: there is none.
    """
    files = sorted(folder.glob("*.jsonl.gz"))
    if not files:
        raise BadInput(f"there are no *.jsonl.gz in {folder}", "--data FOLDER")
    return files


def rows(file: Path) -> Iterator[tuple[str, str, str, str]]:
    """Title, passage, question and its first answer, row by row; rows of tables are left out.

    Raises:
        BadInput: a row is not of that form.
    """
    try:
        for line in gzip.decompress(file.read_bytes()).decode("utf-8").splitlines():
            row: dict[str, Any] = json.loads(line)
            if "context" in row:
                answers = row.get("answers") or [row.get("answer") or ""]
                yield row.get("title") or "", row["context"], row["question"], answers[0]
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{file.name} is not a file of questions: {error}") from error


def _of(file: Path) -> Iterator[Passage]:
    name = file.name.removesuffix(".jsonl.gz")
    grouped: dict[str, tuple[str, dict[str, str]]] = {}
    for title, context, question, answer in rows(file):
        if len(answer) <= LONGEST_ANSWER:
            grouped.setdefault(context, (title, {}))[1].setdefault(question, answer)
    for context, (title, asked) in grouped.items():
        text = _plain(context)
        fits = {language for language, (least, most) in SIZES.items() if least <= len(text) <= most}
        if fits and (language := language_of(text)) in fits:
            pairs = [(_plain(question), _plain(answer)) for question, answer in asked.items()]
            asks = tuple(Ask(_id(text, question), question, answer) for question, answer in pairs)
            yield Passage(name, language, "" if title == name else _title(title), text, asks)


def _plain(text: str) -> str:
    return re.sub(r"[ \t]+", " ", text).strip()


def _title(title: str) -> str:
    """An address is named by its last part."""
    last = unquote(title.rsplit("/", 1)[-1]) if title.startswith("http") else title
    return last.replace("_", " ")


def _id(text: str, question: str) -> str:
    return hashlib.blake2b(f"{text}\n{question}".encode(), digest_size=8).hexdigest()
