"""How much work something is, told in seconds of a quiet machine of ours whatever the machine at hand does meanwhile.

What is counted is the time of this thread on a processor, beside a yardstick that is measured at the same moment: a
machine that is slower, or for some seconds very much slower, makes both longer. The least of several goes counts, and
who is over the bound may try again until it is clear that the machine is not the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256

YARD = 0.0022  # seconds that the yardstick takes on the machine on which the bounds were chosen
MOST = 20.0  # seconds of trying again


def _yardstick() -> float:
    """Some of what the code under test does too: octets, dictionaries, loops."""
    start = time.thread_time()
    words = {}
    for number in range(2000):
        words[b"%d" % number] = number & 255
    total = sum(words.values())
    text = b" ".join(words) * 20
    sha256(text + bytes(total & 1)).digest()
    text.replace(b"1", b"one").split(b" ")
    return time.thread_time() - start


def cost(work: Callable[[], object], times: int = 3) -> float:
    """The least seconds that ``work`` takes of this thread."""
    best = float("inf")
    for _ in range(times):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return best


def assert_within(bound: float, work: Callable[[], object], times: int = 1) -> None:
    """``work`` takes at most ``bound`` seconds, as on a quiet machine; in the least of ``times`` goes, or later."""
    end, told = time.monotonic() + MOST, []
    while True:
        slower = max(1.0, _yardstick() / YARD)
        took = cost(work, times)
        slower = max(slower, _yardstick() / YARD)
        told.append(f"{took:.4f} s on a machine {slower:.1f} times slower")
        if took <= bound * slower:
            return
        assert time.monotonic() < end, f"more than {bound} s: {told}"
