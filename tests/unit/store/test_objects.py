"""The object store as the home of bodies: nothing is promised before it is there."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import obstore
import pytest

from mailnode.store.blobs import Place
from mailnode.store.blobs.objects import Objects
from mailnode.store.check import files
from mailnode.store.models import Blob
from tests.support.large import Windowed
from tests.support.objects import ObjectStore
from tests.support.store import Store

BODY = b"Subject: a\r\n\r\nb\r\n"


@pytest.fixture(scope="module")
def objects() -> Iterator[Objects]:
    with ObjectStore() as server, pytest.MonkeyPatch.context() as patched:
        for name, value in server.environment.items():
            patched.setenv(name, value)
        home = Objects("s3://mailnode/blobs")
        yield home
        home.close()


def put(objects: Objects, raw: bytes) -> Place:
    return objects.put(hashlib.sha256(raw).digest(), raw)


def test_what_was_put_is_read_back(objects: Objects) -> None:
    place = put(objects, BODY)
    assert objects.read(place) == BODY
    objects.sync()
    assert objects.read(place) == BODY


def test_attack_a_body_that_comes_again_is_not_deleted_with_its_forerunner(objects: Objects) -> None:
    """The sweeper deletes after its commit; in between the same bytes may have come anew."""
    gone = put(objects, BODY)
    objects.sync()
    again = put(objects, BODY)
    objects.sync()
    objects.forget([gone])
    assert objects.read(again) == BODY


def test_attack_a_commit_waits_for_its_body_in_another_threads_upload(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end, synced = threading.Event(), threading.Event(), threading.Event()
    real = obstore.put

    def slow(*arguments: Any) -> Any:
        begun.set()
        may_end.wait(60)
        return real(*arguments)

    monkeypatch.setattr(obstore, "put", slow)
    put(objects, b"ours")  # taken along by the other thread's upload
    other = threading.Thread(target=objects.sync)
    other.start()
    begun.wait(60)

    def wait() -> None:
        objects.sync()
        synced.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert not synced.wait(0.2)
    may_end.set()
    waiting.join(60)
    other.join(60)
    assert synced.is_set()


def test_attack_a_failed_upload_fails_everybody_whose_bodies_it_had(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    def sync() -> None:
        try:
            objects.sync()
        except OSError as error:
            heard.append(str(error))

    def fails(*_arguments: Any) -> Any:
        raise RuntimeError("the network is down")

    put(objects, b"ours")
    with monkeypatch.context() as patched:
        patched.setattr(obstore, "put", fails)
        other = threading.Thread(target=sync)
        other.start()
        other.join(60)
    assert heard == ["the object store did not take a body: the network is down"]
    with pytest.raises(OSError, match="put earlier"):
        objects.sync()
    objects.sync()


def test_a_body_is_found_by_its_hash_wherever_it_is(objects: Objects) -> None:
    place = put(objects, b"sought")
    put(objects, b"not sought")
    objects.sync()
    sha256 = hashlib.sha256(b"sought").digest()
    assert list(objects.find({sha256, hashlib.sha256(b"nowhere").digest()})) == [(sha256, place)]


def test_what_no_row_names_is_found_and_taken_away(objects: Objects, sqlite_store: Store) -> None:
    named, unnamed = (put(objects, raw) for raw in (b"named", b"unnamed"))
    objects.sync()
    with sqlite_store.write() as tx:
        tx.add(Blob(sha256=hashlib.sha256(b"named").digest(), created_at=0, size=5, **asdict(named)))

    def orphans(now: float, *, mend: bool) -> dict[str, bool]:
        with sqlite_store.read() as tx:
            found = files.orphans(objects, lambda step: step(tx), mend=mend, now=now)
            return {fault.where: fault.mended for fault in found}

    assert orphans(time.time(), mend=True) == {}  # somebody may be about to name it
    later = time.time() + 2 * files.GRACE
    assert orphans(later, mend=False)[unnamed.segment] is False
    assert orphans(later, mend=True)[unnamed.segment] is True
    assert orphans(later, mend=True) == {}
    assert objects.read(named) == b"named"


def test_a_large_body_is_read_in_stretches(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = random.Random(1).randbytes(9_000_000)  # more than one part of an upload
    place = objects.put_large(hashlib.sha256(raw).digest(), Windowed(raw))
    assert objects.read(place) == raw
    monkeypatch.setattr(obstore, "get", None)
    assert objects.open(place)[5_000_000:5_000_100] == raw[5_000_000:5_000_100]
