"""What cannot be done, said to a person as a page in their language and to a program as JSON, in the same words."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from assistant.serve.refusals import OPENAI, refusal
from assistant.serve.web import pages
from assistant.serve.web.told import told
from assistant.serve.web.words import LANGUAGES, Language, preferred, words

ABSENT = "there is nothing here that you may read"
"""Of what is not there and of what is not the asker's."""


def language_of(request: Request) -> Language:
    """The language of the page: as chosen, else as the browser asks."""
    chosen = request.query_params.get("lang") or request.cookies.get("kotonoha-language")
    return next((one for one in LANGUAGES if one == chosen), preferred(request.headers.get("accept-language", "")))


def tell(request: Request, reason: str) -> str:
    """A reason in the language of the page that a request comes from."""
    return told(reason, language_of(request))


def refused(request: Request, reason: str, status: int) -> Response:
    """A page for whoever asks for pages, else JSON; in the source beside a chat it fits in there."""
    language, path = language_of(request), request.url.path
    if not path.startswith(OPENAI) and "text/html" in request.headers.get("accept", ""):
        message = words(language)["absent"] if status == 404 else told(reason, language)
        return HTMLResponse(
            pages.message_page(message, language, request.query_params.get("beside", "0") != "0"), status
        )
    return refusal(path, status, told(reason, language))
