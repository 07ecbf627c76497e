"""The file of a large message: there while somebody holds it, and never afterwards."""

from __future__ import annotations

import contextlib
import gc
import os
from pathlib import Path

import pytest

from mailnode.spooled import Spooled, free
from tests.support.small_disk import small_disk


def test_what_was_written_is_read(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path / "spool")
    spooled.write(b"abc")
    spooled.write(b"def" * 1000)
    assert len(spooled) == 3003
    assert spooled[2:5] == b"cde"
    assert spooled.find(b"fd") == 5


def opened(folder: Path) -> list[str]:
    """What this process has open there, with a name or without one."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # closed by another thread meanwhile
            found.append(os.readlink(f"/proc/self/fd/{number}"))
    return [path for path in found if path.startswith(str(folder))]


def test_no_file_has_a_name_and_none_is_left(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    spooled.write(b"x")
    assert list(tmp_path.iterdir()) == []
    assert len(opened(tmp_path)) == 1
    del spooled
    gc.collect()
    assert opened(tmp_path) == []


def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    with small_disk(), pytest.raises(OSError, match="large"):
        spooled.write(b"x" * 100_000)


def test_free_is_asked_of_the_disk_that_will_be_used(tmp_path: Path) -> None:
    assert free(tmp_path / "not" / "there") > 0
