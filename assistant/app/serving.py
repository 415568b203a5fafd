"""The server with everything that goes on beside it: ingestion, watched folders, reading ahead."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.app import build, feeding
from assistant.app.watching import Watching, attending
from ingest.base.access import Viewer
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.reading.workers import Workers

if TYPE_CHECKING:
    from assistant.serve.parts import Example


def serve(
    settings: Settings, host: str, port: int, names: Sequence[str] = (), examples: Sequence[Example] = (),
    guests: Sequence[tuple[str, str]] = (), watch: Sequence[Path] = (),
) -> int:  # fmt: skip
    """Serves the chat until it is stopped, and ingests what other processes ask for meanwhile.

    Once there are accounts or single sign-on, everybody signs in; without any, the server is the local owner's, who comes
    in with the address that is printed.

    Args:
        watch: folders that are read again whenever something changes in them.

    Raises:
        BadInput: one of them is no folder.
        MemoryDamaged: the key of the conversations that are here is gone.
    """
    from assistant.answer import ahead
    from assistant.app import doctor
    from assistant.govern.people import People
    from assistant.serve import api
    from assistant.serve.parts import Parts
    from ingest import pipeline
    from ingest.privacy import keys
    from ingest.privacy.needed import require

    for folder in watch:
        if not folder.is_dir():
            raise BadInput(f"there is no folder {folder} to watch")
    require(build.catalog(settings), keys.of(settings), "talks.key")
    with build.memory(settings) as opened:
        known = opened.catalog
        people = People(known)
        provider = build.sso(settings)
        for name, _ in guests:
            if not people.knows(name):
                people.add(name)

        def viewer_of(name: str) -> Viewer:
            return build.viewer(known, name if provider or people.exist() else "")

        def told(files: Sequence[Path]) -> None:
            paths = [str(path) for path in files]
            build.note(settings, known, "ingest", {"watched": True}, content={"paths": paths})

        watching = Watching(known, watch, lambda: feeding.scopes(known), told)
        reading = cache(partial(build.readers, settings))
        parts = Parts(
            settings, opened, build.assistant(settings, opened), viewer_of, build.personal(settings, known), people,
            build.audit(settings, known), provider, tuple(names), tuple(examples), tuple(guests), secrets.token_urlsafe(32),
            reading, watching.state, lambda: doctor.examine_held(opened),
        )  # fmt: skip
        with (
            pipeline.attending(opened, lambda: Workers(build.readers, settings)),
            attending(watching),
            ahead.reading(known, lambda: build.reader(settings)),
        ):
            api.serve(parts, host, port)
    return 0
