"""Who waits hears of every change within 250 ms, through whichever door it was made and wherever, under load.

A machine that does much else for a moment is no fault of ours: a door is tried again until the last of all who wait has
heard in time, and only one that never manages fails.
"""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support import load, waking
from tests.support.node import Node, running
from tests.support.ports import until
from tests.support.waking import DOORS, KINDS, PROMISED, SETTINGS, Ear

USER, OTHER = "anna@a.test", "bert@a.test"
SEVERAL = 4  # of each kind: enough for both processes
MOST = 90.0  # seconds of trying again


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node(tmp_path_factory.mktemp("waking"), web=True, workers="2", **SETTINGS).init("a.test")
    made.add_users(USER, OTHER)
    with running(made):
        yield made


@pytest.fixture(scope="module")
def ears(node: Node) -> Iterator[list[Ear]]:
    """They wait while another's mail comes as fast as it can."""
    waking.by_append(node, USER)
    with waking.waiting(node, USER, SEVERAL) as those, load.busy(node, OTHER, sessions=2):
        yield those


@pytest.mark.timeout(300)
@pytest.mark.parametrize("door", DOORS)
def test_everybody_hears_in_time(node: Node, ears: list[Ear], door: str) -> None:
    end, told = time.monotonic() + MOST, []
    while True:
        told.append(waking.measured(node, USER, ears, door))
        assert set(told[-1]) == set(KINDS)
        if max(told[-1].values()) <= PROMISED:
            return
        assert time.monotonic() < end, told


def metric(node: Node, name: str) -> int:
    """What the metrics say of it; 0 where they do not name it."""
    with urllib.request.urlopen(f"{node.url}/api/v1/metrics", timeout=60) as answer:
        shown = answer.read().decode()
    return sum(map(int, re.findall(rf"^{re.escape(name)} (\d+)", shown, re.MULTILINE)))


def test_metrics_add_up_what_both_processes_count(node: Node, ears: list[Ear]) -> None:
    waiting = sum(ear.kind != "event stream" for ear in ears)
    assert metric(node, 'mailnode_open_connections{door="imap"}') >= waiting
    until(lambda: metric(node, 'mailnode_events_total{event="message stored",station="mx"}'))
