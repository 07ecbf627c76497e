"""Bodies in an object store: one object for each body, named by its SHA-256 and a number of its own.

Bodies put in one transaction are uploaded together, at `sync`, which also waits for an upload that
another thread has begun: it may have taken our bodies along. If that one fails, ours fails too. The
number keeps a body that comes again from being deleted with its forerunner. Credentials, region and endpoint
come from the environment as every S3 client reads them (``AWS_ACCESS_KEY_ID``,
``AWS_ENDPOINT_URL`` …).
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import obstore
import zstandard
from obstore.store import from_url

from mailnode.octets import Octets
from mailnode.store.blobs import Damaged, Place
from mailnode.store.blobs.blocks import Blocks, packed

UPLOADS = 16
LEVEL = 3
PARALLEL_DELETES = 100
AT_ONCE = 2  # parts of one large body that are on their way
_OURS = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}-[0-9a-f]{16}(\.blocks)?")
IN_BLOCKS = ".blocks"  # the end of the name of a large body


@dataclass(frozen=True, slots=True)
class Stored:
    """A body in the store."""

    sha256: bytes
    place: Place


class Objects:
    """The home of bodies in an S3-compatible store."""

    def __init__(self, url: str, **options: Any) -> None:
        self._store: Any = from_url(url, client_options={"allow_http": True}, **options)
        self._lock = threading.Lock()
        self._uploading = threading.Lock()
        self._waiting: dict[str, bytes] = {}
        self._failures = 0  # uploads that failed
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(UPLOADS, "upload")

    def put(self, sha256: bytes, raw: bytes) -> Place:
        name = _name(sha256)
        frame = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(raw)
        with self._lock:
            if not hasattr(self._local, "failures"):
                self._local.failures = self._failures
            self._waiting[name] = frame
        return Place(name, 0, len(frame))

    def put_large(self, sha256: bytes, raw: Octets) -> Place:
        name, stored = _name(sha256) + IN_BLOCKS, 0

        def counted() -> Iterator[bytes]:
            nonlocal stored
            for piece in packed(raw):
                stored += len(piece)
                yield piece

        try:
            obstore.put(self._store, name, counted(), use_multipart=True, max_concurrency=AT_ONCE)
        except Exception as error:
            raise OSError(f"the object store did not take a body: {error}") from error
        return Place(name, 0, stored)

    def sync(self) -> None:
        with self._uploading:
            known = self._local.__dict__.pop("failures", self._failures)
            with self._lock:
                waiting, self._waiting = self._waiting, {}
            try:
                list(self._pool.map(lambda item: obstore.put(self._store, item[0], item[1]), waiting.items()))
            except Exception as error:
                self._failures += 1
                raise OSError(f"the object store did not take a body: {error}") from error
            if known != self._failures:
                raise OSError("the object store did not take a body put earlier")

    def open(self, place: Place) -> Octets:
        if not place.segment.endswith(IN_BLOCKS):
            return self.read(place)

        def read_at(start: int, size: int) -> bytes:
            try:
                return bytes(obstore.get_range(self._store, place.segment, start=start, length=size)) if size else b""
            except Exception as error:
                raise Damaged(f"{place}: {error}") from error

        return Blocks(read_at, place.stored)

    def open_all(self, places: Sequence[Place]) -> Iterator[Octets]:
        return map(self.open, places)

    def read(self, place: Place) -> bytes:
        if place.segment.endswith(IN_BLOCKS):
            return self.open(place)[:]
        with self._lock:
            frame = self._waiting.get(place.segment)
        try:
            if frame is None:
                frame = bytes(obstore.get(self._store, place.segment).bytes())
            return zstandard.ZstdDecompressor().decompress(frame)
        except Exception as error:
            raise Damaged(f"{place}: {error}") from error

    def forget(self, places: list[Place]) -> None:
        names = [place.segment for place in places]
        for at in range(0, len(names), PARALLEL_DELETES):
            obstore.delete(self._store, names[at : at + PARALLEL_DELETES])

    def find(self, hashes: Collection[bytes]) -> Iterator[tuple[bytes, Place]]:
        for sha256 in hashes:
            for page in obstore.list(self._store, prefix=_folder(sha256)):
                found = [_stored(one) for one in page if _is_ours(one["path"])]
                yield from ((sha256, one.place) for one in found if one.sha256 == sha256)

    def pages(self, before: float) -> Iterator[list[Stored]]:
        """Every body in the store that was put before a time (seconds since the epoch), some hundred at once."""
        for page in obstore.list(self._store):
            yield [_stored(one) for one in page if one["last_modified"].timestamp() < before and _is_ours(one["path"])]

    def close(self) -> None:
        self._pool.shutdown()


def _folder(sha256: bytes) -> str:
    return sha256.hex()[:2]


def _is_ours(name: str) -> bool:
    return _OURS.fullmatch(name) is not None


def _stored(one: Any) -> Stored:
    name: str = one["path"]
    return Stored(bytes.fromhex(name[:2] + name[3:65]), Place(name, 0, one["size"]))


def _name(sha256: bytes) -> str:
    text = sha256.hex()
    return f"{text[:2]}/{text[2:]}-{secrets.token_hex(8)}"
