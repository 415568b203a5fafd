"""The page that describes the API from its own OpenAPI description, in both languages, with a form to try each request."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from assistant.serve.routes.who import L, V
from assistant.serve.web import pages
from assistant.serve.web.words import Language

JSON = "application/json"
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a request; `where` is `path`, `query` or `form`, `kind` its type as said."""

    name: str
    where: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One request that can be made; `sample` is a body of JSON to begin with, empty where there is none."""

    method: str
    path: str
    tag: str
    about: str
    fields: tuple[Field, ...]
    sample: str


@router.get("/docs")
def docs(request: Request, viewer: V, language: L) -> HTMLResponse:
    found = list(operations(request.app.openapi(), language))
    tags = list(dict.fromkeys(one.tag for one in found))
    return HTMLResponse(
        pages.page("docs.html", language, operations=found, tags=tags, here="docs", viewer=viewer, japanese=japanese())
    )


def operations(described: Mapping[str, Any], language: Language) -> Iterator[Operation]:
    """Every request of an OpenAPI description, in its order."""
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            name = f"{method.upper()} {path}"
            about = one.get("description", one.get("summary", ""))
            said = japanese().get(name, about) if language == "ja" else about
            given = tuple(_fields(described, one))
            yield Operation(method.upper(), path, one["tags"][0], said, given, _sample(described, one))


@lru_cache(maxsize=1)
def japanese() -> dict[str, str]:
    """What each request, and each group of them, is called in Japanese."""
    return tomllib.loads(files(pages.__package__).joinpath("described.toml").read_text("utf-8"))


def _fields(described: Mapping[str, Any], one: Mapping[str, Any]) -> Iterator[Field]:
    for given in one.get("parameters", ()):
        if given["in"] in ("path", "query"):
            yield Field(given["name"], given["in"], _kind(given["schema"]), given.get("required", False))
    for media, content in one.get("requestBody", {}).get("content", {}).items():
        schema = _whole(described, content["schema"])
        for name, value in schema.get("properties", {}).items() if media != JSON else ():
            yield Field(name, "form", _kind(value), name in schema.get("required", ()))


def _kind(schema: Mapping[str, Any]) -> str:
    """The type of a value in a word: `file` and `files` are those that are sent as such."""
    if schema.get("type") == "array":
        inner = _kind(schema.get("items", {}))
        return "files" if inner == "file" else f"{inner} …"
    if schema.get("format") == "binary" or "contentMediaType" in schema:
        return "file"
    choices: Sequence[Mapping[str, Any]] = schema.get("anyOf", ())
    return _kind(choices[0]) if choices else str(schema.get("type", "object"))


def _sample(described: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    content = one.get("requestBody", {}).get("content", {}).get(JSON)
    return json.dumps(_example(described, content["schema"]), indent=2, ensure_ascii=False) if content else ""


def _example(described: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """A value of a schema to begin with: its example, default or first choice, else something empty of its type."""
    whole = _whole(described, schema)
    if "examples" in whole:
        return whole["examples"][0]
    if "default" in whole:
        return whole["default"]
    if "enum" in whole:
        return whole["enum"][0]
    if "properties" in whole:
        return {name: _example(described, one) for name, one in whole["properties"].items()}
    if whole.get("anyOf"):
        return _example(described, whole["anyOf"][0])
    if whole.get("type") == "array":
        return [_example(described, whole["items"])]
    return {"string": "", "integer": 1, "number": 1.0, "boolean": False}.get(whole.get("type", ""), {})


def _whole(described: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema itself, where only its name is given."""
    named = schema.get("$ref", "")
    return described["components"]["schemas"][named.rpartition("/")[2]] if named else schema
