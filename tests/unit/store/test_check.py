"""Each thing that can be wrong is broken on purpose in a real store, found, and mended."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest
from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.orm import Session

from mailnode.store import check, entries, mailboxes, messages, quota, retention
from mailnode.store.blobs.segments import Segments
from mailnode.store.check import Fault, Kind, files, references
from mailnode.store.check.bodies import LOST
from mailnode.store.flags import SEEN, Flags
from mailnode.store.index import filling
from mailnode.store.models import Blob, BlobText, Mailbox, Message, SearchBlock, SearchSegment, UserCounter
from mailnode.store.opening import blobs_in
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import fill, mail

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hands:
    """Each step in a transaction of its own, as the command line does it."""

    store: Store

    @property
    def engine(self) -> Engine:
        return self.store.engine

    def read(self, step: Callable[[Session], T]) -> T:
        with self.store.read() as tx:
            return step(tx)

    def write(self, step: Callable[[Session], T]) -> T:
        with self.store.write() as tx:
            return step(tx)


def found(store: Store, *, repair: bool = False) -> list[Fault]:
    return list(check.run(Hands(store), store.settings.data_dir, repair=repair))


def found_and_mended(store: Store, *kinds: Kind) -> list[Fault]:
    """These and no others are found, mended, and found no more."""
    told = found(store)
    assert {fault.kind for fault in told} == set(kinds)
    assert not any(fault.mended for fault in told)
    mended = found(store, repair=True)
    assert all(fault.mended for fault in mended)
    assert found(store) == []
    return mended


@pytest.fixture
def full(store: Store, user_id: int) -> Store:
    """Messages read and unread, a copy, and one that is gone and kept."""
    fill(store, user_id, 3, flags=Flags(SEEN))
    fill(store, user_id, 2)
    with store.write() as tx:
        here, there = (mailboxes.by_name(tx, user_id, name).id for name in ("INBOX", "Archive"))
        entries.copy(tx, user_id, here, [(1, 2)], there)
        entries.expunge(tx, user_id, here, [(5, 5)], only_deleted=False)
        filling.fill_now(tx, user_id)
    return store


def test_a_sound_store_has_no_fault(full: Store) -> None:
    assert found(full) == []


@pytest.mark.parametrize("broken", [{"messages": 9}, {"unseen": 3}, {"size": 1}])
def test_counters_of_a_mailbox(full: Store, user_id: int, broken: dict[str, int]) -> None:
    with full.write() as tx:
        before = mailboxes.by_name(tx, user_id, "INBOX")
        tx.execute(update(Mailbox).where(Mailbox.name == "INBOX").values(**broken))
    (fault,) = found_and_mended(full, Kind.MAILBOX_COUNTERS)
    assert fault.where == "one@example.com INBOX"
    with full.read() as tx:
        assert mailboxes.by_name(tx, user_id, "INBOX") == before


def test_counters_of_a_user(full: Store, user_id: int) -> None:
    with full.write() as tx:
        before = quota.usage(tx, user_id)
        tx.execute(update(UserCounter).values(messages=0, size=77))
    found_and_mended(full, Kind.USER_COUNTERS)
    with full.read() as tx:
        assert quota.usage(tx, user_id) == before


def test_counters_of_what_is_kept(full: Store, user_id: int) -> None:
    with full.write() as tx:
        tx.execute(update(UserCounter).values(kept_messages=5, kept_size=0))
    found_and_mended(full, Kind.KEPT_COUNTERS)
    with full.read() as tx:
        assert retention.held(tx, user_id).messages == 1


def test_a_modseq_that_is_older_than_what_it_should_be_newer_than(full: Store) -> None:
    with full.write() as tx:
        tx.execute(update(UserCounter).values(modseq=2))
        tx.execute(update(Mailbox).values(highest_modseq=1))
    found_and_mended(full, Kind.MODSEQ)


def test_a_uid_that_would_be_given_twice(full: Store, user_id: int) -> None:
    with full.write() as tx:
        tx.execute(update(Mailbox).where(Mailbox.name == "INBOX").values(uid_next=2))
        tx.execute(update(UserCounter).values(uid_validity=1))
    found_and_mended(full, Kind.UID)
    with full.write() as tx:
        assert messages.append(tx, user_id, "INBOX", mail(9)).uid == 5


def test_a_message_that_counts_its_entries_wrong(full: Store) -> None:
    with full.write() as tx:
        tx.execute(update(Message).values(copies=7))
    found_and_mended(full, Kind.COPIES)


def test_a_message_that_nobody_has_and_nothing_keeps(full: Store, user_id: int) -> None:
    with full.write() as tx:
        tx.execute(update(Message).where(Message.gone.is_not(None)).values(gone=None))
        tx.execute(update(UserCounter).values(kept_messages=0, kept_size=0))
    found_and_mended(full, Kind.COPIES)
    with full.read() as tx:
        assert retention.held(tx, user_id).messages == 1


def test_many_faults_are_mended_page_by_page(full: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "MOST", 2)
    with full.write() as tx:
        tx.execute(update(Message).values(copies=7))
        tx.execute(delete(Message).where(Message.subject == "Message 3"))
    assert {one.kind for one in found(full)} == {Kind.COPIES, Kind.ENTRY}
    found(full, repair=True)
    assert found(full) == []


def test_an_entry_without_a_message(full: Store, user_id: int) -> None:
    with full.write() as tx:
        tx.execute(delete(SearchSegment))
        tx.execute(delete(Message).where(Message.subject == "Message 3"))
    (fault,) = found_and_mended(full, Kind.ENTRY)
    assert fault.where == "one@example.com INBOX uid 3"
    with full.read() as tx:
        assert mailboxes.by_name(tx, user_id, "INBOX").messages == 3


def lay_waste(store: Store, sha256: bytes) -> None:
    """Write over a body where it lies."""
    segments = blobs_in(store.engine)
    assert isinstance(segments, Segments)
    with store.read() as tx:
        row = tx.execute(select(Blob).where(Blob.sha256 == sha256)).scalar_one()
        place = segments.folder / f"{row.segment}.seg"
        with place.open("r+b") as file:
            file.seek(row.offset + 60)
            file.write(b"\0" * 20)


def test_a_lost_body_is_marked_and_its_message_stays(full: Store, user_id: int) -> None:
    with full.read() as tx:
        here = mailboxes.by_name(tx, user_id, "INBOX").id
        sha256 = tx.execute(
            select(Blob.sha256).join(Message).where(Message.subject == "Message 1").limit(1)
        ).scalar_one()
    lay_waste(full, sha256)
    (fault,) = found(full)
    assert (fault.kind, fault.wanted) == (Kind.BODY, sha256.hex())
    told = found(full, repair=True)
    assert [fault.kind for fault in told if not fault.mended] == [Kind.BODY]
    marked = sorted(fault.where for fault in told if fault.kind is Kind.MARKED)
    assert marked == ["one@example.com Archive uid 1", "one@example.com INBOX uid 1", "one@example.com INBOX uid 4"]
    with full.read() as tx:
        row = messages.one(tx, user_id, here, 1, ("keywords", "subject"))
        assert tuple(row) == (LOST, "Message 1")
    assert [fault.kind for fault in found(full, repair=True)] == [Kind.BODY]  # nothing is marked twice


def test_a_body_that_lies_elsewhere_is_found_there(full: Store, user_id: int) -> None:
    raw = mail(1)
    with full.read() as tx:
        here = mailboxes.by_name(tx, user_id, "INBOX").id
        row = tx.execute(select(Blob).join(Message).where(Message.subject == "Message 1").limit(1)).scalar_one()
        sha256 = row.sha256
    lay_waste(full, sha256)
    found(full, repair=True)
    blobs = blobs_in(full.engine)
    blobs.put(sha256, raw)
    blobs.sync()
    (fault,) = found(full, repair=True)
    assert fault.mended
    assert found(full) == []
    with full.read() as tx:
        assert messages.read(tx, user_id, here, 1) == raw
        assert messages.one(tx, user_id, here, 1, ("keywords",)).keywords == ""  # nor is it marked any more


def test_a_segment_that_is_gone(full: Store) -> None:
    segments = blobs_in(full.engine)
    assert isinstance(segments, Segments)
    segments.close()
    (name,) = segments.names()
    (segments.folder / f"{name}.seg").unlink()
    assert {fault.kind for fault in found(full)} == {Kind.BODY}
    assert {fault.kind for fault in found(full, repair=True)} == {Kind.BODY, Kind.MARKED}


def test_a_text_that_cannot_be_read(full: Store) -> None:
    with full.write() as tx:
        tx.execute(delete(BlobText))
        tx.add(BlobText(blob_id=tx.scalars(select(Blob.id)).first() or 0, text=b"nonsense"))
    found_and_mended(full, Kind.TEXT)


@pytest.mark.parametrize("broken", ["ids", "count", "block", "unknown message"])
def test_the_search_index(full: Store, user_id: int, broken: str) -> None:
    with full.write() as tx:
        match broken:
            case "ids":
                tx.execute(update(SearchSegment).values(ids=b"nonsense"))
            case "count":
                tx.execute(update(SearchSegment).values(messages=1))
            case "block":
                tx.execute(update(SearchBlock).where(SearchBlock.number > 0).values(data=b"nonsense"))
            case _:
                messages.append(tx, user_id, "INBOX", mail(9))
                tx.execute(update(SearchSegment).values(last_id=SearchSegment.last_id + 1000))
    (fault,) = found_and_mended(full, Kind.INDEX)
    assert fault.where.startswith("one@example.com segment")
    with full.write() as tx:
        filling.fill_now(tx, user_id)
    assert found(full) == []


def test_a_segment_that_no_row_names(full: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Segments(full.settings.data_dir / "blobs")
    other.put(b"\1" * 32, b"nobody's")
    other.close()
    assert found(full) == []  # somebody may be about to name it
    monkeypatch.setattr(files, "GRACE", -60.0)
    (fault,) = found_and_mended(full, Kind.SEGMENT)
    assert fault.where == other.names()[0] or fault.where not in other.names()


def test_files_that_nobody_needs(full: Store) -> None:
    for name in ("blobs/half.tmp", "spool/half"):
        place = full.settings.data_dir / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"x")
        os.utime(place, (time.time() - 7200, time.time() - 7200))
    found_and_mended(full, Kind.LEFTOVER)


def test_everybody_is_looked_at(full: Store) -> None:
    other = add_user(full, "other")
    fill(full, other, 1)
    with full.write() as tx:
        tx.execute(update(Mailbox).where(Mailbox.name == "INBOX").values(messages=50))
    assert {fault.where for fault in found(full)} == {"one@example.com INBOX", "other@example.com INBOX"}


def test_progress_is_told(full: Store) -> None:
    told: list[tuple[str, int, int]] = []
    list(check.run(Hands(full), full.settings.data_dir, repair=False, progress=lambda *one: told.append(one)))
    assert ("users", 1, 1) in told
    assert ("bodies", 3, 3) in told


def test_what_sqlite_finds_in_its_file(sqlite_store: Store) -> None:
    """A column that must not be empty and is: the schema is changed behind SQLite's back."""
    add_user(sqlite_store)
    with sqlite_store.write() as tx:
        tx.execute(text("PRAGMA writable_schema = ON"))
        strict = "replace(sql, 'catch_all VARCHAR(320)', 'catch_all VARCHAR(320) NOT NULL')"
        tx.execute(text(f"UPDATE sqlite_master SET sql = {strict} WHERE name = 'domain'"))
    sqlite_store.engine.dispose()
    told = found(sqlite_store, repair=True)
    assert "NULL value in domain.catch_all" in {fault.found for fault in told}
    assert {(fault.kind, fault.mended) for fault in told} == {(Kind.DATABASE, False)}


def test_nobody_else_is_mended(full: Store, user_id: int) -> None:
    other = add_user(full, "other")
    fill(full, other, 2)
    with full.write() as tx:
        tx.execute(update(UserCounter).where(UserCounter.user_id == user_id).values(messages=0))
    found_and_mended(full, Kind.USER_COUNTERS)
    with full.read() as tx:
        assert quota.usage(tx, other).messages == 2


def test_a_store_in_use_has_no_fault_either(full: Store, user_id: int) -> None:
    """Each look sees whole changes only, and a repair takes nothing for a fault that is being made."""
    over = threading.Event()
    done: list[int] = []

    def use() -> None:
        while not over.is_set():
            with full.write() as tx:
                here, there = (mailboxes.by_name(tx, user_id, name).id for name in ("INBOX", "Archive"))
                uid = messages.append(tx, user_id, "INBOX", mail(len(done) % 50)).uid
                entries.move(tx, user_id, here, [(uid, uid)], there)
                entries.expunge(tx, user_id, there, [(1, uid)], only_deleted=False)
            done.append(uid)

    user = threading.Thread(target=use)
    user.start()
    try:
        for repair in (False, True, False, True):
            assert found(full, repair=repair) == []
    finally:
        over.set()
        user.join()
    assert done
