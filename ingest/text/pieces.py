"""Text to the pieces of the encoder's vocabulary (Unigram, Kudo, arXiv 1804.10959).

Characters are folded first as the vocabulary wants them: full-width to half-width, odd white space to spaces.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from ..base import weights
from ..base.packed import Packed, read

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL = "multilingual-e5-small"


@cache
def model() -> Packed:
    """The encoder in its file, mapped and checked.

    Raises:
        MissingPart: it is not on this machine.
        BadWeights: it is not what it claims to be.
    """
    return read(weights.find(MODEL))


def ids(texts: Sequence[str]) -> list[list[int]]:
    """Ids of the pieces of each text, without marks."""
    folded = [unicodedata.normalize("NFC", text.strip()).translate(model().folded) for text in texts]
    return [encoding.ids for encoding in _tokenizer().encode_batch(folded, add_special_tokens=False)]


def begins(text: str) -> list[int]:
    """Where in a text each of its pieces begins, in characters."""
    parts = [model().folded.get(ord(character), character) for character in text]
    origin = [place for place, part in enumerate(parts) for _ in part]
    offsets = _tokenizer().encode("".join(parts), add_special_tokens=False).offsets
    return [origin[min(start, len(origin) - 1)] for start, _ in offsets if origin]


@cache
def _tokenizer() -> Tokenizer:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.Unigram(list(model().pieces), unk_id=model().unknown))
    tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    return tokenizer
