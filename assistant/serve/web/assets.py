"""The scripts and styles of our own pages: a fixed set of files of this package, and nothing else."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response

from ingest.base.errors import NotFound

FOLDER = Path(__file__).parent / "static"
MEDIA = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FILES = {file.name: file for file in FOLDER.iterdir() if file.suffix in MEDIA}
router = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
def asset(name: str) -> Response:
    if name not in FILES:
        raise NotFound("there is nothing here that you may read")
    return Response(FILES[name].read_bytes(), media_type=MEDIA[FILES[name].suffix])
