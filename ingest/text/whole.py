"""Text that can be written down: every character whole.

JSON and YAML can name a half of a character alone (`\\ud800`), and so can the name of a file. Nothing can store, show or
send it: two halves that belong together become their character, one alone becomes the mark of an unreadable one.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")
_AS_THEY_ARE = (int, float, bool, type(None))


def whole(text: str) -> str:
    """The text itself, or the same with no half of a character in it."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def storable(value: T) -> T:
    """The same with all its text whole: of a dataclass, a list, a tuple or a mapping everything in it."""
    return _stored(value)  # type: ignore[no-any-return]


def _stored(value: Any) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, str):
        return whole(value)
    if type(value) in (list, tuple):
        return type(value)(_stored(one) for one in value)
    if isinstance(value, dict):
        return {_stored(key): _stored(one) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _stored(getattr(value, one.name)) for one in fields(value)})
    return value
