"""What a measurement says, and where it was made."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from tests.support import needs


@dataclass(frozen=True, slots=True)
class Figure:
    """One comparison. ``ratio`` is above 1 where Mailnode is better, whatever the unit means."""

    what: str
    ours: str
    theirs: str
    ratio: float


@dataclass(frozen=True, slots=True)
class Group:
    """Comparisons of one kind with one peer."""

    title: str
    peer: str
    note: str
    figures: list[Figure]


def rate(value: float) -> str:
    return f"{value:,.0f}/s"


def span(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:,.1f} ms" if milliseconds < 100 else f"{milliseconds:,.0f} ms"


def machine() -> list[tuple[str, str]]:
    """What the reader must know of the machine and the programs."""
    return [
        ("Date", datetime.now(UTC).strftime("%Y-%m-%d")),
        ("Processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("Memory", f"{_memory() / 1024 / 1024:.1f} GiB"),
        ("System", f"{_system()}, Linux {platform.release()}"),
        ("Mailnode", f"{metadata.version('mailnode')}, Python {platform.python_version()}, SQLite {_sqlite()}"),
        ("Dovecot", _said("dovecot", "--version").split()[0]),
        ("Postfix", _said("postconf", "-h", "mail_version")),
    ]


def _sqlite() -> str:
    return sqlite3.sqlite_version


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> int:
    """KiB."""
    return int(next(line.split()[1] for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line))


def _system() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


def _said(name: str, *arguments: str) -> str:
    return subprocess.run([needs.program(name), *arguments], capture_output=True, text=True, check=True).stdout.strip()
