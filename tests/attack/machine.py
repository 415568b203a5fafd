"""Attacks by somebody at this machine: the audit's files, links, rights, names that act, broken files, another user's server."""

from __future__ import annotations

import contextlib
import io
import random
import socket
import struct
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.app import build, doctor, feeding
from assistant.govern.audit import Audit
from assistant.govern.audit_row import Event
from assistant.serve import api
from ingest import pipeline
from ingest.base import plain, private
from ingest.base.access import Viewer
from ingest.base.errors import AuditBroken, BadInput, MemoryDamaged, UnreadableSource
from ingest.base.settings import Settings
from ingest.memory.catalog import Catalog
from ingest.memory.memory import Memory
from ingest.reading import Direct, Read
from ingest.source import Source, companions, walk
from tests.attack import attack
from tests.attack.target import Target
from tests.conftest import ParagraphReader, WordSpace
from tests.tampering import ANCHORED, LATER, Place

AUDIT, LINKS, ALONE, FOLDER = "1 the audit", "2 links", "4 without accounts", "5 the state folder"
TERMINAL, DOCTOR, SMALL = "6 terminal and report", "7 doctor", "8 small print"


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _tampered(anchored: bool) -> tuple[bool, str]:
    pick, found = random.Random(7), 0
    ways = list((ANCHORED if anchored else LATER).items())
    with _scratch() as folder:
        for attempt, (tamper, kinds) in enumerate(ways):
            place = Place(folder / str(attempt), anchored)
            place.live(5)
            place.copy()
            place.live(5)
            tamper(place, pick, 8)
            place.live(2)
            found += bool({problem.kind for problem in place.audit.verify()} & kinds)
            place.catalog.close()
    return found == len(ways), f"{found} of {len(ways)} ways found after ordinary events, with their kind"


@attack(AUDIT, "cut, rolled back, emptied, forged without the key, then ordinary events")
def audit_by_itself(target: Target) -> tuple[bool, str]:
    return _tampered(anchored=False)


@attack(AUDIT, "the same and an older copy of everything, with an anchor outside")
def audit_anchored(target: Target) -> tuple[bool, str]:
    return _tampered(anchored=True)


@attack(AUDIT, "its key is removed: is a new one made beside the old rows?")
def audit_key(target: Target) -> tuple[bool, str]:
    with _scratch() as folder:
        settings = Settings(home=folder / "home")
        catalog = build.catalog(settings)
        build.note(settings, catalog, "ingest", {})
        (settings.keys_folder / "audit.key").unlink()
        try:
            build.note(settings, catalog, "ingest", {})
        except AuditBroken as error:
            return not (settings.keys_folder / "audit.key").exists(), str(error)[:80]
    return False, "a new key was made"


@attack(AUDIT, "its key emptied, cut short, overwritten with garbage, replaced by that of another memory")
def audit_other_keys(target: Target) -> tuple[bool, str]:
    with _scratch() as folder:
        mine, other = Settings(home=folder / "mine"), Settings(home=folder / "other")
        for settings in (mine, other):
            build.note(settings, build.catalog(settings), "ingest", {})
        key, catalog, told = mine.keys_folder / "audit.key", build.catalog(mine), []
        whole = key.read_text()
        for text in ("", whole[:64], whole[45:], "é" * 9, (other.keys_folder / "audit.key").read_text()):
            key.write_text(text)
            try:
                build.note(mine, catalog, "ingest", {})
            except (AuditBroken, BadInput) as error:
                told.append(str(error))
        key.write_text(whole)
        rows = catalog.connection.execute("SELECT count(*) FROM audit").fetchone()[0]
        sound = not build.audit(mine, catalog).verify()
    return len(told) == 5 and rows == 1 and sound, f"{len(told)} of 5 told, {rows - 1} rows written with them"


@attack(LINKS, "a link to another's file, a link to their folder, a companion that is a link")
def links(target: Target) -> tuple[bool, str]:
    with _scratch() as folder:
        for name in ("hr", "sales"):
            (folder / name).mkdir()
        (folder / "hr" / "salaries.vtt").write_text("WEBVTT")
        (folder / "sales" / "salaries.vtt").symlink_to(folder / "hr" / "salaries.vtt")
        (folder / "sales" / "deep").symlink_to(folder / "hr")
        followed = [one for one in walk([folder / "sales"]) if not isinstance(one, UnreadableSource)]
        beside = companions(folder / "sales" / "salaries.wav", "audio/x-wav")
    return not followed and not beside, f"{len(followed)} followed, {len(beside)} companions"


