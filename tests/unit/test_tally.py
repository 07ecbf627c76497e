"""What all processes have counted is there for a reader, also of those that have died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mailnode import tally
from mailnode.tally import NOW, SLOTS, Tally, totals
from tests.support.ports import until

FORKING = """
import os, sys
from pathlib import Path
from mailnode import log, tally
log.configure(level="error")
tally.begin(Path(sys.argv[1]))
tally.add("parent")
tally.put("imap", 2)
if os.fork() == 0:
    log.get("mx").info("refused", peer="192.0.2.1")
    log.get("mx").info("refused", peer="192.0.2.1")
    tally.put("imap", 3)
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)
os.wait()
"""


def test_processes_count_apart_and_what_they_counted_outlives_them(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKING, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        assert totals(tmp_path) == {"parent": 1, "mx refused": 2, f"{NOW}imap": 5}
        os.killpg(process.pid, signal.SIGKILL)
    until(lambda: f"{NOW}imap" not in totals(tmp_path))  # the forked one dies when it gets the time to
    assert totals(tmp_path) == {"parent": 1, "mx refused": 2}
    later = Tally(tmp_path / tally.FOLDER)
    later.add("parent")
    assert totals(tmp_path) == {"parent": 2, "mx refused": 2}
    assert len(list((tmp_path / tally.FOLDER).iterdir())) == 2  # its own file, and the lock


def test_what_the_log_does_not_write_is_counted_and_not_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKING, str(tmp_path)]
    done = subprocess.run(command, input=b"", capture_output=True, check=True)
    assert done.stderr == b""
    assert totals(tmp_path)["mx refused"] == 2


def test_there_is_an_end_of_names(tmp_path: Path) -> None:
    mine = Tally(tmp_path / tally.FOLDER)
    for number in range(SLOTS + 10):
        mine.add(f"name {number}")
    mine.add("x" * 1000)
    mine.add("name 0")
    found = totals(tmp_path)
    assert (len(found), found["name 0"]) == (SLOTS, 2)


def test_a_file_that_was_not_finished_counts_for_nothing(tmp_path: Path) -> None:
    mine = Tally(tmp_path / tally.FOLDER)
    mine.add("a")
    (tmp_path / tally.FOLDER / "torn").write_bytes(b"\1\2\3")
    assert totals(tmp_path) == {"a": 1}


def test_where_there_is_no_disk_nothing_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "_mine", None)
    (tmp_path / tally.FOLDER).write_text("in the way")
    tally.begin(tmp_path)
    tally.add("a")
    assert tally._mine is None
    assert totals(tmp_path) == {}
