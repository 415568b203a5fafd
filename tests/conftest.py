"""Stand-ins and fixtures for all tests. A stand-in works, in miniature; nothing is patched."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FIRM = Path(__file__).resolve().parents[1] / "assistant" / "demo" / "firm"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Public data kept beside the checkout; tests that need it are skipped where it is not."""
    if not SHARED.is_dir():
        pytest.skip("the data beside the checkout is not on this machine")
    return SHARED
