"""The house keeps its shape: rooms, few files beside them, short files."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

import assistant
import ingest
import prompts

PACKAGES = [Path(str(package.__file__)).parent for package in (assistant, ingest, prompts)]


def test_no_file_is_over_400_lines_and_half_are_under_150() -> None:
    lines = {
        file: len(file.read_text("utf-8").splitlines())
        for package in PACKAGES
        for file in package.rglob("*.py")
        if file.name != "__init__.py" or file.stat().st_size > 200
    }
    assert {file.name: count for file, count in lines.items() if count > 400} == {}
    assert len(lines) > 200
    assert median(lines.values()) < 150


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_beside_its_rooms_a_package_has_five_files_at_most(package: Path) -> None:
    assert len([file for file in package.glob("*.py") if file.name != "__init__.py"]) <= 5
