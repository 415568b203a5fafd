"""Keys lie in strict files or in a keyring, move into it, are rotated in both, and are never made anew in silence."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from keyrings.alt.file import PlaintextKeyring

from assistant.app import build
from assistant.cli import main
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.errors import BadInput, MissingPart
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.privacy.keys import CHOSEN, Files, Keyring, Keys, given, of
from ingest.privacy.personal import Personal
from ingest.privacy.vault import Vault
from ingest.readers.text import TextReader
from ingest.reading import Direct

from .conftest import FIRM

HR = Viewer("mori", frozenset({"hr"}), may_reveal=True)


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A real keyring that is a file in a folder of this test, chosen as somebody would choose it."""
    file = tmp_path / "ring.cfg"
    monkeypatch.setenv(CHOSEN, "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("KEYRING_PROPERTY_FILE_PATH", str(file))
    before = keyring.get_keyring()
    keyring.set_keyring(PlaintextKeyring())
    yield file
    keyring.set_keyring(before)


@pytest.fixture(params=["file", "keyring"])
def where(request: pytest.FixtureRequest, ring: Path, tmp_path: Path) -> Keys:
    return of(Settings(home=tmp_path / "home", keys=request.param))


def test_a_key_is_made_once_and_can_be_replaced(where: Keys) -> None:
    assert where.read("a.key", "first") == "first" == where.read("a.key", "second")
    where.write("a.key", "one\ntwo")
    assert where.read("a.key", "third") == "one\ntwo"
    assert where.read("b.key", "other") == "other"


def test_many_that_start_together_agree_on_one_key(where: Keys) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda number: where.read("a.key", f"key{number}"), range(16)))) == 1


def test_rotation_works_in_both(where: Keys) -> None:
    vault = Vault(where, "originals.key")
    old = vault.seal("e1", "secret")
    vault.rotate()
    new = vault.reseal(old)
    vault.drop_old_keys()
    assert Vault(where, "originals.key").open("e1", new) == "secret"
    assert len(where.read("originals.key", "").split()) == 1


def test_key_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    """They are made with mode 600 and refused when others may read them."""
    file = tmp_path / "keys" / "audit.key"
    assert Files(file.parent).read("audit.key", "k") == "k"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["audit.key"]
    file.chmod(0o644)
    for read in (lambda: Files(file.parent).read("audit.key", "k"), lambda: given(file)):
        with pytest.raises(BadInput, match="chmod 600"):
            read()


def test_a_key_in_the_keyring_is_in_no_file_of_the_memory(ring: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    Keyring(home / "keys").read("a.key", "s3cret-value")
    assert base64.b64encode(b"s3cret-value").decode() in ring.read_text("utf-8")
    assert all(b"s3cret-value" not in file.read_bytes() for file in home.rglob("*") if file.is_file())


def test_a_key_in_a_file_moves_into_the_keyring_and_the_way_back_is_told(ring: Path, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    Files(folder).read("a.key", "old")
    assert Keyring(folder).read("a.key", "new") == "old"
    assert not (folder / "a.key").exists()
    with pytest.raises(BadInput, match="KOTONOHA_KEYS=keyring"):
        Files(folder).read("a.key", "new")


def test_a_lost_keyring_is_an_error_and_no_new_key(ring: Path, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    Keyring(folder).read("a.key", "old")
    ring.unlink()
    with pytest.raises(MissingPart, match="same machine, same user"):
        Keyring(folder).read("a.key", "new")


def test_a_keyring_that_keeps_no_secrets_is_refused_unless_somebody_chose_it(
    ring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no other, the package takes a file that anybody can read: not without being told."""
    monkeypatch.delenv(CHOSEN)
    with pytest.raises(MissingPart, match="KOTONOHA_KEYS=file"):
        Keyring(tmp_path / "keys")
    keyring.set_keyring(NoKeyring())
    with pytest.raises(MissingPart, match="KOTONOHA_KEYS=file"):
        Keyring(tmp_path / "keys")
    monkeypatch.setenv(CHOSEN, "keyring.backends.fail.Keyring")
    with pytest.raises(MissingPart, match="cannot be used"):
        Keyring(tmp_path / "keys").read("a.key", "new")


def test_another_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'file' or 'keyring'"):
        of(Settings(home=tmp_path, keys="cloud"))


def test_without_the_package_nothing_else_needs_it(tmp_path: Path) -> None:
    code = (
        "import sys\nsys.modules['keyring'] = None\nfrom pathlib import Path\n"
        "from ingest.privacy.keys import of\nfrom ingest.base.settings import Settings\n"
        "from ingest.base.errors import MissingPart\n"
        "of(Settings(home=Path('.'))).read\n"
        "try:\n    of(Settings(home=Path('.'), keys='keyring'))\nexcept MissingPart as e:\n    print(e)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install keyring" in result.stdout, result.stderr


@pytest.mark.slow
def test_a_memory_lives_with_its_keys_in_the_keyring(ring: Path, memory: Memory, settings: Settings) -> None:
    """Read, revealed, moved into the keyring, sealed anew by command, revealed again, and the audit verifies."""
    build.note(settings, memory.catalog, "ingest", {})
    pipeline.ask(memory.catalog, [FIRM / "hr-confidential" / "medical-note-sawada.txt"], lambda path: "hr")
    assert [report.status for report in pipeline.run(memory, Direct([TextReader()]))] == ["added"]
    ids = [row["id"] for row in memory.catalog.connection.execute("SELECT id FROM entity")]
    before = Personal(memory.catalog, settings).originals(ids, HR)
    assert before
    build.record(settings, memory.catalog, HR, "open", {})
    moved = replace(settings, keys="keyring")
    assert Personal(memory.catalog, moved).originals(ids, HR) == before
    memory.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KOTONOHA_KEYS", "keyring")
        assert main(["--home", str(settings.home), "policy", "new-key"]) == 0
        assert main(["--home", str(settings.home), "audit", "verify"]) == 0
    catalog = build.catalog(settings)
    assert Personal(catalog, moved).originals(ids, HR) == before
    assert not list(settings.keys_folder.glob("*.key"))
    catalog.close()
