"""Under load, the server is killed with SIGKILL twenty times. What it answered 250 is there, once."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.load import Promises, body, smtp_source
from tests.support.node import Node, running

ANNA = "anna@example.test"
LOAD = "load@example.test"
KILLS = 20
SESSIONS = 10


@pytest.mark.timeout(600)
def test_what_was_promised_is_there_once(tmp_path: Path) -> None:
    settings = {"nameservers": "127.0.0.1:9", "smtpd_restrictions": "reject_unauth_destination", "workers": "2"}
    node = Node(tmp_path, web=False, **settings)
    node.init("example.test")
    for user in (ANNA, LOAD):
        node.add_user(user)
    kept: set[int] = set()
    unsure: set[int] = set()
    sent = 0
    for kill in range(KILLS):
        node.start()
        with smtp_source(node, LOAD, SESSIONS) as counted, Promises(node, ANNA) as promises:
            promises.wait_for_one()
            time.sleep(0.1 + 0.05 * kill)
            node.kill()
        kept |= promises.kept
        unsure |= promises.open
        sent += counted[0]
    assert kept
    assert sent > KILLS * SESSIONS
    with running(node):
        found = node.messages(ANNA)
        with node.imap(LOAD) as client:
            loaded = int(client.select("INBOX", readonly=True)[1][0] or b"0")
    numbers = Counter(int(number) for raw in found for number in re.findall(rb"X-Sum: (\d+)", raw))
    assert kept - set(numbers) == set(), "answered 250 and lost"
    assert [number for number, times in numbers.items() if times > 1] == []
    assert set(numbers) <= kept | unsure
    assert all(raw.endswith(body(int(re.findall(rb"X-Sum: (\d+)", raw)[0])).encode()) for raw in found)
    assert sent - KILLS * SESSIONS <= loaded <= sent
    print(f"{len(kept)} promises kept, {loaded} of {sent} messages of smtp-source there, {KILLS} lives")
