"""Free ports on loopback, and waiting until somebody listens."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

FIRST, LAST = 10_000, 32_000  # below the ports that the system gives to clients, and to whoever asks for any
CLAIMS = Path(tempfile.gettempdir(), f"mailnode-test-ports-{os.getuid()}")  # locked octet by octet
_claims = os.open(CLAIMS, os.O_RDWR | os.O_CREAT, 0o600)
_untaken = itertools.cycle([*range(FIRST + os.getpid() % (LAST - FIRST), LAST), *range(FIRST, LAST)])


def free(host: str = "127.0.0.1") -> int:
    """A free port, which no other test is given, of this process or of another, as long as this process lives."""
    port: int
    for port in _untaken:
        with contextlib.suppress(OSError), socket.socket() as probe:
            fcntl.lockf(_claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            probe.bind((host, port))
            return port
    raise AssertionError("there is no free port")


@contextlib.contextmanager
def refusing(host: str = "127.0.0.1") -> Iterator[int]:
    """A port where nobody listens, and that nobody else is given meanwhile: connections are refused.

    Of a port that is only free, somebody may be given the number by the system.
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
