"""The pages that describe the API: Swagger UI from the package fastapi-swagger, served from here, loading nothing else."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from ingest.base.errors import NotFound

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Swagger UI writes styles into its page."""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kotonoha API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/leaf.svg">
<link rel="stylesheet" href="/docs/swagger-ui.css"></head><body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/static/docs.js"></script></body></html>"""
MEDIA = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs() -> HTMLResponse:
    return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})


@router.get("/docs/{name}")
def part(name: str) -> Response:
    if name not in MEDIA:
        raise NotFound("there is nothing here that you may read")
    return Response(files("fastapi_swagger.resources").joinpath(name).read_bytes(), media_type=MEDIA[name])
