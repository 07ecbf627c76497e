"""Who has more large mail in hand than another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailnode.node import worker
from mailnode.node.burdens import MORE, Burdens
from mailnode.room import FREE, STEP, Room
from mailnode.settings import Settings


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


def test_what_lies_on_the_disk_weighs_too_until_it_is_given_back(tmp_path: Path) -> None:
    heard: list[int] = []
    share = Room(8 * MORE, tmp_path, heard.append).share("192.0.2.1")
    share.grow(FREE + 10)
    sink = share.spill(FREE + 10)
    assert sink is not None
    assert sink.write(b"x")
    assert heard == [10, 0, STEP]
    share.give_back()
    assert heard[-1] == 0


def test_a_process_that_is_started_again_has_nothing_in_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    burdens = Burdens(2)
    burdens.put(0, 2 * MORE)
    monkeypatch.setattr("uvloop.run", lambda main: main.close())
    worker.run_protocols(Settings(data_dir=tmp_path), {}, burdens, 0, lambda: None)
    assert not burdens.is_lightest(1)


def test_what_is_given_back_weighs_nothing() -> None:
    burdens = Burdens(2)
    share = Room(8 * MORE, told=lambda octets: burdens.put(0, octets)).share("192.0.2.1")
    share.grow(FREE + MORE + 1)
    share.give_back()
    assert not burdens.is_lightest(1)
