"""Runs every attack on fresh servers and fresh memories, and prints what was held: `python -m tests.attack [POINT]`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.attack import door, held, machine, outcomes
from tests.attack.target import Target
from tests.conftest import pytest_configure

assert door and held and machine


def main() -> int:
    """Prints a table; 1 if anything was not held."""
    pytest_configure()  # nothing reaches a network
    point, failed, began = " ".join(sys.argv[1:]), 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Target(Path(folder)) as target:
        for one in outcomes(target, point):
            failed += not one.held
            print(
                f"{'held' if one.held else 'NOT HELD':<9} {one.point:<22} {one.attack}\n{'':<33}{one.found}", flush=True
            )
    print(f"\n{'everything held' if not failed else f'{failed} not held'}, {time.perf_counter() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
