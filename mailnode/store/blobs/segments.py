"""Bodies in append-only segment files: ``<name>.seg`` in one folder.

A record is a header (magic, stored length, body length, SHA-256) and one zstd frame with a content
checksum; a large body has a segment to itself, and its record many frames (`blocks`). Each process
appends to a segment of its own, which it holds with a lock, and never to one that it found: what a
crash has left half-written at the end of an old segment stays unread, since no row names it. A
segment is full at `SEGMENT_SIZE`.

A segment that is being written has zeros in front of its end (`AHEAD`), which are cut off when it is left: to
make durable what stands in place of them takes a third of the time of a file that grows, whose length has to be
made durable too.

A full disk leaves half a record; the next one is put behind its space. After a `sync` that failed the kernel
may have thrown away what it could not write and say "done" next time, so that segment is never written
again, and every thread with bodies in it hears of the failure when it syncs.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import zstandard

from mailnode.octets import LARGE, Octets
from mailnode.store.blobs import Damaged, Place
from mailnode.store.blobs.blocks import Blocks, Frame, ReadAt, packed
from mailnode.store.blobs.neighbours import groups, read_group
from mailnode.store.blobs.records import HEADER, IN_BLOCKS, MAGIC, records

SEGMENT_SIZE = 256 * 1024 * 1024
AHEAD = 1024 * 1024
LEVEL = 3
READERS = 64  # open segment files kept
_numbers = itertools.count()


class Segments:
    """The home of bodies on this machine's disk."""

    def __init__(self, folder: Path, *, segment_size: int = SEGMENT_SIZE) -> None:
        self.folder = folder
        self.segment_size = segment_size
        self._lock = threading.Lock()
        self._name = ""
        self._file = -1
        self._end = 0
        self._reserved = 0  # where the zeros end
        self._dirty = False
        self._failures = 0  # syncs that failed
        self._open: dict[str, _Opened] = {}
        self._opening = threading.Lock()
        self._local = threading.local()

    def put(self, sha256: bytes, raw: bytes) -> Place:
        frame = self._compressor().compress(raw)
        record = HEADER.pack(MAGIC, len(frame), len(raw), sha256) + frame
        with self._lock:
            if self._file < 0 or self._end >= self.segment_size:
                self._start_segment()
            if not hasattr(self._local, "failures"):
                self._local.failures = self._failures
            place = Place(self._name, self._end, len(record))
            self._dirty = True
            self._end += len(record)  # behind half a record too
            _write_all(self._file, record, place.offset)
            if self._end > self._reserved:
                self._reserve()
        return place

    def put_large(self, sha256: bytes, raw: Octets) -> Place:
        name = f"{time.time_ns():016x}-{os.getpid():x}-{next(_numbers)}"
        handle = self._new_file(name)
        try:
            end = HEADER.size
            for piece in packed(raw):
                _write_all(handle, piece, end)
                end += len(piece)
            _write_all(handle, HEADER.pack(IN_BLOCKS, end - HEADER.size, len(raw), sha256), 0)
            os.fdatasync(handle)
        except BaseException:
            self._path(name).unlink()
            raise
        finally:
            os.close(handle)
        return Place(name, 0, end)

    def sync(self) -> None:
        with self._lock:
            known = self._local.__dict__.pop("failures", self._failures)
            self._flush()
            if known != self._failures:
                raise OSError(errno.EIO, "a body put earlier could not be made durable")

    def read(self, place: Place) -> bytes:
        return self.open(place, at_most=None)[:]

    def open(self, place: Place, *, at_most: int | None = LARGE) -> Octets:
        """``at_most``: how much of a body that lies in one piece may be held in memory."""
        record = self._record(place)
        magic, length, size, _ = HEADER.unpack_from(record)
        if length != place.stored - HEADER.size:
            raise Damaged(f"{place}: length differs")
        if magic == IN_BLOCKS:
            return Blocks(self._reader_of_large(place), length)
        if at_most is not None and size > at_most:
            return Frame(self._reader_of_large(place), length, size)
        if len(record) < place.stored:
            record += self._read_at(place, len(record), place.stored - len(record))
        try:
            return self._decompressor().decompress(record[HEADER.size :], max_output_size=max(size, 1))
        except zstandard.ZstdError as error:
            raise Damaged(f"{place}: {error}") from error

    def open_all(self, places: Sequence[Place]) -> Iterator[Octets]:
        for group in groups(places):
            found = read_group(self._read_stretch, self._decompressor(), group) if len(group) > 1 else None
            yield from found or map(self.open, group)

    def forget(self, places: list[Place]) -> None:
        """Segments are compacted as a whole by `store.sweep`; a single record cannot be given back."""

    def find(self, hashes: Collection[bytes]) -> Iterator[tuple[bytes, Place]]:
        """Reads through every segment."""
        for name in self.names():
            for record in records(self._path(name)):
                if record.sha256 in hashes:
                    yield record.sha256, Place(name, record.offset, record.stored)

    def close(self) -> None:
        with self._lock:
            self._leave_segment()
        with self._opening:
            self._open.clear()

    def names(self) -> list[str]:
        """The segments on disk, oldest first."""
        return sorted(path.stem for path in self.folder.glob("*.seg"))

    def remove(self, name: str) -> bool:
        """Delete a segment unless a process is appending to it; True when it is gone."""
        path = self._path(name)
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        path.unlink()
        return True

    def size_of(self, name: str) -> int:
        """The bytes of a segment on disk."""
        return self._path(name).stat().st_size

    def changed_at(self, name: str) -> float:
        """When a segment was last written, in seconds since the epoch."""
        return self._path(name).stat().st_mtime

    def touch(self, name: str) -> None:
        """Let the segment count as changed now."""
        os.utime(self._path(name))

    def in_use(self, name: str) -> bool:
        """True while some process appends to this segment."""
        handle = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.seg"

    def _start_segment(self) -> None:
        """Begin a new file; its name in the folder is durable before any record is named."""
        self._flush()
        self._leave_segment()
        name = f"{time.time_ns():016x}-{os.getpid():x}"
        self._name, self._file, self._end, self._reserved = name, self._new_file(name), 0, 0

    def _new_file(self, name: str) -> int:
        """An empty segment that we hold with a lock."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sync_folder(self.folder)
        except OSError:
            os.close(handle)
            raise
        return handle

    def _reserve(self) -> None:
        self._reserved = self._end + AHEAD
        with contextlib.suppress(OSError):  # a disk that is full: the next body says so
            _write_all(self._file, bytes(AHEAD), self._end)

    def _flush(self) -> None:
        if not self._dirty:
            return
        self._dirty = False
        try:
            os.fdatasync(self._file)
        except OSError:
            self._failures += 1
            self._leave_segment()
            raise

    def _leave_segment(self) -> None:
        if self._file >= 0:
            handle, self._file = self._file, -1
            with contextlib.suppress(OSError):
                os.ftruncate(handle, self._end)
            os.close(handle)

    def _record(self, place: Place) -> bytes:
        """The record, or the beginning of a large one."""
        wanted = min(place.stored, LARGE)
        record = self._read_at(place, 0, wanted)
        if len(record) < HEADER.size or not record.startswith((MAGIC, IN_BLOCKS)):
            raise Damaged(f"{place}: no record there")
        return record

    def _read_stretch(self, segment: str, offset: int, size: int) -> bytes:
        opened = self._reader(segment)
        return _read_all(opened.handle, offset, size)

    def _read_at(self, place: Place, start: int, size: int) -> bytes:
        try:
            opened = self._reader(place.segment)
            return _read_all(opened.handle, place.offset + start, size)
        except OSError as error:
            raise Damaged(f"{place}: {error}") from error

    def _reader_of_large(self, place: Place) -> ReadAt:
        """For what is read for so long that others may need our open files meanwhile."""
        try:
            opened = _Opened(self._path(place.segment))
        except OSError as error:
            raise Damaged(f"{place}: {error}") from error

        def read_at(start: int, size: int) -> bytes:
            try:
                return _read_all(opened.handle, place.offset + HEADER.size + start, size)
            except OSError as error:
                raise Damaged(f"{place}: {error}") from error

        return read_at

    def _reader(self, name: str) -> _Opened:
        """To be held while it is read from: others may need so many segments meanwhile that it is not kept."""
        opened = self._open.get(name)
        if opened is None:
            with self._opening:
                if len(self._open) >= READERS:
                    del self._open[next(iter(self._open))]
                opened = self._open[name] = _Opened(self._path(name))
        return opened

    def _compressor(self) -> zstandard.ZstdCompressor:
        """One for each thread: they keep state while they work."""
        found: zstandard.ZstdCompressor | None = getattr(self._local, "compressor", None)
        if found is None:
            found = self._local.compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        return found

    def _decompressor(self) -> zstandard.ZstdDecompressor:
        found: zstandard.ZstdDecompressor | None = getattr(self._local, "decompressor", None)
        if found is None:
            found = self._local.decompressor = zstandard.ZstdDecompressor()
        return found


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, data: bytes, at: int) -> None:
    """Write everything; a disk that fills up in the middle raises OSError, and no row names the rest."""
    view = memoryview(data)
    while view:
        done = os.pwrite(handle, view, at)
        at += done
        view = view[done:]


def _read_all(handle: int, at: int, size: int) -> bytes:
    """Raises OSError when there is less."""
    data = os.pread(handle, size, at)
    while len(data) < size:
        more = os.pread(handle, size - len(data), at + len(data))
        if not more:
            raise OSError(errno.EIO, "the file is too short")
        data += more
    return data


class _Opened:
    """A segment that is open as long as somebody holds this."""

    def __init__(self, path: Path) -> None:
        self.handle = -1
        self.handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if self.handle >= 0:
            os.close(self.handle)
