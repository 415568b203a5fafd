"""Helpers of make_firm.py: where the files go, and Office files whose bytes do not depend on the clock."""

from __future__ import annotations

import datetime
import re
import zipfile
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "assistant" / "app" / "demo"
FIRM = DEMO / "firm"
MADE_AT = datetime.datetime(2026, 6, 20, 9, 0, 0)
_CLOCK = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def target(name: str) -> Path:
    """The path of a file of the firm; its folder is made."""
    path = FIRM / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def without_clock(path: Path) -> None:
    """Rewrite a zip-based file with fixed dates, so that the same content gives the same bytes."""
    with zipfile.ZipFile(path) as old:
        members = [(name, old.read(name)) for name in old.namelist()]
    stamp = MADE_AT.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members:
            if name == "docProps/core.xml":
                data = _CLOCK.sub(rb"\g<1>" + stamp + rb"\g<2>", data)
            info = zipfile.ZipInfo(name, MADE_AT.timetuple()[:6])
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            new.writestr(info, data)
