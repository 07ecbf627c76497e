"""Segment files: what was synced is read back, what is broken is said to be broken."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from mailnode.store.blobs import Damaged, Place
from mailnode.store.blobs.segments import READERS, Segments
from tests.support.small_disk import small_disk


def put(segments: Segments, raw: bytes) -> Place:
    return segments.put(hashlib.sha256(raw).digest(), raw)


def test_what_was_put_is_read_back(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "blobs")
    bodies = [b"", b"x", b"Subject: a\r\n\r\nb\r\n" * 1000, os.urandom(300_000)]
    places = [put(segments, raw) for raw in bodies]
    segments.sync()
    assert [segments.read(place) for place in places] == bodies


def test_another_process_reads_what_was_synced(tmp_path: Path) -> None:
    ours = Segments(tmp_path / "blobs")
    place = put(ours, b"body")
    ours.sync()
    assert Segments(tmp_path / "blobs").read(place) == b"body"


def test_a_segment_that_was_left_has_no_zeros_ahead(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "blobs")
    place = put(segments, b"body")
    path = tmp_path / "blobs" / f"{place.segment}.seg"
    assert path.stat().st_size > place.stored
    segments.close()
    assert path.stat().st_size == place.stored


def test_two_processes_never_share_a_segment(tmp_path: Path) -> None:
    one, two = Segments(tmp_path / "blobs"), Segments(tmp_path / "blobs")
    assert put(one, b"a").segment != put(two, b"b").segment


def test_a_full_segment_is_followed_by_a_new_one(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "blobs", segment_size=100)
    names = {put(segments, os.urandom(80)).segment for _ in range(3)}
    assert len(names) == 3


def test_a_half_written_record_at_the_end_harms_nobody(tmp_path: Path) -> None:
    crashed = Segments(tmp_path / "blobs")
    place = put(crashed, b"whole")
    half = put(crashed, os.urandom(5000))
    crashed.sync()
    path = tmp_path / "blobs" / f"{place.segment}.seg"
    os.truncate(path, half.offset + 100)
    fresh = Segments(tmp_path / "blobs")
    assert fresh.read(place) == b"whole"
    with pytest.raises(Damaged):
        fresh.read(half)
    assert fresh.read(put(fresh, b"after")) == b"after"


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "blobs")
    place = put(segments, b"some text that is kept" * 50)
    segments.sync()
    path = tmp_path / "blobs" / f"{place.segment}.seg"
    damaged = bytearray(path.read_bytes())
    damaged[place.stored - 10] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(Damaged):
        Segments(tmp_path / "blobs").read(place)


def test_a_segment_in_use_is_not_removed(tmp_path: Path) -> None:
    writer, sweeper = Segments(tmp_path / "blobs"), Segments(tmp_path / "blobs")
    name = put(writer, b"x").segment
    assert not sweeper.remove(name)
    writer.close()
    assert sweeper.remove(name)
    assert sweeper.names() == []


def test_attack_a_segment_stays_open_while_it_is_read_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segments = Segments(tmp_path / "blobs", segment_size=1)
    places = [put(segments, b"%d" % number) for number in range(READERS + 1)]
    segments.sync()
    read, others = os.pread, places[1:]

    def late(handle: int, size: int, at: int) -> bytes:
        """In another thread all others are read from first."""
        while others:
            segments.read(others.pop())
        return read(handle, size, at)

    monkeypatch.setattr(os, "pread", late)
    assert segments.read(places[0]) == b"0"


def test_segments_that_are_not_read_from_do_not_stay_open(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "blobs", segment_size=1)
    before = len(os.listdir("/proc/self/fd"))
    for number in range(2 * READERS):
        segments.read(put(segments, b"%d" % number))
    assert len(os.listdir("/proc/self/fd")) <= before + READERS + 1
    segments.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_attack_a_disk_that_was_full_spoils_no_later_body(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "blobs")
    before = put(segments, b"before")
    with small_disk(3000), pytest.raises(OSError, match="File too large"):
        put(segments, os.urandom(5000))
    after = put(segments, b"after")
    segments.sync()
    assert [segments.read(before), segments.read(after)] == [b"before", b"after"]


def test_attack_a_failed_sync_is_not_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux reports a lost page once; whoever syncs next would hear that all is well."""
    segments = Segments(tmp_path / "blobs")
    put(segments, b"lost by another thread")
    real, times, heard = os.fdatasync, iter((OSError("I/O error"),)), list[str]()

    def once(handle: int) -> None:
        for error in times:
            raise error
        real(handle)

    monkeypatch.setattr(os, "fdatasync", once)
    thread = threading.Thread(target=lambda: heard.append(_failing_sync(segments)))
    thread.start()
    thread.join()
    assert heard == ["I/O error"]
    with pytest.raises(OSError, match="could not be made durable"):
        segments.sync()
    fresh = put(segments, b"fresh")
    segments.sync()
    assert segments.read(fresh) == b"fresh"


def _failing_sync(segments: Segments) -> str:
    put(segments, b"mine")
    try:
        segments.sync()
    except OSError as error:
        return str(error)
    return ""


def test_attack_a_segment_whose_sync_failed_is_never_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = Segments(tmp_path / "blobs")
    spoiled = put(segments, b"a").segment

    def fails(_handle: int) -> None:
        raise OSError("I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", fails)
        assert _failing_sync(segments) == "I/O error"
    assert put(segments, b"b").segment != spoiled
