"""The timetable: when the queue tries again, warns and gives up."""

from __future__ import annotations

import itertools

from mailnode.queue.outcome import Deferred, Failed, said
from mailnode.queue.timetable import DAY, HOUR, MINUTE, next_attempt


def moments(expires_at: int) -> list[int]:
    """When attempts take place if each fails at once, the first one at 0."""
    found, now = [0], 0
    for attempts in itertools.count(1):
        following = next_attempt(attempts, now, expires_at)
        if following is None:
            return found
        found.append(now := following)
    raise AssertionError


def test_pauses_between_attempts() -> None:
    pauses = [after - before for before, after in itertools.pairwise(moments(5 * DAY))]
    assert pauses[:7] == [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR]
    assert set(pauses[7:-1]) == {8 * HOUR}


def test_the_last_attempt_is_at_the_last_moment() -> None:
    assert moments(5 * DAY)[-1] == 5 * DAY


def test_nothing_after_the_last_moment() -> None:
    assert next_attempt(1, 5 * DAY, 5 * DAY) is None


def test_a_peers_words_name_the_peer() -> None:
    assert said(Failed("5.1.1", "550 No", "mx.example.org")) == "mx.example.org said: 550 No"
    assert said(Deferred("4.4.1", "Connection refused")) == "Connection refused"
