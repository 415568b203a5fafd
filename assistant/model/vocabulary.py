"""The tokens of one model exactly as llama.cpp makes them, and its chat template.

A document is never parsed for control tokens: only what the template says opens or closes a turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assistant.model.llama import Model
from ingest.base.errors import ModelFault

PLAIN_TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
"""For a model that brings no chat template: the contents, one after the other."""
MARKER = re.compile("\ue000(\\d+)\ue001")
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Role
    text: str


Told = str | tuple[Turn, ...]
"""What a model is told before the user speaks: instructions, or a conversation with worked examples."""


def examples(turns: Iterable[tuple[str, str]]) -> tuple[Turn, ...]:
    """Worked examples from the role and text of each turn."""
    return tuple(Turn(role, text) for role, text in turns)  # type: ignore[arg-type]


class Vocabulary:
    """See `Model`; everything here needs its vocabulary alone."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._pieces = lru_cache(maxsize=1 << 16)(model.piece)

    @classmethod
    def of(cls, path: Path) -> Vocabulary:
        """The vocabulary of a model file, without loading its weights."""
        return cls(Model(path, bare=True))

    def __len__(self) -> int:
        return self._model.tokens

    @property
    def template(self) -> str:
        """The chat template (Jinja)."""
        return self._model.metadata("tokenizer.chat_template") or PLAIN_TEMPLATE

    @property
    def opening(self) -> list[int]:
        """What every prompt begins with."""
        return self._model.opening

    @property
    def end(self) -> int:
        """The token that ends an answer."""
        return self._model.end

    def ends(self, id: int) -> bool:
        """Whether this token ends a text or a turn."""
        return self._model.ends(id)

    def tokenize(self, text: str, control: bool = False) -> list[int]:
        """Token ids without any added ones; `control` reads `<|...|>` as control tokens and is for templates only."""
        return self._model.tokenize(text, control)

    def piece(self, id: int) -> bytes:
        """The bytes one token stands for; control tokens stand for nothing."""
        return self._pieces(id)

    def detokenize(self, ids: Sequence[int]) -> str:
        return b"".join(self.piece(id) for id in ids).decode("utf-8", "replace")

    def chat(self, turns: Sequence[Turn]) -> list[int]:
        """The turns in the form this model was trained on, ending where the assistant begins to speak.

        The template sees only markers in place of texts, so nothing in a text can act as template or control token.
        """
        ids = self.opening
        for number, piece in enumerate(MARKER.split(render(self.template, [turn.role for turn in turns]))):
            ids += self.tokenize(turns[int(piece)].text) if number % 2 else self.tokenize(piece, control=True)
        return ids

    def head(self, told: Told) -> list[int]:
        """What comes before the user's words, the model being told this, or having had this conversation."""
        turns = (Turn("system", told),) if isinstance(told, str) else told
        ids = self.opening
        for number, piece in enumerate(MARKER.split(render(self.template, [*(turn.role for turn in turns), "user"]))):
            if number == 2 * len(turns) + 1:
                break
            ids += self.tokenize(turns[int(piece)].text) if number % 2 else self.tokenize(piece, control=True)
        return ids

    def closing(self) -> list[int]:
        """What comes between the user's words and the answer."""
        return self.tokenize(self._around()[-1], control=True)

    @lru_cache(maxsize=1)  # noqa: B019
    def _around(self) -> list[str]:
        return MARKER.split(render(self.template, ["system", "user"]))


def render(template: str, roles: Sequence[str]) -> str:
    """A chat template rendered in a sandbox, with a marker in place of each text and no begin-of-text token.

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
