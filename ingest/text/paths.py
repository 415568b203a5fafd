"""What files are called: as one escaped line, by the shortest name that tells them apart, and found by what a person types.

A name is the same in composed and decomposed characters (macOS writes カ and ゛ where others write ガ). Knows paths as text only.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import PurePath

from ingest.base.plain import line

MOST_NEAR = 3


def same(path: str) -> str:
    """One form for all forms of a name."""
    return unicodedata.normalize("NFC", path)


def telling(paths: Iterable[str]) -> dict[str, str]:
    """The shortest end of each path that no other has, escaped: 'manual.txt', or 'A/manual.txt' beside 'B/manual.txt'."""
    parts = {path: PurePath(path).parts for path in dict.fromkeys(paths)}
    names: dict[str, str] = {}
    depth = 1
    while left := [path for path in parts if path not in names]:
        ends = {path: parts[path][-depth:] for path in parts}
        counts = Counter(ends.values())
        for path in left:
            if counts[ends[path]] == 1 or depth >= len(parts[path]):
                names[path] = line(PurePath(*ends[path]))
        depth += 1
    return {path: names[path] for path in parts}


def meant(paths: Sequence[str], said: str, absolute: str) -> list[str]:
    """The paths that a person means: one path, all below a folder, or all that end with what was typed.

    Args:
        absolute: what was typed as an absolute path.
    """
    whole = PurePath(same(absolute))
    exact = [path for path in paths if same(path) == str(whole)]
    below = [path for path in paths if whole in PurePath(same(path)).parents]
    typed = PurePath(same(said)).parts
    ending = [path for path in paths if typed and PurePath(same(path)).parts[-len(typed) :] == typed]
    return exact or below or ending


def near(paths: Sequence[str], said: str) -> list[str]:
    """Names of sources that read like what was typed."""
    names = {same(PurePath(path).name): path for path in paths}
    found = get_close_matches(same(PurePath(said).name), list(names), MOST_NEAR, 0.6)
    return [telling(paths)[names[name]] for name in found]
