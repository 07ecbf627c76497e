"""How much memory the processes of a node take, as the kernel counts it."""

from __future__ import annotations

import re
from pathlib import Path

MIB = 1024 * 1024


def family(pid: int) -> list[int]:
    """A process and all that come from it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def of(pid: int, field: str) -> int:
    """A line of /proc/PID/status in octets: ``VmRSS``, or ``VmHWM`` for the most that it ever was."""
    line = re.search(rf"^{field}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(line[1]) * 1024 if line else 0


def peaks(pid: int) -> dict[int, int]:
    """The most that each process of the family has held at once since `forget_peaks`, in octets."""
    return {one: of(one, "VmHWM") for one in family(pid)}


def forget_peaks(pid: int) -> None:
    """Let the kernel count anew."""
    for one in family(pid):
        Path(f"/proc/{one}/clear_refs").write_text("5")
