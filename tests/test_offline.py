from __future__ import annotations

import socket
import subprocess
import sys

import pytest


def test_this_run_cannot_reach_a_network() -> None:
    with pytest.raises(OSError, match="without a network"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
    with pytest.raises(OSError, match="without a network"):
        socket.create_connection(("example.org", 443), timeout=1)


def test_neither_can_a_process_it_starts() -> None:
    code = "import socket; socket.create_connection(('example.org', 80), timeout=1)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "without a network" in result.stderr


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()
