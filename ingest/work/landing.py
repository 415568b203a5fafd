"""Files that were brought lie aside until they are read: only then each takes its place, with what is read along with it.

So what cannot be read replaces nothing. They lie together as they were brought until the last of them is done.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .. import jobs
from ..base.settings import Settings
from ..memory.catalog import Catalog
from ..source import possible_companions

ASIDE = ".aside"
"""Where among the uploads what is not read yet lies, by the act of bringing it; no scope is called so."""


def aside(settings: Settings) -> Path:
    """The folder of what is not read yet."""
    return settings.uploads_folder.resolve() / ASIDE


def land(job: jobs.Job) -> None:
    """Puts a file that was read where it belongs, over what may lie there; may be repeated.

    Raises:
        OSError: it cannot be put there.
    """
    if not job.place:
        return
    file, place = Path(job.path), Path(job.place)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for one in (*possible_companions(file), file):
        if one.is_file() and not _mark(one).exists():
            _lay(one, place.with_name(one.name))


def lay_along(file: Path, beside: Path) -> None:
    """Lets a file that is here already lie with what was brought, to be read with it; it stays where it is."""
    _lay(file, beside)
    _mark(beside).touch()


def _mark(file: Path) -> Path:
    return file.with_name(f".{file.name}.here")


def _lay(file: Path, place: Path) -> None:
    """Lets a file lie at a place too, at once and whole."""
    part = place.with_name(f".{place.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.link(file, part)
    except OSError:
        shutil.copyfile(file, part)
    part.replace(place)
    part.unlink(missing_ok=True)


def clear(catalog: Catalog, settings: Settings, job: jobs.Job) -> None:
    """Once the last file of what was brought is done: removes all that lies aside and nobody waits for."""
    if not job.place or jobs.count_waiting(catalog, job.ticket):
        return
    top = aside(settings)
    with catalog.transaction():  # whoever brings files holds it until they are on the list
        waited = {Path(one) for one in jobs.lying_aside(catalog)}
        for folder in top.iterdir() if top.is_dir() else ():
            if not any(path.is_relative_to(folder) for path in waited):
                shutil.rmtree(folder, ignore_errors=True)
