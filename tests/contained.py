"""Runs `kotonoha` and the shell, step by step, where a disk can really be full: with mounts that only these steps see.

    python -m tests.contained "mount -t tmpfs -o size=16m tmpfs HOME" "kotonoha --home HOME doctor"

prints what each step ended with and said, as JSON. One process for all steps, so models are loaded once.
"""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import shutil
import subprocess
import sys
import traceback
from functools import cache
from typing import NamedTuple

import pytest

NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
"""A user of one's own is what somebody who is not root may mount as."""


class Step(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@cache
def possible() -> bool:
    """Whether this machine lets its users have mounts of their own."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode == 0


def contained(*steps: str) -> list[Step]:
    """What became of each of these steps."""
    if not possible():
        pytest.skip("this machine lets nobody mount a small disk")
    command = [*NAMESPACE, sys.executable, "-m", "tests.contained", *steps]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [Step(*one) for one in json.loads(done.stdout.splitlines()[-1])]


def _step(step: str) -> Step:
    first, *arguments = shlex.split(step)
    if first != "kotonoha":
        done = subprocess.run(step, shell=True, capture_output=True, text=True)
        return Step(done.returncode, done.stdout, done.stderr)
    from assistant.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(arguments)
        except BaseException:  # noqa: BLE001 (a traceback is what must not be)
            status = 99
            traceback.print_exc()
    return Step(status, out.getvalue(), err.getvalue())


if __name__ == "__main__":
    print(json.dumps([_step(step) for step in sys.argv[1:]]))
