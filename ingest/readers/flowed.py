"""Bodies of mails in which long lines were broken on the way (format=flowed, RFC 3676), put together again."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"(?:> ?(?=>))*>?")
"""Marks of quotation, as some programs set them with spaces between."""
SIGNATURE = "-- "


def joined(text: str, del_space: bool) -> str:
    """A text with its soft line breaks taken out.

    Args:
        del_space: whether the space that marks a soft break is none of the text (DelSp=yes).
    """
    lines: list[str] = []
    depth, soft = 0, False
    for line in text.split("\n"):
        marks = _QUOTED.match(line)[0]  # type: ignore[index]
        quotes = marks.count(">")
        said = _unstuffed(line[len(marks) :], quotes)
        if soft and quotes == depth and said != SIGNATURE:
            lines[-1] += said
        else:
            lines.append(">" * quotes + " " * bool(quotes) + said)
        depth, soft = quotes, said.endswith(" ") and said != SIGNATURE
        if soft and del_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _unstuffed(text: str, quotes: int) -> str:
    """A line without the space set before it; it stays where the line would look quoted without it."""
    return text.removeprefix(" ") if quotes or not text.startswith(" >") else text
