"""Space comes back, and nothing that somebody names goes."""

from __future__ import annotations

import os
import time

import pytest
from sqlalchemy import func, select

from mailnode.database import pending
from mailnode.store import entries, mailboxes, messages, retention, sweep
from mailnode.store.blobs import Place
from mailnode.store.blobs.segments import Segments
from mailnode.store.incoming import incoming
from mailnode.store.models import Blob, BlobText
from mailnode.store.opening import blobs_in, blobs_of
from mailnode.store.retention import Due
from tests.support.store import Store
from tests.unit.store.mail import fill, mail

LATER = int(time.time()) + 10 * sweep.GRACE


def bodies(store: Store) -> int:
    with store.read() as tx:
        return tx.scalar(select(func.count()).select_from(Blob)) or 0


def expunge(store: Store, user_id: int, uids: list[tuple[int, int]]) -> None:
    """Take messages away, and let the retention be over."""
    with store.write() as tx:
        box = mailboxes.by_name(tx, user_id, "INBOX").id
        entries.expunge(tx, user_id, box, uids, only_deleted=False)
        retention.prune(tx, Due(user_id, LATER, 0))


def test_a_named_body_stays_and_an_unnamed_one_goes(store: Store, user_id: int) -> None:
    with store.write() as tx:
        for number in range(3):  # of these the text is kept
            messages.append(tx, user_id, "INBOX", mail(number).replace(b"text/plain", b"text/html"))
        assert tx.scalar(select(func.count()).select_from(BlobText)) == 3
    expunge(store, user_id, [(1, 2)])
    with store.write() as tx:
        assert sweep.sweep(tx, now=LATER).bodies == 2
        assert tx.scalar(select(func.count()).select_from(BlobText)) == 1
    assert bodies(store) == 1


def test_a_young_body_stays(store: Store, user_id: int) -> None:
    fill(store, user_id, 1)
    expunge(store, user_id, [(1, 1)])
    with store.write() as tx:
        assert sweep.sweep(tx).bodies == 0


def test_a_body_that_is_named_again_in_the_same_group_stays(
    store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[Place] = []
    monkeypatch.setattr(blobs_in(store.engine), "forget", forgotten.extend)
    with store.write() as tx:
        for number in range(2):
            messages.append(tx, user_id, "INBOX", mail(number))
    expunge(store, user_id, [(1, 2)])
    with store.write() as tx:
        columns = select(Blob.segment, Blob.offset, Blob.stored)
        _, gone = (Place(*row) for row in tx.execute(columns.order_by(Blob.id)))
        pending(tx).gathers = True
        messages.put(tx, user_id, "INBOX", incoming(mail(0)), b"")
        sweep.sweep(tx, now=LATER)
    with store.read() as tx:
        assert messages.read(tx, user_id, mailboxes.by_name(tx, user_id, "INBOX").id, 3).endswith(mail(0))
    assert forgotten == [gone]


def test_compaction_keeps_what_is_named_readable(store: Store, user_id: int) -> None:
    raw = mail(text=os.urandom(3000).hex())
    with store.write() as tx:
        at = messages.append(tx, user_id, "INBOX", raw)
        for _ in range(3):
            messages.append(tx, user_id, "INBOX", mail(text=os.urandom(3000).hex()))
    expunge(store, user_id, [(2, 9)])
    with store.write() as tx:
        segments = blobs_of(tx)
        assert isinstance(segments, Segments)
        segments.close()
        sweep.sweep(tx, now=LATER)
        (sparse,) = sweep.sparse_segments(tx, segments)
        assert sweep.compact(tx, sparse) == 1
    with store.write() as tx:
        assert sweep.remove_empty(tx) == []
        assert sweep.remove_empty(tx, now=LATER) == [sparse]
        assert messages.read(tx, user_id, at.mailbox_id, at.uid) == raw


def test_a_damaged_body_does_not_stop_the_others(store: Store, user_id: int) -> None:
    fill(store, user_id, 3)
    with store.read() as tx:
        segments = blobs_of(tx)
        assert isinstance(segments, Segments)
        rows = tx.execute(select(Blob).order_by(Blob.id)).scalars().all()
    segments.close()
    with (segments.folder / f"{rows[0].segment}.seg").open("r+b") as file:
        file.seek(rows[0].offset)
        file.write(b"????")
    with store.write() as tx:
        sweep.compact(tx, rows[0].segment)
    with store.read() as tx:
        places = list(tx.scalars(select(Blob.segment).order_by(Blob.id)))
    assert places[0] == rows[0].segment
    assert rows[0].segment not in places[1:]
