"""What files are called in what programs are told: by names as on a page, never by paths of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.text.paths import telling

LISTS = ("citations", "hits")
"""Where an answer names files."""


def named(said: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as `Answer.as_dict` has it, each file called by the shortest name that tells it from the others in it."""
    found = {key: said[key] for key in LISTS if key in said}
    names = telling(one["source"] for listed in found.values() for one in listed)
    return {
        **said,
        **{key: [{**one, "source": names[one["source"]]} for one in listed] for key, listed in found.items()},
    }
