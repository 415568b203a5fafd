"""The reader: the language model that the settings name, with the adapter made for it, and sources it keeps read.

Reads each source once and by itself; a question is then given all of it, or the part that it needs. Says how probable it
is that the sources hold no answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from assistant.model import chooser, prompt
from assistant.model.heads import Heads
from assistant.model.llm import DEFAULT, Given, Llm, Part
from assistant.model.prompt import Text
from assistant.model.relevance import Selector
from assistant.model.shelf import Shelf
from assistant.model.vocabulary import Turn
from assistant.model.writing import Asked, Stream
from ingest.base import verdicts, weights
from ingest.base.settings import Settings
from ingest.memory.beside import Beside
from ingest.privacy import keys
from ingest.privacy.sealed import Sealed

WEIGHTS = Path(__file__).parent / "weights"
"""Adapters and choosers that come with the product, named by the first 16 digits of their model's sha256."""

DOUBTFUL = 0.5
"""From this probability on that the sources hold no answer, there is none."""


class Reader:
    """Reads for whoever may see what it is given; that is decided before."""

    def __init__(self, llm: Llm, selector: Selector | None = None, sealed: Sealed | None = None) -> None:
        self.llm, self._given_selector = llm, selector
        self.shelf = Shelf(llm, sealed)
        if sealed:
            llm.heads = Heads(sealed, llm.fingerprint)

    @property
    def name(self) -> str:
        return self.llm.name

    @property
    def context(self) -> int:
        return self.llm.context

    @cached_property
    def selector(self) -> Selector:
        return self._given_selector or chooser.untrained(self.llm)

    def tokenize(self, text: str) -> list[int]:
        return self.llm.tokenize(text)

    # -- asking --------------------------------------------------------------------------------------

    def answer(self, question: str, texts: Sequence[Text], max_tokens: int = 256, form: str = "ask") -> Stream:
        """The answer to a question from numbered sources, in the form that `prompt` describes; "none" is a refusal.
        Without sources, whatever the model says.

        Args:
            form: "ask" for sentences, "brief" for a few words.
        """
        if not texts:
            return self.llm.chat([Turn("user", question)], max_tokens)
        stream = Stream(iter(()))
        stream.pieces = self._answered(stream, question, texts, max_tokens, form)
        return stream

    def _answered(
        self, stream: Stream, question: str, texts: Sequence[Text], max_tokens: int, form: str
    ) -> Iterator[str]:  # fmt: skip
        with self.reading(texts, question) as reading:
            asked = reading.ask(question, form)
            stream.usage = asked.usage
            if asked.chance(prompt.NONE) >= DOUBTFUL:
                yield prompt.NONE
            else:
                yield from asked.write(prompt.form(len(texts)), max_tokens, but=prompt.NONE)

    @contextmanager
    def reading(self, texts: Sequence[Text], question: str = "") -> Iterator[Reading]:
        """Sources in place, as many questions and statements as one likes; other threads wait meanwhile.

        Args:
            question: chooses what is given of sources that are not given whole.
        """
        start = time.perf_counter()
        with self.llm.given(prompt.READ, self.parts(texts, question), start) as given:
            yield Reading(self.llm, given)

    def weigh(self, texts: Sequence[Text], question: str) -> Iterator[float]:
        """For one source after the other, each by itself, how probable it is that it holds no answer."""
        for text in texts:
            with self.reading([text], question) as reading:
                chance = reading.ask(question).chance(prompt.NONE)
            yield chance

    def parts(self, texts: Sequence[Text], question: str) -> list[Part]:
        """Tags, and what is kept of each source."""
        tags = [self.tokenize(prompt.tag(number)) for number in range(1, len(texts) + 1)]
        bodies = self._bodies(texts, question)
        return [part for pair in zip(tags, bodies, strict=True) for part in pair]

    def _bodies(self, texts: Sequence[Text], question: str) -> list[Part]:
        ids = [tuple(self.tokenize(text.block)) for text in texts]
        keeping = [n for n, text in enumerate(texts) if text.kept] if self.llm.keeps else []
        bodies: list[Part] = [list(one) for one in ids]
        for n, kept in zip(keeping, self.shelf.take([texts[n] for n in keeping]), strict=True):
            bodies[n] = kept
        thinned = [n for n in keeping if texts[n].ratio > 1]
        asked = self.tokenize(prompt.ask(question)) if thinned else []
        chosen = self.selector.anchors([(ids[n], texts[n].ratio) for n in thinned], asked) if thinned else []
        for n, places in zip(thinned, chosen, strict=True):
            bodies[n] = bodies[n].only(places)  # type: ignore[union-attr]
        return bodies


class Reading:
    """Sources in place before the model. Made by `Reader.reading`."""

    def __init__(self, llm: Llm, given: Given) -> None:
        self._llm, self._given = llm, given

    def ask(self, question: str, form: str = "ask") -> Asked:
        """Reads a question; its `chance(prompt.NONE)` is the probability that the sources hold no answer."""
        words = {"ask": prompt.ask, "brief": prompt.brief}[form](question)
        return self._given.ask(self._llm.tokenize(words) + self._llm.vocabulary.closing())

    def judge(self, statements: Sequence[tuple[str, int]]) -> list[float]:
        """How probable it is that each sentence is carried by the source of its number, 0 to 1."""
        closing = self._llm.vocabulary.closing()
        asked = [self._llm.tokenize(prompt.statement(*one)) + closing for one in statements]
        yes, no = (self._llm.tokenize(word)[0] for word in (prompt.YES, prompt.NO))
        if not asked:
            return []
        return [float(one[0] / max(one[0] + one[1], 1e-9)) for one in self._given.score(asked, (yes, no))]


def load(settings: Settings, llm: Llm | None = None) -> Reader:
    """The model that the settings name, with its adapter and chooser, and what it kept of this memory's sources.

    What was named in the settings has to fit; of what is shipped, only what fits is taken. An `llm` that is given is taken.

    Raises:
        MissingPart: a file that was named is not there.
        AdapterMismatch: it was made for another model.
    """
    if llm is None:
        path = weights.language_model(settings.llm, DEFAULT)
        llm = Llm(path, _adapter(settings.adapter, path), settings.context, settings.threads)
    tables = _shipped(llm.path, ".safetensors")
    sealed = Sealed(keys.of(settings), Beside(settings.home), settings.kept_mb << 20) if settings.kept_mb else None
    return Reader(llm, chooser.load(tables, llm) if tables else None, sealed)


def _adapter(setting: str, llm: Path) -> Path | None:
    """The file that was named, else the one shipped for this model, else none."""
    if setting == "none":
        return None
    return Path(setting).expanduser() if setting else _shipped(llm, ".gguf")


def _shipped(llm: Path, suffix: str) -> Path | None:
    shipped = WEIGHTS / (verdicts.digest(llm)[:16] + suffix)
    return shipped if shipped.is_file() else None
