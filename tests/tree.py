"""The file tree of docs/architecture.md, made from the first docstring line of every file. `python tests/tree.py` writes it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- tree: make docs -->", "<!-- end of tree -->"


def tree(root: Path = ROOT) -> str:
    """One line per source file: its path and what it says it is."""
    lines = []
    for package in ("prompts", "ingest", "assistant"):
        files = sorted((root / package).rglob("*.py"), key=lambda file: (len(file.relative_to(root).parts), file))
        width = max(len(str(file.relative_to(root))) for file in files) + 2
        lines += [f"{file.relative_to(root)!s:<{width}}{_says(file)}" for file in files if _says(file)]
        lines.append("")
    return "\n".join(lines).rstrip()


def with_tree(page: str) -> str:
    """The page with its tree made anew."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n```\n{tree()}\n```\n{END}{after}"


def _says(file: Path) -> str:
    text = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).split(". ")[0].rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(with_tree(PAGE.read_text("utf-8")), "utf-8")
    sys.exit(0)
