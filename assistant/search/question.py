"""What is asked: typed or spoken words, and what is shown with them, a picture or a sound.

The file is read by the reader that reads it for the memory, within the same limits, and kept nowhere. Without typed words
what somebody says in a recording is the question. Pictures and sounds take part in the search by their place in the space
and by their words; part numbers that can be read in a picture say which part is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest import reading
from ingest.base.errors import BadInput
from ingest.source import look
from ingest.space.entity import identify
from ingest.text.codes import written
from ingest.work import place

if TYPE_CHECKING:
    from ingest.base.settings import Settings
    from ingest.readers import Reader
    from ingest.space.entity import Entity
    from ingest.space.space import Space, Vectors

WHAT = "What is this?"
"""The question of a picture without any words."""

LONGEST = 2_000
"""Characters of speech that are a question; more is a report."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown with a question.

    Attributes:
        words: what can be read in it, or says what it sounds like; they are looked for but ask nothing.
        vectors: float32 [n, dim], unit length: the address of each picture and sound.
    """

    words: str
    vectors: Vectors

    def named(self, question: str) -> str:
        """The question with the part numbers that are shown: "What is this part? (MS-22)"."""
        found = self._codes(question)
        return f"{question} ({', '.join(found)})" if found else question

    def exact(self, question: str) -> str:
        """The question with the part number that its answer must be about; of several that are shown none must be."""
        return self.named(question) if len(self._codes(question)) == 1 else question

    def _codes(self, question: str) -> list[str]:
        return [code for code in written(self.words) if code not in written(question)]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, ready to be asked. `notes` are for the person: what was heard roughly or left out."""

    text: str
    shown: Shown | None = None
    notes: tuple[str, ...] = ()


def read(
    text: str, image: Path | None, sound: Path | None, settings: Settings, readers: Sequence[Reader], space: Space,
    own_words: Sequence[str] = (), what: str = WHAT,
) -> Question:  # fmt: skip
    """A question from what was typed, a picture and a recording; each may be missing.

    Args:
        own_words: names and terms that whoever asks may read, and so may say.
        what: the question of a picture without any words, in the language of whoever asks.

    Raises:
        BadInput: a file of another kind, speech that is too long, or nothing is asked.
        UnreadableSource: a file that cannot be read, in one line.
    """
    seen, noticed = _read(image, "image", "a picture", settings, readers) if image else ([], ())
    heard, noted = _read(sound, "audio", "a recording", settings, readers, own_words) if sound else ([], ())
    spoken = "" if text.strip() else " ".join(one.text for one in _of("utterance", heard))
    if len(spoken) > LONGEST:
        raise BadInput(f"{sound}: more is said than a question ({LONGEST:,} characters)", "write the question")
    if sound and not image and not (text.strip() or spoken):
        raise BadInput(f"{sound}: nothing is said in it", "write what you want to know about it")
    things = [*_of("picture", seen), *_sounds(heard, spoken=not spoken)]
    asked = text.strip() or spoken or what * bool(image)
    return Question(asked, _shown(things, space) if things else None, (*noticed, *noted))


def _read(
    path: Path, name: str, what: str, settings: Settings, readers: Sequence[Reader], own_words: Sequence[str] = ()
) -> tuple[list[Entity], tuple[str, ...]]:
    """What a file says, read as it would be for the memory, and notes about it.

    Raises:
        BadInput: it is not for the reader of this name.
    """
    source = replace(look(path, settings), own_words=tuple(own_words))
    found = reading.read(source, readers)
    if found.reader != name:
        raise BadInput(f"{path}: not {what} ({source.media})")
    return list(identify("question", "", found.drafts)), found.notes


def _of(kind: str, entities: Sequence[Entity]) -> list[Entity]:
    return [entity for entity in entities if entity.kind == kind]


def _sounds(heard: Sequence[Entity], *, spoken: bool) -> list[Entity]:
    """What can be heard, with or without speech; the recording itself where there is nothing in it."""
    inside = [one for one in heard if one.kind == "event" or (spoken and one.kind == "utterance")]
    return inside if inside or not spoken else _of("sound", heard)


def _shown(things: Sequence[Entity], space: Space) -> Shown:
    words = [str(one.facts.get("text", "")) if one.kind == "picture" else one.text for one in things]
    addresses = [one.address for one in place(space, things)]
    return Shown("\n".join(filter(None, words)), np.stack(addresses))
