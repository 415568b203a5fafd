"""The documents are read by tests, so that they stay true."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import build_parser
from ingest.base.settings import Settings

from . import parts, tree

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="the documents are not part of the wheel")


def commands() -> list[str]:
    (action,) = [a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return list(action.choices)


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme_and_explains_itself_with_an_example(command: str) -> None:
    assert f"kotonoha {command}" in (ROOT / "README.md").read_text("utf-8")
    (action,) = [a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    assert f"kotonoha {command}" in (action.choices[command].epilog or "")


@pytest.mark.parametrize("name", list(Settings.__dataclass_fields__))
def test_every_setting_is_explained(name: str) -> None:
    assert f"`KOTONOHA_{name.upper()}`" in (ROOT / "docs" / "operation.md").read_text("utf-8")


def test_the_file_tree_is_the_one_there_is() -> None:
    page = tree.PAGE.read_text("utf-8")
    assert page == tree.with_tree(page), "run `make docs`"


def test_every_direct_dependency_and_model_is_listed_with_its_version_and_licence() -> None:
    page = parts.PAGE.read_text("utf-8")
    assert page == parts.with_tables(page), "run `make docs`"
    assert "not stated" not in page and "see the package" not in page


def test_every_file_says_what_it_is() -> None:
    files = [file for package in ("prompts", "ingest", "assistant") for file in (ROOT / package).rglob("*.py")]
    silent = [file for file in files if file.read_text("utf-8").strip() and not tree._says(file)]
    assert silent == []


def test_every_command_named_in_the_documents_exists() -> None:
    known = set(commands())
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        named = set(re.findall(r"(?:^|`|\$ )kotonoha ([a-z]+)", page.read_text("utf-8"), re.MULTILINE))
        assert named <= known, f"{page.name} names {named - known}"


def test_every_question_where_something_is_has_one_file_that_exists() -> None:
    rows = re.findall(r"^\| (.+\?) \| (.+) \|$", (ROOT / "docs" / "where.md").read_text("utf-8"), re.MULTILINE)
    assert len(rows) >= 20
    for question, said in rows:
        (path,) = re.findall(r"`([^`]+)`", said)
        assert (ROOT / path).is_file(), f"{question} {path}"


def test_every_path_of_ours_that_the_documents_name_exists() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        if page.name != "LOG.md":  # the log says what was
            for path in re.findall(r"`((?:assistant|ingest|prompts|tests)/[\w./-]*)`", page.read_text("utf-8")):
                assert (ROOT / path).exists(), f"{page.name} names {path}"


def test_no_line_is_longer_than_a_screen_is_wide() -> None:
    """The rows of hashes in `parts.md` are made, and cannot be broken."""
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        long = [n for n, line in enumerate(page.read_text("utf-8").splitlines(), 1) if len(line) > 120]
        assert long == [] or page == parts.PAGE, f"{page.name}: {long}"


def test_every_local_link_leads_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links {target}"


def test_every_import_in_the_documents_works() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for block in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            lines = [line for line in block.splitlines() if re.match(r"(?:from|import) ", line)]
            exec("\n".join(lines), {})


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys\nfrom assistant.cli import build_parser\nbuild_parser().format_help()\n"
        "heavy = {'torch', 'chromadb', 'gradio', 'llama_cpp', 'transformers', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
