"""The software bill of materials as CycloneDX 1.6: every package that is pinned, every model. `python -m tests.bill > FILE`."""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any

from assistant import __version__
from ingest.base import weights
from tests.parts import licence, pinned


def bill() -> dict[str, Any]:
    """The whole bill. The same pins and models give the same bill, its serial number included."""
    components = [
        *map(_package, pinned()),
        *(_model(model, file) for model in weights.models().values() for file in model.files),
    ]
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components, sort_keys=True))
    product = {"type": "application", "name": "kotonoha-memory", "version": __version__, "bom-ref": "kotonoha-memory"}
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "serialNumber": f"urn:uuid:{number}",
        "metadata": {"component": product}, "components": components,
    }  # fmt: skip


def _package(pin: tuple[str, str]) -> dict[str, Any]:
    name, version = pin
    said = [{"license": {"name": licence(name)}}]
    where = f"pkg:pypi/{name}@{version}"
    return {"type": "library", "name": name, "version": version, "purl": where, "bom-ref": where, "licenses": said}


def _model(model: weights.Model, file: weights.File) -> dict[str, Any]:
    return {
        "type": "machine-learning-model", "name": f"{model.title}: {file.name}", "bom-ref": f"model:{file.sha256}",
        "hashes": [{"alg": "SHA-256", "content": file.sha256}], "licenses": [{"license": {"name": model.licence}}],
    }  # fmt: skip


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1)
