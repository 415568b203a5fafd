"""The anchor of the audit: a place outside this machine's reach, named by whoever runs it, that is told every mark.

A file on another machine's disk or one that can only be appended to; or a command that is given each line on its standard
input: a mail, a printer, a ledger.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SECONDS = 10
"""For which a command may take a line."""


class AnchorFile:
    """A file to which every line is appended."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, line: str) -> None:
        """See `audit.Anchor.keep`."""
        try:
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a") as file:
                file.write(line + "\n")
        except OSError as error:
            _missed(error)

    def lines(self) -> Sequence[str] | None:
        """See `audit.Anchor.lines`."""
        return self._path.read_text("ascii", errors="replace").splitlines()


class AnchorCommand:
    """A command that is given every line; what it kept has to be fetched from wherever it put it (`audit verify --anchor`)."""

    def __init__(self, command: str) -> None:
        self._command = shlex.split(command)

    def keep(self, line: str) -> None:
        """See `audit.Anchor.keep`."""
        try:
            subprocess.run(  # noqa: S603
                self._command, input=line + "\n", text=True, timeout=SECONDS, check=True, capture_output=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            _missed(error)

    def lines(self) -> Sequence[str] | None:
        """See `audit.Anchor.lines`."""
        return None


def named(setting: str) -> AnchorFile | AnchorCommand | None:
    """The anchor that a setting names: `| command` or a file; none where it is empty."""
    if setting.startswith("|"):
        return AnchorCommand(setting[1:].strip())
    return AnchorFile(Path(setting).expanduser()) if setting else None


def _missed(error: Exception) -> None:
    sys.stderr.write(f"kotonoha: the audit's anchor was not told: {error}\n")
