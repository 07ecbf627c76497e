"""How long strangers wait."""

from __future__ import annotations

from pathlib import Path

from mailnode.mx.patience import KNOWN, Patience
from mailnode.settings import Settings
from mailnode.smtpd.reception import Peer


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def patience(clock: Clock) -> Patience:
    return Patience(Settings(data_dir=Path("/nowhere"), greeting_delay=2, error_delay=1), clock)


def test_who_has_waited_for_the_greeting_need_not_wait_again_for_a_day() -> None:
    clock = Clock()
    waits = patience(clock)
    assert waits.before_greeting(Peer("192.0.2.1")) == 2
    waits.behaved(Peer("192.0.2.1"))
    assert waits.before_greeting(Peer("192.0.2.1")) == 0
    assert waits.before_greeting(Peer("192.0.2.2")) == 2
    clock.now += KNOWN
    assert waits.before_greeting(Peer("192.0.2.1")) == 2


def test_who_has_talked_first_waits_every_time() -> None:
    waits = patience(Clock())
    waits.behaved(Peer("192.0.2.1", talked_early=True))
    assert waits.before_greeting(Peer("192.0.2.1")) == 2


def test_each_error_makes_the_next_answer_come_later_up_to_a_limit() -> None:
    waits, peer = patience(Clock()), Peer("192.0.2.1")
    delays = []
    for _ in range(7):
        waits.erred(peer)
        delays.append(round(peer.delay, 3))
    assert delays == [0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0]
