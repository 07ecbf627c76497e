"""Free ports on loopback, and waiting until somebody listens."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator


def free(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def refusing(host: str = "127.0.0.1") -> Iterator[int]:
    """A port where nobody listens, and that nobody else is given meanwhile: connections are refused.

    `free` may be the port that a peer of a test beside this one is given next, and gets what was meant for nobody.
    """
    with socket.socket() as held:
        held.bind((host, 0))
        yield int(held.getsockname()[1])


def takes(host: str, port: int) -> bool:
    """Whether somebody takes a connection there now."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def listening(host: str, port: int, seconds: float = 120.0) -> None:
    """Return once a connection is taken; AssertionError after ``seconds``."""
    until(lambda: takes(host, port), seconds, f"nothing listens on {host}:{port}")


def until(ready: Callable[[], object], seconds: float = 60.0, what: str = "it did not happen") -> None:
    """Ask ``ready`` again and again until it is true; AssertionError with ``what`` after ``seconds``."""
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"{what} within {seconds:.0f} s"
        time.sleep(0.05)
