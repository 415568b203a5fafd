"""What a file that somebody brings is called here: by the name it came with, or by a free one.

A document of that name that the same person brought into the same scope is brought anew; a picture or a recording is
another one. What somebody else brought stays as it is, and so does what lies in another scope by now: the new file is
called `plan-2.md`. Files that are read together (a recording with its words, a record with its units) stay together
under one name.
"""

from __future__ import annotations

import json
import mimetypes
import re
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from ingest import jobs
from ingest.base.access import checked_scope
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.memory import places
from ingest.memory.catalog import Catalog
from ingest.source import UNITS, companion_of, is_hidden, possible_companions

UNWANTED = re.compile(r'[\x00-\x1f<>:"|?*\\]')
LONGEST = 200
DEEPEST = 12


def place(settings: Settings, scope: str, name: str) -> Path:
    """Where a file of this name is kept.

    Raises:
        BadInput: the name leads somewhere else, or nowhere.
    """
    parts = [UNWANTED.sub("_", part).strip() for part in _parts(name)]
    if not parts or len(parts) > DEEPEST or any(part in ("", "..") or len(part.encode()) > LONGEST for part in parts):
        raise BadInput(f"'{name[:80]}' is no name for a file here")
    folder = folder_of(settings, scope)
    path = folder.joinpath(*parts)
    if not path.resolve().is_relative_to(folder):
        raise BadInput(f"'{name[:80]}' is no name for a file here")
    return path.resolve()


def folder_of(settings: Settings, scope: str) -> Path:
    """Where the files that are brought into a scope lie."""
    return (settings.uploads_folder / checked_scope(scope)).resolve()


def is_wanted(name: str) -> bool:
    """Whether it is brought: hidden files and folders inside a folder are left out, as `kotonoha ingest` does."""
    return not any(is_hidden(part) for part in _parts(name)[1:])


def _parts(name: str) -> list[str]:
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]


class Names:
    """The names that one person gives to files they bring into one scope, all at once."""

    def __init__(self, settings: Settings, catalog: Catalog, person: str, scope: str) -> None:
        self._settings, self._catalog, self._person, self._scope = settings, catalog, person, scope
        self._folder = folder_of(settings, scope)

    def chosen(self, names: Sequence[str]) -> list[Path]:
        """Where each belongs.

        Raises:
            BadInput: a name leads elsewhere, or would make a file of a folder, or a folder of a file.
        """
        wished = [place(self._settings, self._scope, name) for name in names]
        self._agree(wished)
        again: Counter[Path] = Counter()
        families: dict[tuple[Path, int], list[int]] = {}
        for number, path in enumerate(wished):
            families.setdefault((path.parent / _stem(path), again[path]), []).append(number)
            again[path] += 1
        found = list(wished)
        taken: set[Path] = set()
        for family in families.values():
            paths = self._free([wished[number] for number in family], taken)
            taken |= set(paths)
            for number, path in zip(family, paths, strict=True):
                found[number] = path
        return found

    def _agree(self, wished: Sequence[Path]) -> None:
        files = set(wished)
        for path in wished:
            above = [one for one in path.parents if one.is_relative_to(self._folder) and one != self._folder]
            if path.is_dir() or any(one in files or self._is_file(one) for one in above):
                name = path.relative_to(self._folder)
                raise BadInput(f"'{name}' needs a name that is a file and a folder at once", "rename one of them")

    def _is_file(self, path: Path) -> bool:
        return path.is_file() or jobs.coming(self._catalog, str(path)) != ""

    def _free(self, wished: Sequence[Path], taken: set[Path]) -> list[Path]:
        for number in count(1):
            paths = [_numbered(path, number) for path in wished]
            if not taken.intersection(paths) and all(map(self._is_ours, paths, wished)):
                return paths
        raise AssertionError("unreachable")

    def _is_ours(self, path: Path, wished: Path) -> bool:
        """Whether nothing of others lies there, or would be read together with it, and nothing that was called otherwise."""
        together, called = (*companion_of(path), *possible_companions(path)), "" if path == wished else wished.name
        return self._is_free(path, called, again=not _is_taken(path)) and all(map(self._is_free, together))

    def _is_free(self, path: Path, called: str = "", again: bool = True) -> bool:
        """`again` says whether it may be a newer version of what the same person brought."""
        row = self._catalog.source_at(str(path)) or places.at(self._catalog, str(path))
        if row is not None and (row.scope != self._scope or row.within):
            return False
        person, name = by(self._catalog, self._settings, path)
        there = row is not None or path.exists() or jobs.coming(self._catalog, str(path)) != ""
        return not there or (again and person == self._person and called in ("", name))


def _is_taken(path: Path) -> bool:
    """Whether it is a picture or a recording, by its name: telephones call all of them alike."""
    return (mimetypes.guess_type(path.name)[0] or "").startswith(("image/", "audio/", "video/"))


def _stem(path: Path) -> str:
    return path.name.removesuffix(UNITS) if path.name.endswith(UNITS) else path.stem


def _numbered(path: Path, number: int) -> Path:
    stem = _stem(path)
    return path if number == 1 else path.with_name(f"{stem}-{number}{path.name.removeprefix(stem)}")


def bring(catalog: Catalog, settings: Settings, path: Path, person: str, name: str) -> None:
    """Notes who brought the file that belongs here, and what it was called then."""
    catalog.set_fact(_fact(settings, path), json.dumps([person, name]))


def by(catalog: Catalog, settings: Settings, path: Path) -> tuple[str, str]:
    """Who brought a file last, and what it was called then; empty when nobody did."""
    if noted := catalog.fact(_fact(settings, path)):
        person, name = json.loads(noted)
        return person, name
    return catalog.fact(f"ticket {jobs.ticket_of(catalog, str(path))}") or "", ""


def forget(catalog: Catalog, settings: Settings, path: Path) -> None:
    """Forgets who brought a file that is gone."""
    catalog.connection.execute("DELETE FROM fact WHERE name = ?", (_fact(settings, path),))


def _fact(settings: Settings, path: Path) -> str:
    return f"brought {path.relative_to(settings.uploads_folder.resolve()).as_posix()}"
