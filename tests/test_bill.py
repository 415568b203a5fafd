"""The bill of materials has everything that is brought along, by exact version or hash, with its licence."""

from __future__ import annotations

import json
import re

import pytest

from ingest.base import weights
from tests.bill import bill
from tests.parts import ROOT, pinned

pytestmark = pytest.mark.skipif(not (ROOT / "constraints.txt").exists(), reason="the pins are not part of the wheel")


def test_every_pin_and_every_model_is_in_the_bill() -> None:
    said = bill()
    assert json.loads(json.dumps(said)) == said
    assert (said["bomFormat"], said["specVersion"]) == ("CycloneDX", "1.6")
    names = {(one["name"], one.get("version")) for one in said["components"]}
    assert set(pinned()) <= names and len(pinned()) > 100
    hashes = {one["hashes"][0]["content"] for one in said["components"] if "hashes" in one}
    assert hashes == {file.sha256 for model in weights.models().values() for file in model.files}
    assert all(one["licenses"][0]["license"]["name"] for one in said["components"])
    assert len({one["bom-ref"] for one in said["components"]}) == len(said["components"])
    assert bill() == said


def test_every_pin_has_the_hashes_of_its_files_and_nothing_else_is_locked() -> None:
    """What is set up is refused when its bytes are others (`--require-hashes`), and the readable list says the same."""
    locked = (ROOT / "locked.txt").read_text("utf-8")
    entries = re.findall(r"^(\S+==.+?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", locked, re.MULTILINE)
    assert [name for name, _ in entries] == (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert sum(hashes.count("\n") for _, hashes in entries) + len(entries) == locked.count("\n")


def test_what_sets_up_takes_nothing_without_its_hash() -> None:
    """Torch alone is pinned by version: one version has many builds."""
    steps = (ROOT / "Makefile").read_text("utf-8") + (ROOT / "Dockerfile").read_text("utf-8")
    lines = re.findall(r"(?:-m pip|bin/pip) install (.+)", steps)
    free = ("pip==", "--no-deps", "uv==")
    loose = [one for one in lines if not any(said in one for said in ("--require-hashes", "$(HASHES)", *free))]
    assert loose == [] and "HASHES ?= --require-hashes --constraint locked.txt" in steps
