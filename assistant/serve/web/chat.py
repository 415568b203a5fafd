"""The chat: a question goes in, the answer comes as it is made, its sources beside it. The only file with gradio.

One page per language. Who asks is established by the guard at every event and never kept in Gradio; conversations and
the answers on their way live in `Conversing`, and this page only watches them. What is shown is HTML made by `pieces`, in
which every word of a model or file is escaped. No files pass through Gradio; `static/chat.js` is what the page does by
itself, through routes of our own.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

import gradio as gr
from fastapi import FastAPI, Request

from assistant.govern.entrance import OWNER
from assistant.serve.conversing import Busy, Conversing
from assistant.serve.guard import CHAT
from assistant.serve.uploads import writable
from assistant.serve.web import pieces
from assistant.serve.web.suggest import after, offered
from assistant.serve.web.words import LANGUAGES, Language, words
from ingest.base.access import Viewer
from ingest.base.errors import KotonohaError, NotFound, SignInRefused

FONT = ["system-ui", "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic UI", "Meiryo", "sans-serif"]
HEAD = (
    '<link rel="icon" href="/leaf.svg"><link rel="stylesheet" href="/static/chat.css">'
    '<script src="/static/theme.js"></script><script src="/static/chat.js" defer></script>'
)
GROUNDINGS = ("hybrid", "soft", "text", "none")
TALK = "new URLSearchParams(location.search).get('c') || ''"
"""The conversation that a page shows is in its address, so that it can be reloaded, left and come back to."""

Shown = tuple[Any, Any, Any]
"""The entry field, the conversation so far, the answer on its way."""


def mount(app: FastAPI, conversing: Conversing) -> None:
    """Adds the chat in each language to the server, under `CHAT`."""
    for language in LANGUAGES:
        gr.mount_gradio_app(
            app, Chat(conversing, language).blocks(), f"{CHAT}/{language}", auth_dependency=_person, footer_links=[],
            run_history=False, show_error=False, head=HEAD, ssr_mode=False, mcp_server=False, enable_monitoring=False,
            theme=gr.themes.Base(font=FONT, font_mono=["ui-monospace", "monospace"]),
        )  # fmt: skip


def _person(request: Request) -> str | None:
    """Who the guard let in. Not async: Gradio before 6.24 never awaited an async one."""
    return getattr(request.state, "person", None)


class Chat:
    """The page in one language and what its events do."""

    def __init__(self, conversing: Conversing, language: Language) -> None:
        self._conversing, self._language = conversing, language

    def blocks(self) -> gr.Blocks:
        said = words(self._language)
        page: gr.Blocks
        with gr.Blocks(title="Kotonoha", analytics_enabled=False, fill_height=True) as page:
            side = _html("side")
            with gr.Column(elem_id="talk"):
                live = _html("live")  # the style turns the column over, so that its end stays in sight
                past = _html("past")
            _html("notices", pieces.notices(self._language))
            with gr.Row(elem_id="entry"):
                _html("tools", pieces.tools(self._language))
                box = gr.Textbox(
                    placeholder=said["placeholder"], show_label=False, label=said["placeholder"], container=False,
                    lines=1, max_lines=6, autofocus=True, elem_id="question",
                )  # fmt: skip
                send = gr.Button(said["ask"], variant="primary", min_width=72, elem_id="ask")
                stop = gr.Button(said["stop"], min_width=72, elem_id="stop")
            with gr.Accordion(said["advanced"], open=False, elem_id="advanced"):
                choices = [(said[name], name) for name in GROUNDINGS]
                grounding = gr.Dropdown(choices, value="hybrid", label=said["grounding"], elem_id="grounding")
            follow = gr.Button("", visible="hidden", elem_id="follow")
            _html("panel", pieces.panel(self._language))
            talk = gr.Textbox(visible=False)
            self._events(page, (side, past, live), (box, grounding, talk), (send, stop, follow))
        return page

    def _events(
        self, page: gr.Blocks, shown: tuple[Any, ...], given: tuple[Any, ...], buttons: tuple[Any, ...]
    ) -> None:
        (side, past, live), (box, grounding, talk), (send, stop, follow) = shown, given, buttons
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
        asking = {"trigger_mode": "multiple", **private}
        named = f"(asked, grounding) => [asked, grounding, {TALK}]"
        outputs = [box, past, live]
        gr.on([box.submit, send.click], self.ask, [box, grounding, talk], outputs, js=named, **asking)
        follow.click(self.follow, [talk], outputs, js=f"() => [{TALK}]", **asking)
        stop.click(self.stop, [talk], None, js=f"() => [{TALK}]", **asking)
        page.load(self.greet, None, [side], **private)
        page.load(self.follow, [talk], outputs, js=f"() => [{TALK}]", **private)

    # -- events: each finds out anew who is asking -------------------------------------------------------

    def greet(self, request: gr.Request) -> str:
        person = _who(request)
        viewer = self._conversing.viewer(person)
        return pieces.side("" if person == OWNER else person, viewer, self._language, self._feeds(viewer))

    async def ask(self, question: str, grounding: str, talk: str, request: gr.Request) -> AsyncIterator[Shown]:
        """Asks, and yields what is shown until the answer is there."""
        question, person = question.strip(), _who(request)
        if not question or grounding not in GROUNDINGS:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        chosen: Any = grounding
        try:
            talk, _ = self._conversing.ask(person, question, chosen, talk)
        except Busy:
            gr.Info(words(self._language)["busy"])
            yield question, gr.skip(), gr.skip()
            return
        except NotFound:
            yield question, pieces.missing(self._language), ""
            return
        except KotonohaError as error:
            yield question, gr.skip(), pieces.failed(question, str(error), self._language)
            return
        async for shown in self._watched(person, talk, ""):
            yield shown

    async def follow(self, talk: str, request: gr.Request) -> AsyncIterator[Shown]:
        """The conversation as it is, and the answer on its way in it, if there is one."""
        async for shown in self._watched(_who(request), talk, gr.skip()):
            yield shown

    def stop(self, talk: str, request: gr.Request) -> None:
        self._conversing.stop(_who(request), talk)

    # -- inside --------------------------------------------------------------------------------------------

    async def _watched(self, person: str, talk: str, entry: Any) -> AsyncIterator[Shown]:
        """The conversation, and until it is there the answer that was on its way when this began."""
        running = self._conversing.running(person, talk)
        yield entry, *self._now(person, talk)
        if running is None:
            return
        async for answering in self._conversing.desk.watch(running):
            if not answering.ended:
                yield gr.skip(), gr.skip(), pieces.live(answering, self._language)
        yield gr.skip(), *self._now(person, talk)

    def _now(self, person: str, talk: str) -> tuple[str, str]:
        """The conversation so far and the answer on its way; a greeting where there is none yet."""
        viewer, memory = self._conversing.viewer(person), self._conversing.parts.memory
        try:
            state = self._conversing.talks.state(person, talk) if talk else ""
            turns = self._conversing.shown(person, talk) if talk else []
        except NotFound:
            return pieces.missing(self._language), ""
        running = self._conversing.running(person, talk)
        if running:
            turns = turns[:-1]
        if not turns and not running:
            first = offered(self._conversing.parts.examples, memory, viewer, self._language)
            return pieces.welcome(first, not memory.scopes(), self._language, self._feeds(viewer)), ""
        further = after(memory, viewer, turns[-1][0], self._language) if turns and turns[-1][1] and not running else ()
        past = pieces.past(talk, turns, further, self._language, state, self._feeds(viewer))
        return past, pieces.live(running, self._language) if running else ""

    def _feeds(self, viewer: Viewer) -> bool:
        return bool(writable(viewer, self._conversing.parts.memory.catalog))


def _html(id: str, shown: str = "") -> gr.HTML:
    """A piece of the page in our own style alone."""
    return gr.HTML(shown, elem_id=id, padding=False, apply_default_css=False)


def _who(request: gr.Request) -> str:
    """The person, as the guard found out."""
    if not request.username:
        raise SignInRefused("nobody is signed in", "sign in again")
    return str(request.username)
