"""Conversations over HTTP: listed, searched, renamed, exported, deleted; asked in, stopped, asked again, and why."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from assistant.answer.notes import counted
from assistant.search import question as asked
from assistant.serve import export, incoming, view
from assistant.serve.conversing import Read
from assistant.serve.names import named
from assistant.serve.parts import Parts
from assistant.serve.routes.asking import EXAMPLE
from assistant.serve.routes.who import C, L, P, V, W
from assistant.serve.talks import Turn, may_show
from assistant.serve.web import pages, pieces
from assistant.serve.web.told import told
from assistant.serve.web.words import words
from ingest.base.errors import BadInput, NotFound

SHOWN = 32 * 1024 * 1024
"""Bytes of a picture or recording that may come with a question."""
NAMED = 80
"""Characters of the name of a file that comes with a question."""
router = APIRouter(tags=["conversations"])


class Named(BaseModel):
    title: str = Field(examples=["Warranty"])


class Again(BaseModel):
    question: str | None = Field(default=None, examples=[EXAMPLE])
    later: int = 0


@router.get("/api/talks")
def talks(conversing: C, person: W, search: str = "") -> list[dict[str, Any]]:
    """Your conversations, the one used last first; `search` finds words that were said in them."""
    found = conversing.found(person, search[:100])
    return [{"id": one.id, "title": one.title, "began": one.began, "changed": one.changed} for one in found]


@router.get("/api/talks/{talk}")
def turns(talk: str, conversing: C, person: W) -> list[dict[str, Any]]:
    """The questions and answers of a conversation; an answer that rests on what you may no longer read is left out."""
    return [
        {
            "turn": turn.number,
            "state": turn.state,
            "question": turn.question,
            "attached": turn.attached.name if turn.attached else "",
            "answer": _said(turn.said) if shown else None,
        }
        for turn, shown in conversing.shown(person, talk)
    ]


def _said(said: Mapping[str, Any]) -> dict[str, Any]:
    """An answer, or why there is none, without any path of this machine."""
    return named({**said, "error": told(said["error"], "en")} if "error" in said else said)


@router.get("/api/talks/{talk}/state")
def state(talk: str, conversing: C, person: W) -> dict[str, str]:
    """A word that is another one once anything was asked, answered or taken back in a conversation."""
    return {"state": conversing.talks.state(person, talk)}


@router.patch("/api/talks/{talk}", status_code=204)
def rename(talk: str, named: Named, conversing: C, person: W) -> None:
    conversing.talks.rename(person, talk, named.title)


@router.delete("/api/talks/{talk}", status_code=204)
def delete(talk: str, conversing: C, person: W) -> None:
    """Deletes a conversation for good."""
    conversing.forget(person, talk)


@router.post("/api/talks/ask")
async def ask(
    conversing: C, parts: P, person: W, language: L, question: Annotated[str, Form()] = "",
    talk: Annotated[str, Form(max_length=40)] = "", image: Annotated[UploadFile | None, File()] = None,
    audio: Annotated[UploadFile | None, File()] = None,
) -> dict[str, str]:  # fmt: skip
    """Asks in a conversation, with a picture or a recording; the answer is found in the conversation once it is there."""
    folder = tempfile.TemporaryDirectory(prefix="kotonoha-asked-")
    picture, sound = await _kept(image, Path(folder.name), "image"), await _kept(audio, Path(folder.name), "audio")
    named = ", ".join(one.name for one in (picture, sound) if one)
    what, called = words(language)["what_is_this"], words(language)["a_picture" if picture else "a_recording"]
    read = _reader(parts, question, picture, sound, folder, what) if picture or sound else None
    talk, _ = conversing.ask(person, question, talk=talk, read=read, called=called, attached=named)
    return {"talk": talk}


@router.post("/api/talks/{talk}/turns/{number}/again", status_code=202)
def again(talk: str, number: int, wished: Again, conversing: C, person: W) -> None:
    """Asks a question again, in other words if `question` is given. What came after it is deleted; `later` says how many
    questions that may be, so that nothing goes which you do not know of."""
    conversing.again(person, talk, number, wished.question, wished.later)


@router.post("/api/talks/{talk}/stop", status_code=204)
def stop(talk: str, conversing: C, person: W) -> None:
    conversing.stop(person, talk)


@router.get("/api/talks/{talk}/export.{form}")
def exported(talk: str, form: str, conversing: C, person: W, language: L) -> Response:
    """A conversation with its citations, as Markdown (`md`) or PDF (`pdf`)."""
    if form not in export.FORMS:
        raise NotFound("a conversation is exported as md or pdf")
    media, write = export.FORMS[form]
    title = conversing.talks.talk(person, talk).title
    data = write(title, conversing.shown(person, talk), language)
    return Response(
        data, media_type=media, headers={"Content-Disposition": f'attachment; filename="conversation.{form}"'}
    )


@router.get("/talks/{talk}/{number}/why", include_in_schema=False)
def why(talk: str, number: int, conversing: C, person: W, viewer: V, language: L, beside: int = 0) -> HTMLResponse:
    """What an answer was made from, and what that cost."""
    turn = _shown(conversing, person, viewer, talk, number)
    return HTMLResponse(
        pages.page("why.html", language, turn=turn, hits=pieces.found(turn, language), beside=beside, talk=talk)
    )


@router.get("/talks/{talk}/{number}/rows", include_in_schema=False)
def rows(talk: str, number: int, conversing: C, person: W, viewer: V, language: L, beside: int = 0) -> HTMLResponse:
    """The query behind a figure, and the rows it rests on as a table."""
    turn = _shown(conversing, person, viewer, talk, number)
    parts, cited = conversing.parts, [str(one["entity"]) for one in turn.said.get("citations", ())]
    tables = view.rows_behind(parts.memory, parts.personal, cited, viewer)
    rows, listed = counted(turn.said.get("notes", ())), sum(len(ids) for _, ids, _ in tables)
    return HTMLResponse(
        pages.page("rows.html", language, turn=turn, tables=tables, rows=rows, listed=listed, beside=beside)
    )


@router.get("/talks/{talk}/{number}/wrong", include_in_schema=False)
def wrong(talk: str, number: int, conversing: C, person: W, viewer: V, language: L, beside: int = 0) -> HTMLResponse:
    """A form to say what is wrong with an answer, and what would be right."""
    turn = _shown(conversing, person, viewer, talk, number)
    return HTMLResponse(
        pages.page(
            "wrong.html", language, turn=turn, hits=pieces.found(turn, language), beside=beside, talk=talk, sent=False
        )
    )


def _shown(conversing: C, person: str, viewer: V, talk: str, number: int) -> Turn:
    turn = conversing.talks.turn(person, talk, number)
    if not may_show(turn, viewer, conversing.parts.memory):
        raise NotFound(words("en")["gone"])
    return turn


async def _kept(file: UploadFile | None, folder: Path, kind: str) -> Path | None:
    """The file as it was sent, in a folder of its own under its own name."""
    if file is None:
        return None
    data = await file.read(SHOWN + 1)
    if len(data) > SHOWN:
        raise BadInput(f"a picture or recording may have {SHOWN:,} bytes")
    path = folder / kind / _plain(file.filename or "")
    path.parent.mkdir()
    path.write_bytes(data)
    return path


def _plain(name: str) -> str:
    """A name from outside as one of a file: it leads to no other folder and is not too long."""
    plain = (
        incoming.UNWANTED.sub("_", name.encode("utf-8", "replace").decode()).replace("/", "_").strip(". ") or "shown"
    )
    return plain if len(plain) <= NAMED else f"{plain[: NAMED - 16]}…{plain[-15:]}"


def _reader(
    parts: Parts, text: str, image: Path | None, sound: Path | None, folder: tempfile.TemporaryDirectory[str], what: str
) -> Read:
    """Reads what was shown where the answer is made, and forgets the file."""

    def read() -> asked.Question:
        with folder:
            return asked.read(text, image, sound, parts.settings, parts.readers(), parts.memory.space, what=what)

    return read
