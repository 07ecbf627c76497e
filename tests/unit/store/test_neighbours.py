"""Bodies that lie side by side are read together, and are what they are one by one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailnode.octets import LARGE
from mailnode.store.blobs import Damaged, Place
from mailnode.store.blobs.neighbours import groups
from mailnode.store.blobs.segments import Segments


def put(segments: Segments, *raws: bytes) -> list[Place]:
    places = [segments.put(bytes([number]) * 32, raw) for number, raw in enumerate(raws)]
    segments.sync()
    return places


def test_many_in_any_order(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "blobs", segment_size=20_000)
    raws = [os.urandom(300) * (number % 7) + b"%d" % number for number in range(200)] + [b"", b"a" * 3 * LARGE]
    places = put(segments, *raws)
    assert [body[:] for body in segments.open_all(places)] == raws
    assert [body[:] for body in segments.open_all(places[::-1])] == raws[::-1]
    assert [body[:] for body in segments.open_all(places[::3])] == raws[::3]
    segments.close()


def test_neighbours_are_read_together() -> None:
    side_by_side = [Place("a", offset, 1000) for offset in range(0, 10_000, 1000)]
    assert [*groups(side_by_side)] == [side_by_side]
    elsewhere = [Place("b", 0, 1000), Place("b", 900_000, 1000)]
    assert [*groups([*side_by_side, *elsewhere])] == [side_by_side, elsewhere[:1], elsewhere[1:]]


def test_a_damaged_one_is_named_and_those_before_it_are_given(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "blobs")
    places = put(segments, *(b"%d" % number * 100 for number in range(9)))
    with (tmp_path / "blobs" / f"{places[4].segment}.seg").open("r+b") as file:
        file.seek(places[4].offset + places[4].stored - 3)
        file.write(b"???")
    found = segments.open_all(places)
    assert [next(found)[:1] for _ in range(4)] == [b"0", b"1", b"2", b"3"]
    with pytest.raises(Damaged):
        next(found)
    segments.close()
