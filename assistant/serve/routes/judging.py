"""Feedback over HTTP: kept with the retrieval that led to an answer, shown to whoever governs, exported as JSON Lines."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from assistant.serve.conversing import Conversing
from assistant.serve.feedback import Remark
from assistant.serve.names import named
from assistant.serve.routes.who import C, G, L, W, record
from assistant.serve.web import pages

router = APIRouter(tags=["feedback"])


class Judged(BaseModel):
    """What somebody says about an answer; `entity` is the right source, `answer` the right words."""

    talk: str = Field(max_length=40)
    turn: int
    verdict: Literal["good", "bad"]
    answer: str = Field(default="", max_length=4_000)
    entity: str = Field(default="", max_length=64)
    remark: str = Field(default="", max_length=2_000)


@router.post("/api/feedback", status_code=204)
def judge(judged: Judged, conversing: C, person: W) -> None:
    """Keeps what you say about one of your answers, with what was found for it."""
    _keep(judged, conversing, person)


@router.post("/feedback", include_in_schema=False)
def from_page(
    judged: Annotated[Judged, Form()], conversing: C, person: W, language: L, beside: int = 0
) -> HTMLResponse:
    _keep(judged, conversing, person)
    return HTMLResponse(pages.page("wrong.html", language, sent=True, beside=beside))


@router.get("/api/feedback.jsonl")
def exported(conversing: C, governor: G) -> Response:
    """All feedback as JSON Lines; words that came from what you may not read are left out."""
    record(conversing.parts, governor, "feedback export")
    lines = [json.dumps(_line(one), ensure_ascii=False) for one in conversing.feedback.seen_by(governor)]
    return Response("".join(f"{line}\n" for line in lines), media_type="application/x-ndjson")


def _line(remark: Remark) -> dict[str, Any]:
    said = remark.said and {**remark.said, "answered": named(remark.said["answered"])}
    return {"person": remark.person, "added": remark.added, "verdict": remark.verdict, **said}


def _keep(judged: Judged, conversing: Conversing, person: str) -> None:
    turn = conversing.talks.turn(person, judged.talk, judged.turn)
    found = conversing.parts.memory.catalog.entities(turn.rests)
    said: dict[str, Any] = {
        "question": turn.question, "answered": dict(turn.said), "right_answer": judged.answer, "right_source": judged.entity,
        "remark": judged.remark, "revealed": turn.revealed,
    }  # fmt: skip
    conversing.feedback.add(person, judged.verdict, said, sorted({item.scope for item in found.values()}))
