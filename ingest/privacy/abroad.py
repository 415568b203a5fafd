"""Personal data in the forms of other countries, by the recognisers of Presidio (extra `presidio-analyzer`).

Only recognisers that judge the form of a value and the words beside it: they need no model, a blank spaCy pipeline cuts
the words. Those for web and mail addresses are left out, because Presidio's would fetch a list of domains from the web,
and those for which there are rules here too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import spacy  # type: ignore[import-not-found]
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry  # type: ignore[import-not-found]
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine  # type: ignore[import-not-found]

from .redact import Span

KINDS = {
    "US_SSN": "my_number",
    "US_ITIN": "my_number",
    "US_PASSPORT": "passport",
    "US_DRIVER_LICENSE": "driving_licence",
    "US_BANK_NUMBER": "bank_account",
    "UK_NHS": "health_insurance",
    "MEDICAL_LICENSE": "health_insurance",
}
"""What Presidio calls a thing, and which of our kinds it is, so that a policy speaks one language: `my_number` is the
number by which a state taxes and insures a person, whichever state."""
SURE = 0.4
"""Presidio's score from which on a value counts; a bare number without a word beside it stays below."""


def find(text: str) -> Iterator[Span]:
    """The personal data in `text`, in no order; they may overlap. `checked` when Presidio is as sure as it gets."""
    for found in _engine().analyze(text, language="en", entities=list(KINDS), score_threshold=SURE):
        yield Span(found.start, found.end, KINDS[found.entity_type], found.score >= 1.0)


class Blank(NlpEngine):  # type: ignore[misc]
    """What Presidio asks about language, answered by a tokenizer alone: words, but no names and no grammar."""

    def __init__(self) -> None:
        self._nlp = spacy.blank("en")

    def load(self) -> None:
        """Nothing to load."""

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> Any:
        words = self._nlp(text)
        return NlpArtifacts([], words, [word.idx for word in words], [word.lower_ for word in words], self, language)

    def process_batch(self, texts: Any, language: str, **_: Any) -> Iterator[tuple[str, Any]]:
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        return bool(self._nlp.vocab[word].is_stop)

    def is_punct(self, word: str, language: str) -> bool:
        return bool(self._nlp.vocab[word].is_punct)

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return ["en"]


@lru_cache(maxsize=1)
def _engine() -> Any:
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    language = Blank()
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=language)
    return AnalyzerEngine(registry=registry, nlp_engine=language, supported_languages=["en"])
