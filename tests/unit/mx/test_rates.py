"""How much one may bring."""

from __future__ import annotations

from mailnode.mx.rates import MOST, Rates
from mailnode.smtpd.reception import Peer
from mailnode.strangers import rates

ONE, NEIGHBOUR, FAR = Peer("192.0.2.1"), Peer("192.0.2.2"), Peer("198.51.100.1")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_client_its_network_and_a_sender_are_counted_each() -> None:
    counted = Rates(rates("client:messages=2/m network:messages=3/m sender:messages=1/h"), Clock())
    came = [(ONE, "a"), (ONE, "b"), (ONE, "c"), (NEIGHBOUR, "a"), (NEIGHBOUR, "d"), (NEIGHBOUR, "e")]
    said = [counted.refusal("messages", peer, f"{name}@b.test") for peer, name in came]
    assert [str(one).partition(" has")[0] if one else "" for one in said] == [
        "", "", "450 4.7.0 stranger_rates: Your address", "450 4.7.0 stranger_rates: This sender", "",
        "450 4.7.0 stranger_rates: Your network",
    ]  # fmt: skip


def test_who_names_another_sender_keeps_away_none_of_its_mail() -> None:
    counted = Rates(rates("sender:messages=1/h"), Clock())
    assert counted.refusal("messages", ONE, "victim@b.test") is None
    assert counted.refusal("messages", ONE, "victim@b.test")
    assert counted.refusal("messages", FAR, "victim@b.test") is None


def test_the_null_sender_is_nobody() -> None:
    counted = Rates(rates("sender:messages=1/m"), Clock())
    assert [counted.refusal("messages", ONE, "") for _ in range(3)] == [None] * 3


def test_too_many_connections_are_cut_off() -> None:
    counted = Rates(rates("client:connections=1/s"), Clock())
    assert counted.refusal("connections", ONE) is None
    assert str(counted.refusal("connections", ONE)).startswith("421 4.7.0 stranger_rates: Your address has brought")


def test_what_was_brought_is_forgotten_little_by_little() -> None:
    clock = Clock()
    counted = Rates(rates("client:recipients=4/m"), clock)

    def taken() -> int:
        return sum(counted.refusal("recipients", ONE) is None for _ in range(10))

    found = []
    for seconds in (0, 30, 60, 30, 300):
        clock.now += seconds
        found.append(taken())
    assert found == [4, 0, 2, 2, 4]


def test_counters_are_bounded() -> None:
    counted = Rates(rates("sender:messages=1/d"), Clock())
    for number in range(MOST + 10):
        counted.refusal("messages", ONE, f"{number}@b.test")
    assert len(counted._counts) <= MOST
