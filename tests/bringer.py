"""Brings one file to a server whose memory lies below a folder; what is said, and what of that size is left there.

    python -m tests.bringer FOLDER BYTES [--unsaid]

`--unsaid`: how many bytes it has is not said beforehand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ingest.base.access import Viewer
from tests.attack.target import Target
from tests.library import viewer_of

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="scope"\r\n\r\nsales\r\n'
    b'--b\r\nContent-Disposition: form-data; name="files"; filename="large.txt"\r\n\r\n'
)


def feeds(person: str) -> Viewer:
    return replace(viewer_of(person), may_feed=True)


def body(size: int) -> Iterator[bytes]:
    yield FORM
    yield from (b"word " * 2000 for _ in range(size // 10_000))
    yield b"\r\n--b--\r\n"


def brought(folder: Path, size: int, is_said: bool) -> tuple[int, str, list[str]]:
    with Target(folder, feeds) as target, target.client("endo") as http:
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        content = b"".join(body(size)) if is_said else body(size)
        reply = http.post("/api/upload", content=content, headers=headers)
        files = [one for one in (folder / "home").rglob("*") if one.is_file()]
        return reply.status_code, reply.json().get("error", ""), [f.name for f in files if f.stat().st_size > size // 4]


if __name__ == "__main__":
    print(json.dumps(brought(Path(sys.argv[1]), int(sys.argv[2]), "--unsaid" not in sys.argv)))
