"""A language model on another server, behind the interface of the one on this machine; the one place from which
content leaves.

Speaks to an OpenAI-compatible address (`POST .../chat/completions`, streamed) with words alone. What may
leave is asked of the policy by scope for every question, and every text is redacted once more on its way out.
What is about to leave is said before it does (`Sending.body`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.model import prompt
from assistant.model.writing import Stream, Usage
from ingest.base import outward
from ingest.base.access import BOTH
from ingest.base.errors import ModelFault

if TYPE_CHECKING:
    from assistant.model.prompt import Text
    from assistant.search.retrieve import Hit

SECONDS = 60.0
"""Until the server has to begin, or to go on, answering."""
LARGEST = 1_000_000
"""Characters of an answer on the wire."""


@dataclass(slots=True)
class Sending(Stream):
    """A stream whose question leaves this machine for `host` when the first piece is asked for, and not before."""

    host: str = ""
    body: bytes = b""


class Remote:
    """One model on one server.

    Args:
        url: what its API begins with, for example `https://llm.example/v1`.
        model: its name there.
        key: a bearer token; empty for none.
        may_leave: whether the policy lets content of a scope leave, asked for every question.
        clean: a text without personal data.

    Raises:
        BadInput: the address could be listened to.
    """

    context = 32_768
    """Bytes of a prompt at most: fewer tokens than any model served today reads."""

    def __init__(
        self, url: str, model: str, key: str, may_leave: Callable[[str], bool], clean: Callable[[str], str]
    ) -> None:
        self.name, self._key, self._may_leave, self._clean = model, key, may_leave, clean
        self._host = outward.origin(url)
        self._url = f"{url.rstrip('/')}/chat/completions"

    def leaving(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Those of the hits that may leave; one on its way between two scopes only if both may."""
        return tuple(hit for hit in hits if all(map(self._may_leave, hit.entity.scope.split(BOTH))))

    def tokenize(self, text: str) -> Sequence[int]:
        """Bytes in place of tokens, of which there are fewer."""
        return text.encode("utf-8", "replace")

    def answer(self, question: str, texts: Sequence[Text], max_tokens: int = 256) -> Sending:
        """The model's answer, see `Reader.answer`. Nothing is sent before its first piece is asked for."""
        told = [(turn.role, turn.text) for turn in prompt.READ] if texts else []
        turns = [*told, ("user", prompt.whole(texts, question) if texts else question)]
        messages = [{"role": role, "content": self._clean(text)} for role, text in turns]
        asked = {"model": self.name, "messages": messages, "max_tokens": max_tokens, "temperature": 0, "stream": True}
        sending = Sending(iter(()), host=self._host)
        sending.body = json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace")
        sending.pieces = self._answered(sending.body, sending.usage)
        return sending

    # -- inside ----------------------------------------------------------------------------------------

    def _answered(self, body: bytes, usage: Usage) -> Iterator[str]:
        """The words of the answer as they come (server-sent events, WHATWG HTML 9.2)."""
        start = time.perf_counter()
        for line in self._sent(body):
            data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
            if not data or data == "[DONE]":
                continue
            if word := _word(data, self._host):
                usage.first_token = usage.first_token or time.perf_counter() - start
                usage.generated += 1
                yield word
            usage.total = time.perf_counter() - start

    def _sent(self, body: bytes) -> Iterator[str]:
        """Sends, and gives the lines that come back."""
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            with (
                outward.Client(**outward.options([self._host], SECONDS)) as client,
                client.stream("POST", self._url, content=body, headers=headers) as reply,
            ):
                if reply.status_code != 200:
                    raise ModelFault(f"{self._host} answers with status {reply.status_code}")
                yield from _lines(reply.iter_text(), self._host)
        except outward.Fault as error:
            raise ModelFault(f"{self._host} does not answer ({type(error).__name__})") from error


def _lines(chunks: Iterable[str], host: str) -> Iterator[str]:
    held, total = "", 0
    for chunk in chunks:
        total += len(chunk)
        if total > LARGEST:
            raise ModelFault(f"the answer of {host} has no end")
        *lines, held = (held + chunk).split("\n")
        yield from lines
    yield held


def _word(data: str, host: str) -> str:
    """The words in one event of the answer."""
    try:
        event: Any = json.loads(data)
        return "".join(choice["delta"].get("content") or "" for choice in event["choices"][:1])
    except (ValueError, LookupError, TypeError, AttributeError):
        raise ModelFault(f"{host} does not speak the protocol of chat completions") from None
