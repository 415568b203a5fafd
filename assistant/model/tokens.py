"""A model's tokens and chat form, as training needs them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import gguf

from assistant.model import prompt, vocabulary

Ids = tuple[int, ...]


class Tokens:
    """The tokeniser of one GGUF file, and the fixed tokens around sources and question in its chat template.

    `opening` comes before the sources, `asking` before a question, `closing` between it and the answer, `end` after.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._vocabulary = vocabulary.Vocabulary.of(path)
        template = self._vocabulary.template or vocabulary.PLAIN_TEMPLATE
        before, _, between, _, after = vocabulary.MARKER.split(vocabulary.render(template, ["system", "user"]))
        system = self._vocabulary.opening + self._control(before) + self.ids(prompt.system())
        self.opening: Ids = tuple(system + self._control(between))
        self.closing: Ids = tuple(self._control(after))
        self.asking: Ids = tuple(self.ids(prompt.asking()))
        self.end = self._vocabulary.end
        self.fixed = lru_cache(maxsize=4096)(lambda text: tuple(self.ids(text)))

    def ids(self, text: str) -> list[int]:
        """Token ids of plain text; control tokens are not recognised in it."""
        return self._vocabulary.tokenize(text)

    def text(self, ids: Ids) -> str:
        return self._vocabulary.detokenize(ids)

    def _control(self, text: str) -> list[int]:
        return self._vocabulary.tokenize(text, control=True)

    def words(self) -> list[str]:
        """Whole lower-case words that are one token after a space, commonest first."""
        spaced = [name[1:] for name in self.names() if name[:1] in ("Ġ", "▁")]
        return [word for word in spaced if len(word) > 2 and word.isascii() and word.isalpha() and word.islower()]

    def names(self) -> list[str]:
        """Each token as the vocabulary writes it."""
        field = gguf.GGUFReader(self._path).get_field("tokenizer.ggml.tokens")
        found: list[str] = field.contents() if field else []
        return found