@attack(LINKS, "a file swapped for a link while it is read, a hard link to another's file")
def swapped(target: Target) -> tuple[bool, str]:
    class Swapping(Direct):
        def submit(self, source: Source, begun: Callable[[], None]) -> Future[Read]:
            if source.path.name == price.name:
                price.unlink()
                price.symlink_to(secret)
            return super().submit(source, begun)

    with _scratch() as folder, Memory(Settings(home=folder / "home"), WordSpace()) as memory:
        for name in ("hr", "sales"):
            (folder / name).mkdir()
        secret, price = folder / "hr" / "salaries.txt", folder / "sales" / "price.txt"
        secret.write_text("secret")
        price.write_text("open")
        (folder / "sales" / "hard.txt").hardlink_to(secret)
        pipeline.ask(memory.catalog, [secret, folder / "sales"], lambda path: path.parent.name)
        became = Counter(report.status for report in pipeline.run(memory, Swapping([ParagraphReader()])))
        known = [
            row["text"] for row in memory.catalog.connection.execute("SELECT text FROM entity WHERE scope = 'sales'")
        ]
    return known == ["open"] and became["failed"] == 1, f"{dict(became)}; in sales: {known}"


@attack(LINKS, "a known file is read under another scope; a scope that nobody reads")
def scopes(target: Target) -> tuple[bool, str]:
    with _scratch() as folder:
        settings, file = Settings(home=folder / "home"), folder / "salaries.txt"
        file.write_text("secret")
        catalog = build.catalog(settings)
        row = "('s', ?, '', 1, '', '', 'hr', '', '[]', '', '', 0, '')"
        catalog.connection.execute(
            "INSERT INTO source (id, path, sha256, size, media, title, scope, reader, notes, added, redacted, moved, beside) "
            f"VALUES {row}", (str(file),),
        )  # fmt: skip
        (report,) = feeding.ingest(settings, [file], "sales")
        build.put_policy(
            settings, catalog, Viewer("owner", frozenset()), "scopes: {hr: {}}\npeople: {boss: {reads: [hr]}}\n"
        )
        try:
            list(feeding.ingest(settings, [file], "nowhere"))
            refused = False
        except BadInput:
            refused = True
    return report.status == "failed" and "policy move" in report.error and refused, report.error[:60]


@attack(ALONE, "another user of this machine asks a server without accounts")
def alone(target: Target) -> tuple[bool, str]:
    from fastapi.testclient import TestClient

    from assistant.govern.people import People

    with _scratch() as folder:
        people = People(Catalog(folder / "people.sqlite"))
        app = api.application(replace(target.parts, people=people, start="printed"))
        stranger = TestClient(app, base_url="http://localhost", follow_redirects=False, client=("127.0.0.1", 1))
        entity = target.firm["secret"][0].id
        paths = (
            "/api/sources",
            f"/open/{entity}",
            f"/open/{entity}/file",
            "/chat/en/",
            "/chat/en/config",
            "/api/openapi.json",
        )
        codes = [stranger.get(path).status_code for path in paths]
        codes += [stranger.post("/api/ask", json={"question": "salary"}).status_code]
        owner = TestClient(
            app, base_url="http://localhost", client=("127.0.0.1", 1), headers={"Authorization": "Bearer printed"}
        )
        may = owner.get("/api/sources").status_code
        people.add("endo", "a sentence that is long")
        after = owner.get("/api/sources").status_code
    return set(codes) == {401} and (may, after) == (
        200,
        401,
    ), f"stranger {set(codes)}, owner {may}, then by account {after}"


@attack(FOLDER, "a state folder that was there before, open to all")
def folder_before(target: Target) -> tuple[bool, str]:
    with _scratch() as folder:
        home = folder / "home"
        home.mkdir()
        home.chmod(0o777)
        settings = Settings(home=home)
        with Memory(settings, WordSpace()):
            build.note(settings, build.catalog(settings), "ingest", {})
        loose = [path for path in private.open_to_others(home) if path.parent == home or path == home]
        (home / "catalog.sqlite").chmod(0o644)
        told = [check.finding for check in doctor._folder(settings) if not check.ok]
        private.tighten(home)
        mended = not list(private.open_to_others(home))
    return not loose and bool(told) and mended, f"{len(loose)} open; doctor: {told[0][:60] if told else 'nothing'}"


