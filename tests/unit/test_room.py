"""The memory for what comes in: it has an end, and nobody can have all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailnode import room as room_module
from mailnode.room import FREE, PART, STEP, Room

SIZE = 8 * FREE


def test_small_messages_come_in_whatever_else_goes_on() -> None:
    room = Room(0)
    assert room.share("192.0.2.1").grow(FREE)


def test_attack_many_half_sent_messages_of_one_client_leave_room_for_others() -> None:
    room = Room(SIZE)
    shares = [room.share("192.0.2.1") for _ in range(100)]
    took = sum(share.grow(2 * FREE) for share in shares)
    assert took * FREE <= SIZE // PART
    assert room.share("192.0.2.2").grow(2 * FREE)


def test_attack_one_customers_ipv6_addresses_are_one_client() -> None:
    room = Room(SIZE)
    took = sum(room.share(f"2001:db8::{number:x}").grow(2 * FREE) for number in range(1, 100))
    assert took * FREE <= SIZE // PART


def test_attack_many_clients_together_come_to_the_end_of_it() -> None:
    room = Room(SIZE)
    took = [room.share(f"192.0.2.{number}").grow(2 * FREE) for number in range(100)]
    assert sum(took) * FREE == SIZE
    assert room.left == 0


def test_what_is_given_back_is_there_again_and_only_once() -> None:
    room = Room(SIZE)
    share = room.share("192.0.2.1")
    assert share.grow(2 * FREE)
    assert not share.grow(SIZE)
    share.give_back()
    share.give_back()
    assert room.left == SIZE
    assert share.grow(2 * FREE)


def test_this_machines_own_clients_may_have_all_of_it() -> None:
    assert Room(SIZE).share("127.0.0.1").grow(SIZE + FREE)


def test_a_message_in_a_file_gives_its_memory_back(tmp_path: Path) -> None:
    room = Room(SIZE, tmp_path)
    share = room.share("192.0.2.1")
    assert share.grow(2 * FREE)
    sink = share.spill(2 * FREE)
    assert sink is not None
    assert sink.write(b"abc")
    assert room.left == SIZE
    assert sink.whole()[:] == b"abc"


def test_without_a_folder_there_is_only_memory() -> None:
    assert Room(SIZE).share("192.0.2.1").spill(0) is None


def test_attack_one_client_fills_no_more_than_its_part_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_module, "free", lambda _: 80 * STEP)
    room = Room(SIZE, tmp_path)
    sinks = [room.share("192.0.2.1").spill(0) for _ in range(100)]
    took = sum(sink is not None and sink.write(b"x") for sink in sinks)
    assert took <= 80 // PART
    other = room.share("192.0.2.2").spill(0)
    assert other is not None
    assert other.write(b"x")


def test_the_disk_is_free_again_when_a_message_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "free", lambda _: 2 * STEP)
    room = Room(SIZE, tmp_path)
    for _ in range(3):
        share = room.share("127.0.0.1")
        sink = share.spill(0)
        assert sink is not None
        assert sink.write(b"x")
        assert not sink.write(b"x" * STEP)
        share.give_back()
