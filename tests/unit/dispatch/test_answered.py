"""The note of what was taken, and the name under which a process leases."""

from __future__ import annotations

from os import write
from pathlib import Path

import pytest

from mailnode.dispatch.answered import FILE, LARGE, Answered
from mailnode.dispatch.owner import Owner


def test_a_note_outlives_its_process(tmp_path: Path) -> None:
    Answered(tmp_path).note([7, 8])
    Answered(tmp_path).note([9])
    assert Answered(tmp_path).left() == [7, 8, 9]


def test_a_half_written_line_is_no_note(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"7\n8")
    assert Answered(tmp_path).left() == [7]


def test_what_a_full_disk_has_taken_half_of_makes_no_other_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = Answered(tmp_path)
    answered.note([7])
    with monkeypatch.context() as full:
        full.setattr("mailnode.dispatch.answered.os.write", lambda handle, lines: write(handle, lines[:2]))
        answered.note([1234])
    answered.note([56])
    assert Answered(tmp_path).left() == [7, 56]


def test_nothing_is_left_when_all_is_recorded(tmp_path: Path) -> None:
    answered = Answered(tmp_path)
    answered.note([7])
    answered.recorded()
    answered.note([8])
    assert answered.left() == [8]


def test_the_file_is_made_small_when_it_has_grown(tmp_path: Path) -> None:
    answered = Answered(tmp_path)
    answered.note(range(1_000_000, 1_000_000 + LARGE // 8 + 1))
    answered.recorded([7])
    answered.note([8])
    assert Answered(tmp_path).left() == [7, 8]


def test_a_data_folder_has_one_name_for_ever(tmp_path: Path) -> None:
    first = Owner(tmp_path)
    first.close()
    second = Owner(tmp_path)
    assert (second.lone, second.name) == (True, first.name)


def test_a_second_process_gets_a_name_of_its_own(tmp_path: Path) -> None:
    first, second = Owner(tmp_path), Owner(tmp_path)
    assert (first.lone, second.lone) == (True, False)
    assert first.name != second.name
