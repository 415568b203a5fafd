"""The chat: a question goes in, the answer comes as it is made, its sources beside it. The only file with gradio.

One page per language. Who asks is established by the guard at every event and never kept in Gradio; conversations live
in `History`. What is shown is HTML made by `pages`, in which every word of a model or file is escaped. No files pass
through Gradio.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

import gradio as gr
from fastapi import FastAPI, Request

from assistant.answer.answer import Answer, Draft, Exchange
from assistant.govern.entrance import OWNER
from assistant.serve.guard import CHAT
from assistant.serve.history import History, Turn, may_show
from assistant.serve.parts import Parts, viewer_named
from assistant.serve.turns import Turns
from assistant.serve.web import pages
from assistant.serve.web.words import LANGUAGES, Language, words
from ingest.base.access import Viewer
from ingest.base.errors import KotonohaError, SignInRefused, TooMany

FONT = ["system-ui", "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic UI", "Meiryo", "sans-serif"]
HEAD = '<link rel="icon" href="/leaf.svg"><script src="/static/chat.js"></script>'
LONGEST = 4_000
GROUNDINGS = ("hybrid", "soft", "text", "none")


def mount(app: FastAPI, parts: Parts, turns: Turns) -> None:
    """Adds the chat in each language to the server, under `CHAT`; `turns` says whose question is answered when."""
    history = History()
    for language in LANGUAGES:
        chat = Chat(parts, history, language, turns)
        gr.mount_gradio_app(
            app, chat.blocks(), f"{CHAT}/{language}", auth_dependency=_person, footer_links=[], run_history=False,
            show_error=False, css_paths=[pages.CHAT_STYLE], head=HEAD, ssr_mode=False, mcp_server=False,
            enable_monitoring=False,
            theme=gr.themes.Base(font=FONT, font_mono=["ui-monospace", "monospace"]),
        )  # fmt: skip


def _person(request: Request) -> str | None:
    """Who the guard let in. Not async: Gradio before 6.24 never awaited an async one."""
    return getattr(request.state, "person", None)


class Chat:
    """The page in one language and what its events do."""

    def __init__(self, parts: Parts, history: History, language: Language, turns: Turns) -> None:
        self._parts, self._history, self._language, self._turns = parts, history, language, turns
        self._answering: set[tuple[str, str]] = set()

    def blocks(self) -> gr.Blocks:
        said = words(self._language)
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        page: gr.Blocks
        with gr.Blocks(title="Kotonoha", analytics_enabled=False, fill_height=True) as page:
            bar = gr.HTML(elem_id="bar")
            with gr.Column(elem_id="talk"):
                live = gr.HTML(elem_id="live")  # the style turns the column over, so that its end stays in sight
                past = gr.HTML(elem_id="past")
            gr.HTML(pages.notices(self._language), elem_id="notices")
            with gr.Row(elem_id="chips"):
                chips = [gr.Button(question, size="sm", elem_classes="chip") for question in self._parts.examples]
            with gr.Row(elem_id="entry"):
                box = gr.Textbox(
                    placeholder=said["placeholder"], show_label=False, container=False, lines=1, max_lines=6,
                    max_length=LONGEST, autofocus=True, scale=6, elem_id="question",
                )  # fmt: skip
                send = gr.Button(said["ask"], variant="primary", scale=1, min_width=90, elem_id="ask")
            with gr.Row(elem_id="below"):
                choices = [(said[name], name) for name in GROUNDINGS]
                grounding = gr.Dropdown(choices, value="hybrid", label=said["grounding"], elem_id="grounding")
                clear = gr.Button(said["clear"], size="sm", min_width=90, elem_id="clear")
            outputs = [box, past, live]
            asking: dict[str, Any] = {"concurrency_limit": None, "trigger_mode": "multiple", **private}
            gr.on([box.submit, send.click], self.ask, [box, grounding], outputs, **asking)
            for chip in chips:
                chip.click(self.ask, [chip, grounding], outputs, **asking)
            clear.click(self.clear, None, outputs, **private)
            page.load(self.greet, None, [bar, past], **private)
        return page

    # -- events: each finds out anew who is asking -------------------------------------------------------

    def greet(self, request: gr.Request) -> tuple[str, str]:
        person, _ = _who(request)
        return pages.bar("" if person == OWNER else person, self._language), self._past(self._viewer(request), request)

    def clear(self, request: gr.Request) -> tuple[str, str, str]:
        self._history.forget(*_who(request))
        return "", pages.welcome(self._language), ""

    async def ask(self, question: str, grounding: str, request: gr.Request) -> AsyncIterator[tuple[Any, Any, str]]:
        """Yields the entry field, the conversation so far and the answer on its way, in the person's turn."""
        question = question.strip()[:LONGEST]
        if not question or grounding not in GROUNDINGS:
            yield gr.skip(), gr.skip(), ""
            return
        who = _who(request)
        if who in self._answering:
            gr.Info(words(self._language)["busy"])
            yield question, gr.skip(), gr.skip()
            return
        self._answering.add(who)
        try:
            async with self._turns.of(who[0]):
                async for shown in self._turns.each(self._asked(question, grounding, request)):
                    yield shown
        except TooMany as error:
            yield gr.skip(), gr.skip(), pages.failed(question, str(error), self._language)
        finally:
            self._answering.discard(who)

    # -- inside --------------------------------------------------------------------------------------------

    def _asked(self, question: str, grounding: str, request: gr.Request) -> Iterator[tuple[Any, Any, str]]:
        viewer = self._viewer(request)
        past = self._past(viewer, request, waiting=True)
        yield "", past, pages.live(question, "searching", "", self._language)
        try:
            for piece in self._answer(question, grounding, viewer, request):
                yield gr.skip(), gr.skip(), piece
        except KotonohaError as error:
            yield gr.skip(), gr.skip(), pages.failed(question, str(error), self._language)
            return
        yield gr.skip(), self._past(viewer, request), ""

    def _answer(self, question: str, grounding: Any, viewer: Viewer, request: gr.Request) -> Iterator[str]:
        """The answer as it is made, as HTML; at the end it is part of the conversation."""
        before = [Exchange(one.question, one.answer) for one in self._readable(viewer, request)]
        draft = ""
        for step in self._parts.assistant.ask(question, viewer, grounding=grounding, history=before):
            if isinstance(step, Answer):
                self._history.add(*_who(request), Turn(step, viewer.may_reveal))
            elif isinstance(step, Draft):
                draft += step.text
                yield pages.live(question, "checking", draft, self._language)
            else:
                yield pages.live(question, "reading", "", self._language)

    def _past(self, viewer: Viewer, request: gr.Request, waiting: bool = False) -> str:
        """The conversation so far; a greeting while there is none."""
        shown = [
            pages.turn(turn.answer, self._language)
            if may_show(turn, viewer, self._parts.memory)
            else pages.gone(turn.answer.question, self._language)
            for turn in self._history.turns(*_who(request))
        ]
        return "".join(shown) or ("" if waiting else pages.welcome(self._language))

    def _readable(self, viewer: Viewer, request: gr.Request) -> list[Answer]:
        turns = self._history.turns(*_who(request))
        return [turn.answer for turn in turns if may_show(turn, viewer, self._parts.memory)]

    def _viewer(self, request: gr.Request) -> Viewer:
        return viewer_named(self._parts, _who(request)[0])


def _who(request: gr.Request) -> tuple[str, str]:
    """The person, and the name of their conversation: the session of this page."""
    if not request.username or not request.session_hash:
        raise SignInRefused("nobody is signed in", "sign in again")
    return request.username, request.session_hash
