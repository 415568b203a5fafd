"""What was read, as bytes from one process to another: JSON, so that a process that met a hostile file can send nothing else."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ingest.base.settings import Settings
from ingest.space.entity import Draft, Locator
from ingest.text.columns import Column, Columns, Value

from ..source import Source
from . import Inside, Read

_READ: dict[str, Callable[[Any], Value]] = {
    "date": dt.date.fromisoformat, "datetime": dt.datetime.fromisoformat,
}  # fmt: skip


def packed(found: Read) -> bytes:
    return json.dumps(_read(found)).encode()


def unpacked(values: Mapping[str, Any]) -> Read:
    """What `packed` made bytes of, from the parsed JSON."""
    drafts = tuple(_a_draft(draft) for draft in values["drafts"])
    inside = tuple(
        Inside(path, sha256, size, media, unpacked(read)) for path, sha256, size, media, read in values["inside"]
    )
    return Read(values["reader"], drafts, tuple(map(_a_table, values["tables"])), tuple(values["notes"]), inside)


def _read(found: Read) -> dict[str, Any]:
    tables = [_table(table) for table in found.tables]
    drafts = [_draft(draft) for draft in found.drafts]
    inside = [[one.path, one.sha256, one.size, one.media, _read(one.read)] for one in found.inside]
    return {"reader": found.reader, "drafts": drafts, "tables": tables, "notes": found.notes, "inside": inside}


def of_source(source: Source) -> bytes:
    head = base64.b64encode(source.head).decode()
    found = [str(source.path), source.sha256, source.size, source.media, head, source.beside, source.own_words]
    return json.dumps(found).encode()


def a_source(data: bytes, settings: Settings) -> Source:
    from pathlib import Path

    path, sha256, size, media, head, beside, own_words = json.loads(data)
    return Source(Path(path), sha256, size, media, base64.b64decode(head), settings, beside, tuple(own_words))


def _draft(draft: Draft) -> list[Any]:
    meaning = None
    if draft.meaning is not None:
        vectors = np.asarray(draft.meaning, np.float32)
        meaning = [vectors.shape, base64.b64encode(vectors.tobytes()).decode()]
    place = draft.locator.as_dict()
    return [draft.kind, draft.text, place, draft.title, draft.key, draft.parent, dict(draft.facts), meaning]


def _a_draft(values: list[Any]) -> Draft:
    kind, text, place, title, key, parent, facts, meaning = values
    if meaning is not None:
        meaning = np.frombuffer(base64.b64decode(meaning[1]), np.float32).reshape(meaning[0])
    return Draft(kind, text, Locator.from_dict(place), title, key, parent, facts, meaning)


def _table(table: Columns) -> dict[str, Any]:
    columns = [
        [one.name, one.type, [_plain(value) for value in one.values], one.unit, one.unread, one.hidden]
        for one in table.columns
    ]
    return {
        "key": table.key, "name": table.name, "columns": columns, "rows": list(table.rows), "sheet": table.sheet,
        "time": table.time, "hidden": sorted(table.hidden), "left_out": table.left_out,
    }  # fmt: skip


def _plain(value: Value) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _a_table(values: dict[str, Any]) -> Columns:
    columns = tuple(
        Column(name, kind, [_a_value(value, kind) for value in cells], unit, unread, hidden)
        for name, kind, cells, unit, unread, hidden in values["columns"]
    )
    return Columns(
        values["key"], values["name"], columns, values["rows"], values["sheet"], values["time"],
        frozenset(values["hidden"]), tuple(values["left_out"]),
    )  # fmt: skip


def _a_value(value: Any, kind: str) -> Value:
    read = _READ.get(kind)
    return value if value is None or read is None else read(value)
