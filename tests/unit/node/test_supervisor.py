"""The supervisor with small processes of its own: real forks, real signals."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.node.supervisor import KILL_AFTER
from tests.support.ports import until
from tests.support.supervised import Supervised

PROGRAM = r"""
import os, signal, sys, time
from mailnode import log
from mailnode.node.supervisor import Child, Supervisor
from mailnode.settings import Settings

log.configure("json")

def body(name, settings):
    def run(ready):
        if settings.smtpd_banner == "broken":
            sys.exit(3)
        signal.signal(signal.SIGTERM, lambda *_: (say("ended", name), os._exit(0)))
        signal.signal(signal.SIGHUP, lambda *_: say("hangup", name))
        if settings.smtpd_banner == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        say("runs", name, settings.smtpd_banner, os.getpid())
        ready()
        while True:
            time.sleep(60)
    return run

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())

def plan(settings, places):
    return [Child(name, body(name, settings)) for name in ("one", "two")]

sys.exit(Supervisor(Settings.load(), plan, lambda places: say("announced", *places)).run())
"""


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    made = Supervised(tmp_path, PROGRAM)
    try:
        made.wait("announced")
        yield made
    finally:
        made.end()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_announces_once_all_are_ready(supervised: Supervised) -> None:
    assert supervised.said("announced") == [["announced", "smtp"]]
    assert supervised.output.read_text().rindex("runs") < supervised.output.read_text().index("announced")


def test_what_dies_is_started_again_at_once_and_the_other_stays(supervised: Supervised) -> None:
    one, two = supervised.pid("one"), supervised.pid("two")
    os.kill(one, signal.SIGKILL)
    supervised.wait("runs", "one", times=2)
    assert supervised.pid("one") != one
    assert supervised.pid("two") == two
    assert alive(two)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_drains_and_ends_well(supervised: Supervised, number: signal.Signals) -> None:
    os.killpg(supervised.process.pid, number) if number == signal.SIGINT else supervised.process.send_signal(number)
    assert supervised.process.wait(60) == 0
    assert sorted(supervised.said("ended")) == [["ended", "one"], ["ended", "two"]]


def test_a_child_that_will_not_end_is_killed(supervised: Supervised) -> None:
    assert KILL_AFTER < 10
    supervised.set("deaf")
    supervised.hang_up()
    supervised.wait("runs", "two", "deaf")
    supervised.wait("ended", times=2)
    supervised.process.send_signal(signal.SIGTERM)
    supervised.process.wait(60)
    assert not alive(supervised.pid("one", "deaf"))


def test_children_end_when_the_supervisor_is_killed(supervised: Supervised) -> None:
    supervised.process.kill()
    until(lambda: not alive(supervised.pid("one")) and not alive(supervised.pid("two")), 60)
    assert len(supervised.said("ended")) == 2


def test_a_hangup_without_changes_keeps_every_process(supervised: Supervised) -> None:
    supervised.hang_up()
    supervised.wait("hangup", times=2)
    assert len(supervised.said("runs")) == 2


def test_a_hangup_with_changes_starts_the_new_before_it_ends_the_old(supervised: Supervised) -> None:
    supervised.set("second")
    supervised.hang_up()
    supervised.wait("ended", times=2)
    text = supervised.output.read_text()
    assert text.rindex("runs") < text.index("ended")
    assert alive(supervised.pid("one", "second"))


def test_settings_that_do_not_work_leave_the_old_processes(supervised: Supervised) -> None:
    supervised.set("broken")
    supervised.hang_up()
    until(lambda: "the old processes stay" in supervised.output.read_text())
    supervised.settings.write_text("nonsense = 1\n")
    supervised.hang_up()
    until(lambda: "There is no setting" in supervised.output.read_text())
    assert alive(supervised.pid("one"))
    assert not supervised.said("ended")


def test_its_ports_are_kept_from_others_while_it_lives(supervised: Supervised) -> None:
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", supervised.port))
