"""Who has more large mail in hand than another."""

from __future__ import annotations

import os

from mailnode.node.burdens import MORE, Burdens
from mailnode.room import FREE, Room


def test_nobody_is_the_lightest_where_nothing_large_is_on_its_way() -> None:
    assert not Burdens(2).is_lightest(1)


def test_who_has_clearly_less_than_all_before_it_is_the_lightest() -> None:
    burdens = Burdens(3)
    burdens.put(0, 2 * MORE)
    burdens.put(1, MORE)
    assert [burdens.is_lightest(turn) for turn in (1, 2)] == [False, False]
    burdens.put(1, MORE + 1)
    assert burdens.is_lightest(2)


def test_a_process_sees_what_another_has_in_its_room() -> None:
    burdens = Burdens(2)
    pid = os.fork()
    if pid == 0:
        share = Room(8 * MORE, told=lambda octets: burdens.put(0, octets)).share("192.0.2.1")
        os._exit(not share.grow(FREE + MORE + 1))
    assert os.waitpid(pid, 0)[1] == 0
    assert burdens.is_lightest(1)


def test_what_is_given_back_weighs_nothing() -> None:
    burdens = Burdens(2)
    share = Room(8 * MORE, told=lambda octets: burdens.put(0, octets)).share("192.0.2.1")
    share.grow(FREE + MORE + 1)
    share.give_back()
    assert not burdens.is_lightest(1)
