"""The tokens of one model exactly as llama.cpp makes them, and its chat template.

A document is never parsed for control tokens: only what the model's chat template says opens or closes a turn.
"""

from __future__ import annotations

import ctypes
import re
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ingest.base.errors import ModelFault

from .llama import load_model, metadata, silent

PLAIN_TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
"""For a model that brings no chat template: the contents, one after the other."""
MARKER = re.compile("\ue000(\\d+)\ue001")


class Vocabulary:
    """The tokens of one model exactly as llama.cpp makes them, and its chat template."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._vocab = llama_cpp.llama_model_get_vocab(model)

    @classmethod
    def of(cls, path: Path) -> Vocabulary:
        """The vocabulary of a model file, without loading its weights."""
        llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
        vocabulary = cls(load_model(path, vocab_only=True))
        weakref.finalize(vocabulary, llama_cpp.llama_model_free, vocabulary._model)
        return vocabulary

    def __len__(self) -> int:
        return int(llama_cpp.llama_vocab_n_tokens(self._vocab))

    @property
    def template(self) -> str:
        """The chat template the model brings (Jinja), or ""."""
        return metadata(self._model, "tokenizer.chat_template")

    @property
    def opening(self) -> list[int]:
        """What every prompt of this model begins with: its begin-of-text token, or nothing."""
        wanted = llama_cpp.llama_vocab_get_add_bos(self._vocab)
        return [int(llama_cpp.llama_vocab_bos(self._vocab))] if wanted else []

    @property
    def end(self) -> int:
        """The token that ends an answer."""
        return int(llama_cpp.llama_vocab_eos(self._vocab))

    def ends(self, id: int) -> bool:
        """Whether this token ends a text or a turn."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, id))

    def tokenize(self, text: str, control: bool = False) -> list[int]:
        """Token ids without any added ones; `control` reads `<|...|>` as control tokens and is for templates only."""
        data = text.encode("utf-8", "replace")
        ids = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), ids, len(ids), False, control)
        return list(ids[:count])

    def piece(self, id: int) -> bytes:
        """The bytes one token stands for; control tokens stand for nothing."""
        buffer = ctypes.create_string_buffer(256)
        size = llama_cpp.llama_token_to_piece(self._vocab, id, buffer, len(buffer), 0, False)
        return buffer.raw[: max(size, 0)]

    def detokenize(self, ids: Sequence[int]) -> str:
        return b"".join(self.piece(id) for id in ids).decode("utf-8", "replace")


def render(template: str, roles: Sequence[str]) -> str:
    """A chat template rendered in a sandbox, with a marker in place of each content and no begin-of-text token.

    Raises:
        ModelFault: the template is broken, or does what a template must not.
    """
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    messages = [{"role": role, "content": f"\ue000{number}\ue001"} for number, role in enumerate(roles)]
    try:
        return environment.from_string(template).render(
            messages=messages, add_generation_prompt=True, enable_thinking=False
        )
    except (TemplateError, TypeError, ValueError, OverflowError) as error:
        raise ModelFault(f"the model's chat template cannot be used: {error}") from error
