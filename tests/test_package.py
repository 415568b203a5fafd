"""What is shipped says what it is, and declares what it imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from assistant import __version__
from assistant.cli import main

ROOT = Path(__file__).resolve().parents[1]
OURS = ("assistant", "ingest", "prompts")
ELSEWHERE = {"spacy": "presidio-analyzer"}
"""Modules that come with another distribution, or are installed by the Makefile alone."""


def test_the_command_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.strip() == f"kotonoha {__version__}"


@pytest.mark.parametrize("package", OURS)
def test_every_package_says_that_it_is_typed(package: str) -> None:
    (module,) = __import__(package).__path__
    assert (Path(module) / "py.typed").is_file()


@pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="the declarations are not part of the wheel")
def test_every_library_that_is_imported_is_declared() -> None:
    said = declared()
    owners = packages_distributions()
    lost = {}
    for module, file in imported().items():
        names = {ELSEWHERE.get(module, "")} | {_plain(name) for name in owners.get(module, [module])}
        if not names & said:
            lost[module] = str(file.relative_to(ROOT))
    assert lost == {}


def declared() -> set[str]:
    """The distributions that pyproject.toml names: needed, optional, or for the tests and measurements."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = told["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values(), *told["dependency-groups"].values()]
    return {_plain(re.split(r"[\[<>=~ ]", line)[0]) for group in groups for line in group}


def imported() -> dict[str, Path]:
    """Every outside module that our packages import anywhere, with one file that does."""
    found: dict[str, Path] = {}
    for file in (file for package in OURS for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0]: file for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found[node.module.split(".")[0]] = file
    return {name: file for name, file in found.items() if name not in sys.stdlib_module_names and name not in OURS}


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
