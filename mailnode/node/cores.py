"""A core for each protocol process, where there is one for each.

A loop and its writer give the interpreter to each other several times a message. On one core that is a switch; between
two it is a signal from core to core and a cold cache, and that took a seventh of all deliveries (10 and 50 sessions on
two cores). The kernel, which sees two threads that both want to run, would put them apart again and again.
"""

from __future__ import annotations

import contextlib
import os


def assigned(processes: int) -> list[frozenset[int]]:
    """The cores that each of so many processes is to keep to: one, or where they have fewer or more than one each, all
    that we may use."""
    ours = sorted(os.sched_getaffinity(0))
    if processes != len(ours):
        return [frozenset(ours)] * processes
    return [frozenset({core}) for core in ours]


def keep_to(cores: frozenset[int]) -> None:
    """Let the calling process, and the threads that it begins, run on these cores only."""
    with contextlib.suppress(OSError):  # not where we are confined meanwhile, and it goes without
        os.sched_setaffinity(0, cores)
