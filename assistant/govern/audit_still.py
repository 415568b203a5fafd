"""What lies outside the catalogue, as it was when a look at the record began.

Rows are written first, then the anchor is told of them, then the mark outside moves on; so what was looked at in the
opposite order, the rows last, fits together also while others write.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assistant.govern.audit_mark import Mark


class Anchor(Protocol):
    """A place outside this machine's reach that is told every mark, and may say them again."""

    def keep(self, mark: str) -> None:
        """Keeps one line; whatever prevents it is said on the terminal and does not stop the event."""

    def lines(self) -> Sequence[str] | None:
        """Every line that was kept; None where the place cannot say them again.

        Raises:
            OSError: it cannot be read.
        """


class Ends(Protocol):
    """Where the end of a record is remembered."""

    def read(self) -> Mark | None:
        """What it says; None where there is nothing."""

    def write(self, mark: Mark) -> None:
        """All of it or nothing."""


class SeenEnd:
    """What the mark outside said; it is not moved."""

    def __init__(self, outside: Ends) -> None:
        self._mark = outside.read()

    def read(self) -> Mark | None:
        """See `Ends.read`."""
        return self._mark

    def write(self, mark: Mark) -> None:
        """See `Ends.write`. A look moves nothing."""


class SeenAnchor:
    """What the anchor said, or why it could not be read; it is told nothing. No file is there before it was told anything."""

    def __init__(self, anchor: Anchor, end: SeenEnd) -> None:
        self._lines: Sequence[str] | None = ()
        self._error: OSError | None = None
        mark = end.read()
        try:
            self._lines = anchor.lines()
        except OSError as error:
            untold = isinstance(error, FileNotFoundError) and not (mark and mark.number)
            self._error = None if untold else error

    def keep(self, mark: str) -> None:
        """See `Anchor.keep`. A look tells nothing."""

    def lines(self) -> Sequence[str] | None:
        """See `Anchor.lines`."""
        if self._error:
            raise self._error
        return self._lines
