"""Large bodies in blocks: any stretch is read alone, and what is damaged is said to be so."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from mailnode.octets import LARGE, Large, Octets
from mailnode.store import bodies
from mailnode.store.blobs import Damaged, Place
from mailnode.store.blobs import blocks as layout
from mailnode.store.blobs.blocks import BLOCK, Blocks, packed
from mailnode.store.blobs.segments import Segments
from tests.support.large import Windowed
from tests.support.store import Store

RAW = random.Random(1).randbytes(3 * BLOCK) + b"line\r\n" * 100_000
PACKED = b"".join(packed(Windowed(RAW)))


def put(segments: Segments, raw: Octets) -> Place:
    return segments.put_large(hashlib.sha256(raw[:]).digest(), raw)


@settings(deadline=None)
@given(st.integers(0, len(RAW)), st.integers(0, len(RAW)))
def test_any_stretch_is_read(start: int, end: int) -> None:
    found = Blocks(lambda at, size: PACKED[at : at + size], len(PACKED))
    assert len(found) == len(RAW)
    assert found[start:end] == RAW[start:end]


def test_a_stretch_costs_its_blocks_alone() -> None:
    whole = b"".join(packed(RAW))
    read: list[int] = []

    def read_at(at: int, size: int) -> bytes:
        read.append(size)
        return whole[at : at + size]

    found = Blocks(read_at, len(whole))
    read.clear()
    assert found.read(BLOCK + 10, BLOCK + 20) == RAW[BLOCK + 10 : BLOCK + 20]
    assert sum(read) < 2 * BLOCK


def test_every_zstd_program_can_unpack_it() -> None:
    unpacked = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(b"".join(packed(RAW)))
    assert unpacked == RAW


def test_a_large_body_lies_in_a_segment_of_its_own(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    places = [put(segments, Windowed(RAW)), put(segments, RAW)]
    assert len({place.segment for place in places}) == 2
    assert segments.read(places[0]) == segments.read(places[1]) == RAW
    assert isinstance(segments.open(places[0]), Large)


def test_what_has_lost_its_end_or_changed_is_damaged(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    place = put(segments, RAW)
    path = tmp_path / f"{place.segment}.seg"
    with path.open("r+b") as file:
        file.seek(place.stored // 2)
        file.write(b"xxxxxxxx")
    with pytest.raises(Damaged):
        Segments(tmp_path).read(place)
    os.truncate(path, place.stored - 5)
    with pytest.raises(Damaged):
        Segments(tmp_path).open(place)


def test_a_body_that_could_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    class Broken(Windowed):
        def read(self, start: int, end: int) -> bytes:
            if start:
                raise OSError
            return super().read(start, end)

    segments = Segments(tmp_path)
    with pytest.raises(OSError):  # noqa: PT011 - any
        segments.put_large(bytes(32), Broken(RAW))
    assert segments.names() == []


def test_a_large_body_from_before_is_read_without_being_held(tmp_path: Path) -> None:
    """It lies in one frame, so that going back means to begin anew."""
    segments = Segments(tmp_path)
    place = segments.put(hashlib.sha256(RAW).digest(), RAW)
    found = segments.open(place, at_most=len(RAW) - 1)
    assert isinstance(found, Large)
    assert found[500_000:500_010] == RAW[500_000:500_010]
    assert found[5:10] == RAW[5:10]
    assert found[:] == RAW
    os.truncate(tmp_path / f"{place.segment}.seg", place.stored - 5)
    with pytest.raises(Damaged):
        segments.open(place, at_most=len(RAW) - 1)[:]


def test_a_body_that_somebody_reads_stays_readable_when_its_file_goes(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    place = put(segments, RAW)
    found = segments.open(place)
    (tmp_path / f"{place.segment}.seg").unlink()
    assert found[:] == RAW


def test_the_store_keeps_both_kinds_apart_by_their_size(store: Store) -> None:
    small, large = b"x" * 1000, os.urandom(LARGE + 1)
    with store.write() as tx:
        ids = [bodies.put(tx, raw).id for raw in (small, large, Windowed(large))]
    assert ids[1] == ids[2]
    with store.read() as tx:
        assert bodies.opened(tx, ids[0]) == small
        found = bodies.opened(tx, ids[1])
    assert isinstance(found, Large)
    assert found[:] == large


def test_blocks_are_as_large_as_what_is_looked_at_together() -> None:
    assert layout.BLOCK == 256 * 1024
