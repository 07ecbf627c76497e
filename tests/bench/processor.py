"""The processor time of a process and all its descendants, as the kernel counts it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")  # in a second


def ticks(root: int) -> int:
    total = 0
    for pid in family(root):
        with contextlib.suppress(OSError):
            total += sum(map(int, _stat(pid)[11:13]))
    return total


def family(root: int) -> list[int]:
    """The process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            children.setdefault(int(_stat(int(entry))[1]), []).append(int(entry))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _stat(pid: int) -> list[str]:
    """What stands behind the name, which may have blanks: state, parent and so on (proc(5))."""
    text = Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2 :].split()
