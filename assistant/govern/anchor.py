"""The anchor of the audit: a place outside this machine's reach, named by whoever runs it, that is told every mark.

A file on another machine's disk or one that can only be appended to; or a command that is given each line on its standard
input: a mail, a printer, a ledger.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ingest.base.errors import BadInput
from ingest.base.plain import line

SECONDS = 2.0
"""For which a command may take a line."""
PAUSE = 60.0
"""Seconds for which a command that took longer is told nothing; the next mark it is told stands for those it was not."""

_resting: dict[tuple[str, ...], float] = {}
"""Until when each command rests, in this process."""


class AnchorFile:
    """A file to which every line is appended."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, mark: str) -> None:
        """See `audit.Anchor.keep`. A pipe that nobody reads is no place to wait for."""
        try:
            way = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
            with os.fdopen(os.open(self._path, way, 0o600), "a") as file:
                file.write(mark + "\n")
        except OSError as error:
            _missed(error)

    def lines(self) -> Sequence[str] | None:
        """See `audit.Anchor.lines`."""
        if self._path.exists() and not self._path.is_file():
            raise OSError(f"{self._path} is no file")
        return self._path.read_text("ascii", errors="replace").splitlines()


class AnchorCommand:
    """A command that is given every line; what it kept has to be fetched from wherever it put it (`audit verify --anchor`).

    Raises:
        BadInput: it cannot be understood.
    """

    def __init__(self, command: str) -> None:
        try:
            self._command = tuple(shlex.split(command))
        except ValueError as error:
            raise BadInput(f"KOTONOHA_AUDIT_ANCHOR names no command ({error})", EXAMPLE) from None
        if not self._command:
            raise BadInput("KOTONOHA_AUDIT_ANCHOR names no command behind its '|'", EXAMPLE)

    def keep(self, mark: str) -> None:
        """See `audit.Anchor.keep`. One that hangs is waited for once a minute."""
        if time.monotonic() < _resting.get(self._command, 0.0):
            return
        try:
            _given(self._command, mark + "\n")
        except subprocess.TimeoutExpired as error:
            _resting[self._command] = time.monotonic() + PAUSE
            _missed(f"{error}; it is tried again in {PAUSE:.0f} seconds")
        except (OSError, subprocess.SubprocessError) as error:
            _missed(error)

    def lines(self) -> Sequence[str] | None:
        """See `audit.Anchor.lines`."""
        return None


EXAMPLE = "'| mail -s mark auditor@firm.example', or the path of a file, or nothing"
"""What the setting may be."""


def named(setting: str) -> AnchorFile | AnchorCommand | None:
    """The anchor that a setting names: `| command` or a file; none where it is empty.

    Raises:
        BadInput: a command that cannot be understood.
    """
    if setting.startswith("|"):
        return AnchorCommand(setting[1:].strip())
    return AnchorFile(Path(setting).expanduser()) if setting else None


def _given(command: Sequence[str], said: str) -> None:
    """Runs a command with this on its standard input; one that takes too long is ended with all that it started."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, text=True, start_new_session=True
    ) as running:
        try:
            running.communicate(said, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            raise
        if running.returncode:
            raise subprocess.CalledProcessError(running.returncode, command)


def _missed(error: object) -> None:
    sys.stderr.write(f"kotonoha: the audit's anchor was not told: {line(error)}\n")
