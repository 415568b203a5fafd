"""Every outside model: name, licence, size, sha256, where it comes from, and what to do when it is missing.

`models.toml` lists them. Weights are data: nothing here installs or imports what carried them.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import verdicts
from .errors import BadInput, BadWeights, MissingPart
from .settings import models_folder

LANGUAGE_MODEL = "language model"
CHOICES = "chosen.json"
"""In the folder of models: which one does what, where that is not the default."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a file: one member of one package of the index, by exact version; size in bytes."""

    package: str
    member: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model. `parts` joined in order are its bytes; `url` is where its makers publish the same bytes."""

    name: str
    sha256: str
    size: int = 0
    parts: tuple[Part, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """An outside model.

    Attributes:
        name: what `kotonoha models` calls it; title is its makers' name for it, source the repository it is from.
        role: what it does here.
        default: whether setting up brings it.
        package: import name of the installed package that carries it, `distribution` what pip calls that; empty when it
            is pulled into the folder of models.
    """

    name: str
    title: str
    role: str
    licence: str
    source: str
    files: tuple[File, ...]
    default: bool = False
    package: str = ""
    distribution: str = ""

    @property
    def size(self) -> int:
        """Bytes to pull; 0 for one that came with the installation."""
        return sum(file.size for file in self.files)

    @property
    def command(self) -> str:
        """What brings it."""
        return f"pip install {self.distribution}" if self.package else f"kotonoha models pull {self.name}"

    def file(self, name: str = "") -> File:
        """The file of this name; the first without one."""
        return next(file for file in self.files if not name or file.name == name)


@lru_cache(maxsize=1)
def models() -> Mapping[str, Model]:
    """Every known model by its name."""
    table = tomllib.loads(Path(__file__).with_name("models.toml").read_text("utf-8"))
    return {row["name"]: _model(row) for row in table["model"]}


def _model(row: Mapping[str, Any]) -> Model:
    files = tuple(
        File(**{**file, "parts": tuple(Part(**part) for part in file.get("parts", ()))}) for file in row["file"]
    )
    return Model(files=files, **{key: value for key, value in row.items() if key != "file"})


def known(name: str) -> Model:
    """The model of this name.

    Raises:
        BadInput: there is none.
    """
    if name not in models():
        raise BadInput(f"there is no model called '{name}'", "kotonoha models list")
    return models()[name]


def find(name: str, file: str = "") -> Path:
    """The checked file of a model; its first one without a name.

    Raises:
        MissingPart: it is not on this machine; the hint is the command that brings it.
        BadWeights: it is there and is not what it claims to be.
    """
    model = known(name)
    return checked(model, model.file(file))


def checked(model: Model, file: File) -> Path:
    """See `find`."""
    path = place_of(model, file)
    if path is None or not path.is_file():
        raise MissingPart(f"{model.title} ({model.role}) is not on this machine", model.command)
    return verdicts.check(path, file.sha256, model.title, model.command)


def place_of(model: Model, file: File) -> Path | None:
    """Where a file of a model lies, or would lie once pulled; None when the package that carries it is not installed."""
    if not model.package:
        return models_folder() / model.name / file.name
    spec = find_spec(model.package)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [] if spec else [])]
    near = (path for folder in folders for path in (folder / file.name, *folder.rglob(Path(file.name).name)))
    return next((path for path in near if path.is_file()), None)


def fault(model: Model) -> str:
    """Why a model cannot be used, in one line with the command to run, or "" when it can."""
    try:
        for file in model.files:
            checked(model, file)
    except MissingPart as error:
        return str(error)
    return ""


# -- which one does what -----------------------------------------------------------------------------


def choose(role: str, name: str) -> None:
    """From now on this one, a known model or the path of a file, does what `role` says, for every memory of this user."""
    file = models_folder() / CHOICES
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps({**_choices(), role: name}, indent=2), "utf-8")
    partial.replace(file)


def chosen(role: str) -> str:
    """What was chosen for a role: a known name or a path; "" when nothing was."""
    return _choices().get(role, "")


def _choices() -> dict[str, str]:
    try:
        found = json.loads((models_folder() / CHOICES).read_text("utf-8"))
        return {str(role): str(name) for role, name in found.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError):
        raise BadWeights(
            f"{models_folder() / CHOICES} says nothing that can be understood",
            "remove it, then: kotonoha models use NAME",
        ) from None


def language_model(setting: str, default: str) -> Path:
    """The checked file of the language model: what the setting names, else what was chosen, else the default.

    Raises:
        MissingPart: it is not on this machine.
        BadWeights: its bytes are not those it is known by.
    """
    name = setting or chosen(LANGUAGE_MODEL) or default
    return find(name) if name in models() else named(Path(name).expanduser())


def named(path: Path) -> Path:
    """A file that a user named, known by its bytes from the first time on.

    Raises:
        MissingPart: there is no such file.
        BadWeights: it has changed since it was first used.
    """
    if not path.is_file():
        raise MissingPart(f"there is no model file at {path}", "kotonoha models list shows the names that are known")
    return verdicts.remembered(path)
