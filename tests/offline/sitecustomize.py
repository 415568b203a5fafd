"""Cuts the network for this process and, through PYTHONPATH, for every Python process the tests start.

Loopback and Unix sockets stay. Anything else is an error that names the address, so a library that phones home is found.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import Any

os.environ.update(
    HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", GRADIO_ANALYTICS_ENABLED="False", ANONYMIZED_TELEMETRY="False"
)


def _is_here(host: Any) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(name: str) -> None:
    original = getattr(socket.socket, name)

    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            raise OSError(f"the tests run without a network; something asked for {address[0]}")
        return original(self, address)

    setattr(socket.socket, name, connect)


def _guard_names() -> None:
    original = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **more: Any) -> Any:
        if not _is_here(host) and host != socket.gethostname():
            raise socket.gaierror(f"the tests run without a network; something asked for {host}")
        return original(host, *args, **more)

    socket.getaddrinfo = getaddrinfo


_guard("connect")
_guard("connect_ex")
_guard_names()
