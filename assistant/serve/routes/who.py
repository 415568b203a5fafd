"""Who is asking, in which language, and what is written about it: what every route begins with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from assistant.govern.audit_row import Event
from assistant.serve import uploads
from assistant.serve.conversing import Conversing
from assistant.serve.guard import credential
from assistant.serve.parts import Parts, viewer_named, while_admitted
from assistant.serve.web.refusal import language_of
from assistant.serve.web.words import Language
from ingest.base.access import Viewer
from ingest.base.errors import NotAllowed

T = TypeVar("T")


def parts_of(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


def conversing_of(request: Request) -> Conversing:
    conversing: Conversing = request.app.state.conversing
    return conversing


def person_of(request: Request) -> str:
    """The person, as the guard found out."""
    return str(request.state.person)


def viewer_of(request: Request) -> Viewer:
    """The viewer for this one request. Somebody the policy does not name reads nothing."""
    return viewer_named(parts_of(request), request.state.person)


def governor_of(request: Request) -> Viewer:
    """The viewer, who must be allowed to govern."""
    viewer = viewer_of(request)
    if not viewer.may_govern:
        raise NotAllowed("this page is for those who govern", "ask whoever governs this memory")
    return viewer


def feeder_of(request: Request) -> Viewer:
    """The viewer, who must be allowed to bring files into some scope."""
    viewer = viewer_of(request)
    if not uploads.writable(viewer, parts_of(request).memory.catalog):
        raise NotAllowed("you may not bring files", "ask whoever governs this memory")
    return viewer


P = Annotated[Parts, Depends(parts_of)]
C = Annotated[Conversing, Depends(conversing_of)]
W = Annotated[str, Depends(person_of)]
V = Annotated[Viewer, Depends(viewer_of)]
G = Annotated[Viewer, Depends(governor_of)]
L = Annotated[Language, Depends(language_of)]


def while_let_in(steps: Iterator[T], request: Request) -> Iterator[T]:
    """The steps of an answer, for as long as what the request carried lets whoever asks in.

    Raises:
        SignInRefused: it was revoked, or the account shut, in the meantime; nothing further is said.
    """
    return while_admitted(steps, partial(request.app.state.entrance.principal, credential(request)))


def record(
    parts: Parts, viewer: Viewer, action: str, details: dict[str, Any] | None = None, scopes: tuple[str, ...] = (),
    content: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Writes into the audit what somebody did."""
    if parts.audit:
        event = Event(action, viewer.person, viewer.roles, viewer.policy, scopes, details or {}, content or {})
        parts.audit.append(event)
