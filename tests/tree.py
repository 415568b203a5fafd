"""The rooms and files of docs/architecture.md: their order from the contracts, their words from the docstrings.

`make docs` writes the page; a test holds that it is the one there is.
"""

from __future__ import annotations

import ast
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- tree: make docs -->", "<!-- end of tree -->"
WIDTH = 120


def tree(root: Path = ROOT) -> str:
    """Every package, room by room, from the last step of the flow to the first; files in the order they may import."""
    layers = _layers(root)
    lines: list[str] = []
    for package in ("assistant", "ingest", "prompts"):
        lines += [f"### {package}/", "", *_wrapped(_says(root / package / "__init__.py") + "."), ""]
        lines += _files(root / package, layers.get(package, []))
        for room in _ordered(root / package, layers.get(package, [])):
            lines += _room(room, layers, root)
    return "\n".join(lines).rstrip()


def with_tree(page: str) -> str:
    """The page with its tree made anew."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{tree()}\n\n{END}{after}"


def _room(folder: Path, layers: dict[str, list[str]], root: Path) -> Iterator[str]:
    """A room: what it is for, its files, and then the rooms inside it."""
    order = layers.get(".".join(folder.relative_to(root).parts), [])
    yield from _wrapped(f"**{folder.relative_to(root)}/** {_says(folder / '__init__.py')}.")
    yield ""
    yield from _files(folder, order)
    for inner in _ordered(folder, order):
        yield from _room(inner, layers, root)


def _files(folder: Path, order: list[str]) -> Iterator[str]:
    files = [file for file in folder.glob("*.py") if file.stem != "__init__"]
    for file in sorted(files, key=lambda file: (_place(file.stem, order), file.stem)):
        yield from _wrapped(f"* `{file.name}` {_says(file)}", "  ")
    yield from [""] * bool(files)


def _ordered(folder: Path, order: list[str]) -> list[Path]:
    rooms = [file.parent for file in folder.glob("*/__init__.py")]
    return sorted(rooms, key=lambda room: (_place(room.name, order), room.name))


def _place(name: str, order: list[str]) -> int:
    return next((at for at, layer in enumerate(order) if name in layer.replace("|", " ").split()), len(order))


def _layers(root: Path) -> dict[str, list[str]]:
    """The layers of every package that a contract of import-linter orders, highest first."""
    told = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return {name: contract["layers"] for contract in told for name in contract.get("containers", ())}


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _says(file: Path) -> str:
    """The first sentence of a file's docstring."""
    text = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).split(". ")[0].rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(with_tree(PAGE.read_text("utf-8")), "utf-8")