@attack(TERMINAL, "names at the door that forge a row of the exported audit")
def forged_rows(target: Target) -> tuple[bool, str]:
    evil = "\x1b[2K\r\n| 99 | 2026 | hoshino | | | policy change | x |\u202e<img src=x>"
    with _scratch() as folder:
        audit = Audit(Catalog(folder / "catalog.sqlite"), b"k" * 32, folder / "head")
        audit.append(Event("sign-in refused", evil, content={"question": evil}))
        report = list(audit.export(Viewer("boss", frozenset(), may_govern=True)))
    acts = [line for line in report if any(character in line for character in "\x1b\r\n\u202e")]
    forged = [line for line in report if line.startswith("| 99")]
    return not acts and not forged and "\x1b" not in plain.text(
        evil
    ), f"{len(acts)} lines act, {len(forged)} rows forged"


@attack(TERMINAL, "a file that is named like an option, given to a command by the shell")
def forged_option(target: Target) -> tuple[bool, str]:
    from assistant.cli import main

    out, wrong = io.StringIO(), ["--\x1b[2J\x1b]0;pwned\x07", "--\nkotonoha:well", "--\u202e\u200b"]
    for name in wrong:
        with _scratch() as home, contextlib.redirect_stderr(out), contextlib.suppress(SystemExit):
            main(["--home", str(home), "ingest", "a.txt", name])
    acts = [character for character in "\x1b\x07\u202e\u200b" if character in out.getvalue()]
    forged = [said for said in out.getvalue().splitlines() if said.startswith("kotonoha:well")]
    return not acts and not forged and "unrecognized" in out.getvalue(), f"{len(acts)} act, {len(forged)} lines forged"


@attack(DOCTOR, "a key is removed with which conversations are sealed: is a new one made beside them?")
def lost_key(target: Target) -> tuple[bool, str]:
    from assistant.app import serving
    from assistant.serve.talks import Talks
    from ingest.privacy import keys
    from ingest.privacy.vault import Vault

    with _scratch() as folder:
        settings = Settings(home=folder / "home")
        Talks(build.catalog(settings), Vault(keys.of(settings), "talks.key")).begin("owner", "How often?")
        (settings.keys_folder / "talks.key").unlink()
        told = [check.finding for check in doctor._keys(settings) if not check.ok]
        try:
            serving.serve(settings, "127.0.0.1", 0)
        except MemoryDamaged as error:
            return bool(told) and not (settings.keys_folder / "talks.key").exists(), str(error)[:80]
    return False, "the server started"


@attack(DOCTOR, "broken pages of the catalogue, broken files of the vector store")
def broken(target: Target) -> tuple[bool, str]:
    """Each is one clear line for whoever opens the memory: without its vectors it opens, and says so."""
    said = []
    with _scratch() as folder:
        for number, name in enumerate(("catalog.sqlite", "vectors/chroma.sqlite3")):
            settings = Settings(home=folder / str(number))
            with Memory(settings, WordSpace()):
                pass
            file = settings.home / name
            data = bytearray(file.read_bytes())
            data[:2000] = bytes(2000)
            for other in settings.home.rglob(f"{file.name}-*"):
                other.unlink()
            file.write_bytes(data)
            try:
                with Memory(settings, WordSpace()) as memory:
                    said.append(memory.impaired[:70] or "opened")
            except MemoryDamaged as error:
                said.append(str(error)[:70])
    return all("damaged" in one or "cannot be opened" in one for one in said), "; ".join(said)


@attack(SMALL, "a port that is taken")
def taken_port(target: Target) -> tuple[bool, str]:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(BadInput) as caught:
        api.serve(target.parts, port=other.getsockname()[1])
    return "is taken" in str(caught.value), str(caught.value)[:60]


@attack(SMALL, "a recording of 32 KB whose header says one sample a second, or four thousand million")
def lying_rate(target: Target) -> tuple[bool, str]:
    from ingest.readers.audio import _decoded

    sound, said = bytes(32_000), []
    with _scratch() as folder:
        for rate in (0, 1, 100, 4_000_000_000):
            form = struct.pack("<IHHIIHH", 16, 1, 1, rate, min(rate * 2, 2**32 - 1), 2, 16)
            parts = b"WAVEfmt " + form + b"data" + struct.pack("<I", len(sound)) + sound
            (folder / "talk.wav").write_bytes(b"RIFF" + struct.pack("<I", len(parts)) + parts)
            try:
                said.append(f"{sum(map(len, _decoded(folder / 'talk.wav'))):,} samples")
            except UnreadableSource as error:
                said.append(error.reason[:40])
    return not any("samples" in one and one[0].isdigit() for one in said), "; ".join(said)
