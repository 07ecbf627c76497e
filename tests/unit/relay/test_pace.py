"""How much a destination is sent at once, and how fast."""

from __future__ import annotations

from mailnode.queue.outcome import Deferred, Delivered, Ending, Failed
from mailnode.relay import pace
from mailnode.relay.pace import Pace

TAKEN = Delivered("2.0.0", "250 OK", "mx.test")
LATER = Deferred("4.3.2", "451 4.3.2 Try later", "mx.test")
TOO_MUCH = Deferred("4.7.0", "421 4.7.0 Too many messages", "mx.test")


def after(*answers: Ending, seconds: float = 0.1) -> Pace:
    made = Pace()
    for one in answers:
        made.heard([one], seconds)
    return made


def test_connections_grow_with_what_is_taken_up_to_a_ceiling() -> None:
    assert after(TAKEN, TAKEN).limit == pace.FIRST + 2
    assert after(*[TAKEN] * 50).limit == pace.MOST


def test_what_is_put_off_takes_one_away_down_to_one() -> None:
    assert after(LATER).limit == pace.FIRST - 1
    assert after(*[LATER] * 50).limit == 1
    assert after(LATER).rate is None


def test_too_much_halves_the_connections_and_bounds_the_rate() -> None:
    once = after(TOO_MUCH)
    assert (once.limit, once.rate, once.words) == (pace.FIRST // 2, 1.0, TOO_MUCH.text)
    assert after(TOO_MUCH, TOO_MUCH).rate == 0.5
    assert after(*[TOO_MUCH] * 50).rate == pace.SLOWEST


def test_the_bound_rises_with_what_is_taken_and_goes() -> None:
    assert after(TOO_MUCH, TAKEN).rate == 1.1
    assert after(TOO_MUCH, *[TAKEN] * 40).rate is None


def test_a_slow_answer_takes_one_away() -> None:
    assert after(TAKEN, seconds=pace.SLOW + 1).limit == pace.FIRST - 1


def test_a_refusal_is_an_answer_like_another() -> None:
    assert after(Failed("5.1.1", "550 5.1.1 No such user", "mx.test")).limit == pace.FIRST + 1


def test_one_recipients_trouble_is_not_the_destinations() -> None:
    made = Pace()
    made.heard([TAKEN, Deferred("4.2.2", "452 4.2.2 Mailbox full", "mx.test")], 0.1)
    assert made.limit == pace.FIRST + 1


def test_a_broken_connection_teaches_nothing() -> None:
    assert after(Deferred("4.4.2", "The connection was lost", "mx.test"), Deferred("4.3.0", "Internal error")) == Pace()


def test_connections_that_are_refused_halve_them() -> None:
    made = Pace()
    made.turned_away("451 4.4.1 no answer")
    assert (made.limit, made.rate) == (pace.FIRST // 2, None)
    made.turned_away("421 4.7.0 Too many connections")
    assert (made.limit, made.rate) == (1, None)
    made.turned_away("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred")
    assert (made.limit, made.rate) == (1, 1.0)


def test_a_bounded_rate_spaces_the_messages() -> None:
    made = after(TOO_MUCH)
    assert made.wait(100.0) == 0
    made.begins(100.0)
    assert made.wait(100.25) == 0.75
    made.begins(100.25)
    assert made.wait(101.0) == 1.0
    assert Pace().wait(100.0) == 0
