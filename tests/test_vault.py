from __future__ import annotations

from pathlib import Path

import pytest

from ingest.base.errors import BadInput, MemoryDamaged
from ingest.privacy.keys import Files
from ingest.privacy.vault import Vault, secret


def test_sealed_text_opens_for_its_owner_after_a_restart(tmp_path: Path) -> None:
    sealed = Vault(Files(tmp_path), "vault.key").seal("e1", "田中 090-0123-4567")
    assert Vault(Files(tmp_path), "vault.key").open("e1", sealed) == "田中 090-0123-4567"
    assert "田中".encode() not in sealed


def test_seal_of_another_owner_key_or_a_changed_byte_does_not_open(tmp_path: Path) -> None:
    vault = Vault(Files(tmp_path), "vault.key")
    sealed = vault.seal("e1", "secret")
    changed = sealed[:-5] + (b"A" if sealed[-5:-4] != b"A" else b"B") + sealed[-4:]
    other = Vault(Files(tmp_path), "other.key")
    for opener, owner, token in ((vault, "e2", sealed), (other, "e1", sealed), (vault, "e1", changed)):
        with pytest.raises(MemoryDamaged, match="does not open"):
            opener.open(owner, token)


def test_rotation_reseals_and_old_keys_can_then_go(tmp_path: Path) -> None:
    vault = Vault(Files(tmp_path), "vault.key")
    old = vault.seal("e1", "secret")
    vault.rotate()
    assert vault.open("e1", old) == "secret"
    new = vault.reseal(old)
    vault.drop_old_keys()
    assert Vault(Files(tmp_path), "vault.key").open("e1", new) == "secret"
    with pytest.raises(MemoryDamaged):
        vault.open("e1", old)
    with pytest.raises(MemoryDamaged):
        vault.reseal(old)


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    first = secret(Files(tmp_path), "audit.key")
    assert len(first) == 32
    assert secret(Files(tmp_path), "audit.key") == first != secret(Files(tmp_path), "other.key")


@pytest.mark.parametrize("text", ["", "zzz", "00", "é", "a b c"])
def test_what_is_no_key_is_told_in_one_line_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.key").write_text(text)
    (tmp_path / "a.key").chmod(0o600)
    for opened in (lambda: secret(Files(tmp_path), "a.key"), lambda: Vault(Files(tmp_path), "a.key")):
        with pytest.raises((MemoryDamaged, BadInput), match="put it back from a back-up"):
            opened()
