"""The same answers for clients of the OpenAI API: `/v1/models` and `/v1/chat/completions`, streamed or whole.

The last message of the user is the question, those before it the conversation; system messages are not obeyed, because
what the assistant may say is not the client's to change. Citations stand in the text as [n], and beside it in `citations`.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from assistant.serve.names import named
from assistant.serve.refusals import as_openai, status_of
from assistant.serve.routes.asking import EXAMPLE, Answering
from assistant.serve.routes.who import P, V, while_let_in
from assistant.serve.turns import Turns
from ingest.base.errors import BadInput, KotonohaError, NotFound

if TYPE_CHECKING:
    from assistant.answer.outcome import Answer, Exchange
    from assistant.answer.outcome import Event as Step

NAME = "kotonoha"
LONGEST = 4_000
_MODEL = {"id": NAME, "object": "model", "created": 0, "owned_by": NAME}
router = APIRouter(tags=["for OpenAI clients"])


class Part(BaseModel):
    """A part of a message; only those of the type `text` are read, others are refused."""

    type: str
    text: str = ""


class Message(BaseModel):
    role: str = Field(max_length=20, examples=["user"])
    content: str | list[Part] | None = Field(default=None, examples=[EXAMPLE])

    @property
    def text(self) -> str:
        parts = self.content if isinstance(self.content, list) else []
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in parts)


class Completion(BaseModel):
    """What is asked; settings of a model's sampling are accepted and not used."""

    model: str = Field(default=NAME, max_length=100)
    messages: list[Message] = Field(min_length=1, max_length=200)
    stream: bool = False


@router.get("/v1/models")
def models() -> dict[str, Any]:
    return {"object": "list", "data": [_MODEL]}


@router.get("/v1/models/{id}")
def model(id: str) -> dict[str, Any]:
    if id != NAME:
        raise NotFound(f"there is no such model here, only '{NAME}'")
    return _MODEL


@router.post("/v1/chat/completions")
async def complete(wanted: Completion, request: Request, parts: P, viewer: V) -> Response:
    """An answer from what you may read, with its citations. Of the conversation the last two exchanges are read: the
    questions as they are (one that is too long is refused), of each answer the beginning."""
    question, history = _asked(wanted)
    turns: Turns = request.app.state.asking
    steps = parts.assistant.ask(question, viewer, history=history)
    steps = while_let_in(steps, request)
    if wanted.stream:
        return Answering(steps, turns, viewer.person, _streamed, "text/event-stream")
    async with turns.of(viewer.person):
        answer = await turns.run(lambda: _last(steps))
    message = {"role": "assistant", "content": answer.answer, "refusal": None}
    return JSONResponse(
        {
            **_head("chat.completion"),
            "usage": _usage(answer),
            "citations": _citations(answer),
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        }
    )


@router.api_route("/v1/{path:path}", methods=["GET", "POST"], include_in_schema=False)
def elsewhere(path: str) -> None:
    """Says in the form of the OpenAI API that of it there is nothing more here."""
    raise NotFound("of the OpenAI API only models and chat completions are here")


def _streamed(steps: Iterator[Step]) -> Iterator[str]:
    """The answer as it stood the check: drafts may be replaced, and what was sent cannot be taken back. What goes wrong
    ends it as an error."""
    from assistant.answer.outcome import Answer

    head = _head("chat.completion.chunk")
    yield _chunk(head, {"role": "assistant", "content": ""})
    try:
        for step in steps:
            if isinstance(step, Answer):
                yield "".join(_chunk(head, {"content": f"{word} "}) for word in step.answer.split(" "))
                yield _chunk(head, {}, "stop", citations=_citations(step))
    except KotonohaError as error:
        yield f"data: {json.dumps(as_openai(status_of(error), str(error)), ensure_ascii=False)}\n\n"
    else:
        yield "data: [DONE]\n\n"


def _asked(wanted: Completion) -> tuple[str, list[Exchange]]:
    """The question, and the exchanges before it.

    Raises:
        BadInput: the last message is no question, it or one that is read with it is too long, or something else than text
            came with one.
    """
    from assistant.answer.outcome import Exchange
    from assistant.answer.understand import EARLIER

    said = [message for message in wanted.messages if message.role in ("user", "assistant")]
    if not said or said[-1].role != "user":
        raise BadInput("the last message is the question, of the role 'user'")
    if any(part.type != "text" for part in _parts(said)):
        raise BadInput("only text is read here", "ask about a picture or a recording in the chat")
    if len(said[-1].text) > LONGEST:
        raise BadInput(f"a question may have {LONGEST:,} characters")
    before = [
        Exchange(asked.text, answered.text[: 4 * LONGEST])
        for asked, answered in pairwise(said)
        if (asked.role, answered.role) == ("user", "assistant")
    ]
    read = before[-EARLIER:]
    if any(len(one.question) > LONGEST for one in read):
        raise BadInput(f"an earlier question may have {LONGEST:,} characters", "leave it out, or begin anew")
    return said[-1].text, read


def _parts(said: Sequence[Message]) -> Iterator[Part]:
    """The parts of what the user said."""
    for message in said:
        if message.role == "user" and isinstance(message.content, list):
            yield from message.content


def _last(steps: Iterator[Step]) -> Answer:
    from assistant.answer.outcome import Answer

    *_, last = steps
    assert isinstance(last, Answer), "the last event of an answer is the answer"
    return last


def _citations(answer: Answer) -> list[dict[str, Any]]:
    cited = named({"citations": [one.as_dict() for one in answer.citations]})["citations"]
    return [{**one, "open": f"/open/{one['entity']}"} for one in cited]


def _usage(answer: Answer) -> dict[str, int]:
    read = answer.cost.text + answer.cost.soft
    written = answer.cost.generated
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _head(kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": NAME}


def _chunk(head: dict[str, Any], delta: dict[str, Any], ended: str | None = None, **more: Any) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": ended, "logprobs": None}
    return f"data: {json.dumps({**head, 'choices': [choice], **more}, ensure_ascii=False)}\n\n"
