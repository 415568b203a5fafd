"""How a refusal reads to a program: one line that says why; for clients of the OpenAI API in the form that they show."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from ingest.base.errors import BadInput, NoRoom, NotAllowed, NotFound, SignInRefused, TooMany

OPENAI = "/v1/"
"""Where the paths of the OpenAI API begin."""
STATUS: dict[type[Exception], int] = {
    NotFound: 404,
    BadInput: 400,
    SignInRefused: 401,
    TooMany: 429,
    NotAllowed: 403,
    NoRoom: 507,
}
_KINDS = {
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", "not_allowed"),
    404: ("invalid_request_error", "not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    500: ("server_error", "server_error"),
    507: ("server_error", "no_room"),
}


def status_of(error: Exception) -> int:
    """The status by which an error is told over HTTP."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)


def refusal(path: str, status: int, reason: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer to a request for `path` that is refused with this status."""
    said = as_openai(status, reason) if path.startswith(OPENAI) else {"error": reason}
    return JSONResponse(said, status, headers)


def as_openai(status: int, reason: str) -> dict[str, dict[str, str | None]]:
    """An error as the OpenAI API says it, whole or within a stream."""
    kind, code = _KINDS.get(status, ("invalid_request_error", "invalid_request"))
    return {"error": {"message": reason, "type": kind, "param": None, "code": code}}
