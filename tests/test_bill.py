"""The bill of materials has everything that is brought along, by exact version or hash, with its licence."""

from __future__ import annotations

import json

import pytest

from ingest.base import weights
from tests.bill import ROOT, bill, pinned

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
