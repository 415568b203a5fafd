"""JSON and JSON Lines: records as lines of "name: value" with their path, lists of like records as tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ingest.base.errors import UnreadableSource
from ingest.space.entity import Locator
from ingest.text import charset

from ..source import Source
from . import Item, Note
from .flow import Block, Table, fold

RECORD = 600
"""Characters up to which a value with all its parts stays one piece."""
DEEP = 3
"""Records within records that are still told in the row of the outermost."""
TITLES = ("title", "name", "subject", "label", "id")


class JsonReader:
    """json and jsonl."""

    name = "json"

    def accepts(self, source: Source) -> bool:
        return source.media in ("application/json", "application/jsonl")

    def read(self, source: Source) -> Iterator[Item]:
        text = charset.decode(source.path.read_bytes())
        if source.media == "application/jsonl":
            yield from fold(_lines(text), source.path.stem)
            return
        try:
            value = json.loads(text)
        except RecursionError as error:
            raise UnreadableSource(source.path, "nested too deeply") from error
        except ValueError as error:
            raise UnreadableSource(source.path, f"not valid JSON ({error})") from error
        title = value.get("title") if isinstance(value, dict) else None
        yield from fold(told(value), title if isinstance(title, str) and title else source.path.stem)


def _lines(text: str) -> Iterator[Block | Table | Note]:
    """Like records as one table, else every line on its own."""
    values: list[tuple[int, Any]] = []
    bad = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                values.append((number, json.loads(line)))
            except (ValueError, RecursionError):
                bad.append(number)
    if bad:
        yield Note(f"{len(bad)} lines are not valid JSON, the first is line {bad[0]}")
    records = [value for _, value in values]
    if _is_table(records):
        places = tuple(Locator(row=number) for number, _ in values)
        yield Table(_rows(records), places=(Locator(), *places), form=False)
        return
    for number, value in values:
        yield Block("\n".join(_flat(value)), place=Locator(row=number))


def told(root: Any, named: bool = False) -> Iterator[Block | Table]:
    """A value in order: small ones as text, like records as tables, the others part by part under their names.

    Args:
        named: whether names say what a value is, as those of elements do: headings keep them.
    """
    waiting: list[Block | tuple[Any, str, int]] = [(root, "$", 1)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Block):
            yield item
            continue
        value, path, level = item
        place = Locator(part=path)
        if isinstance(value, list) and _is_table(value):
            places = tuple(Locator(part=f"{path}[{i}]") for i in range(len(value)))
            yield Table(_rows(value), place, places=(place, *places), form=False)
        elif _is_small(value) and not _holds_rows(value):
            yield Block("\n".join(_flat(value)), place=place)
        else:
            parts = [*_parts(value, path)]
            plain = [name + _word(one) for name, _, one in parts if not isinstance(one, (dict, list))]
            yield Block("\n".join(plain), place=place)
            for name, inner, one in reversed(parts):
                if isinstance(one, (dict, list)):
                    waiting.append((one, inner, level + 1))
                    heading = (_called(one), name.removesuffix(": "))
                    shown = " ".join(filter(None, reversed(heading))) if named else heading[0] or heading[1]
                    waiting.append(Block(shown, level, Locator(part=inner)))


def _parts(value: dict[str, Any] | list[Any], path: str) -> Iterator[tuple[str, str, Any]]:
    """What to write before it, path and value of every part."""
    if isinstance(value, dict):
        yield from ((f"{name}: ", f"{path}.{name}", one) for name, one in value.items())
    else:
        yield from (("", f"{path}[{i}]", one) for i, one in enumerate(value))


def _flat(root: Any) -> Iterator[str]:
    """A value as lines "outer.inner: word"; a list of words is one line."""
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        name, value = waiting.pop()
        lead = f"{name}: " if name else ""
        if isinstance(value, dict):
            waiting += [(f"{name}.{key}" if name else str(key), one) for key, one in reversed(value.items())]
        elif isinstance(value, list) and any(isinstance(one, (dict, list)) for one in value):
            waiting += [(name, one) for one in reversed(value)]
        elif isinstance(value, list) and value:
            yield lead + ", ".join(map(_word, value))
        elif not isinstance(value, list):
            yield lead + _word(value)


def _is_small(value: Any) -> bool:
    """Whether a value with all its parts stays one piece; looks at no more of it than that needs."""
    left = RECORD
    for line in _flat(value) if not isinstance(value, list) or len(value) < RECORD else ():
        left -= len(line) + 1
        if left < 0:
            break
    else:
        return not isinstance(value, list) or len(value) < RECORD
    return not isinstance(value, (dict, list))


def _holds_rows(root: Any) -> bool:
    """Whether a value holds like records somewhere."""
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list) and _is_table(value):
            return True
        if isinstance(value, (dict, list)):
            waiting += value.values() if isinstance(value, dict) else value
    return False


def _is_table(values: list[Any]) -> bool:
    """At least two records of plain values, most of them with most of the same names."""
    if len(values) < 2 or not all(isinstance(value, dict) and value for value in values):
        return False
    records = [_record(value) for value in values]
    names = {name for record in records for name in record or ()}
    return all(records) and sum(len(record or ()) for record in records) > 0.6 * len(names) * len(values)


def _record(value: dict[str, Any], deep: int = 0) -> dict[str, Any] | None:
    """A record in one row: of a record in it "price.amount", of a list its words; None where records stand in lists of it or
    too deep."""
    found: dict[str, Any] = {}
    for name, one in value.items():
        if isinstance(one, dict):
            inner = _record(one, deep + 1) if deep < DEEP else None
            if inner is None:
                return None
            found |= {f"{name}.{key}": word for key, word in inner.items()}
        elif isinstance(one, list):
            if any(isinstance(word, (dict, list)) for word in one):
                return None
            found[name] = ", ".join(map(_word, one)) or None
        else:
            found[name] = one
    return found


def _rows(values: list[dict[str, Any]]) -> list[list[object]]:
    records = [_record(value) or {} for value in values]
    names = list(dict.fromkeys(name for record in records for name in record))
    return [list(names), *([record.get(name) for name in names] for record in records)]


def _called(value: Any) -> str:
    """What a record calls itself, if anything."""
    names = (value.get(key) for key in TITLES) if isinstance(value, dict) else ()
    return next((name for name in names if isinstance(name, str) and name.strip()), "")


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
