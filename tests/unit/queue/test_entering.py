"""Messages of one group enter the queue together, and their rows are those of messages that come alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from mailnode.database import pending
from mailnode.proto.dsn_params import Notify, OriginalRecipient
from mailnode.queue import entering, spool
from mailnode.queue.envelope import Deadline, Recipient
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.store import bodies
from mailnode.store.incoming import incoming, staged
from mailnode.store.models import Blob
from tests.support.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PEOPLE = (
    Recipient("b@Example.ORG", Notify(success=True), OriginalRecipient("rfc822", "Old+Name@example.org")),
    Recipient("c@example.net"),
)
WISHES = {
    "envid": "e+1",
    "ret": "HDRS",
    "smtputf8": True,
    "body": "8BITMIME",
    "sign": True,
    "sealed_by": "example.com",
    "behind_alias": True,
    "requiretls": True,
    "deadline": Deadline(int(NOW.timestamp()) + 3600, "N", trace=True),
    "held_for": "destination:example.org",
}


def content(number: int) -> bytes:
    return b"Subject: %d\r\n\r\nbody\r\n" % number


def put_in(store: Store, numbers: range, *, gathers: bool, **more: Any) -> list[int]:
    """Messages of one transaction; gives their ids."""
    with store.write() as tx:
        pending(tx).gathers = gathers
        return [
            spool.enqueue(
                tx,
                sender="a@example.com",
                recipients=PEOPLE,
                raw=incoming(content(number), passing=True),
                now=NOW,
                **more,
            )
            for number in numbers
        ]


def rows(store: Store, table: type[QueueMessage] | type[QueueRecipient], numbers: list[int]) -> list[tuple[Any, ...]]:
    """Without the columns that tell one message from another."""
    column = QueueMessage.id if table is QueueMessage else QueueRecipient.message_id
    kept = [one for one in table.__table__.columns if one.name not in ("id", "message_id", "blob_id")]
    with store.read() as tx:
        return [tuple(row) for row in tx.execute(select(*kept).where(column.in_(numbers)).order_by(column, table.id))]


@pytest.mark.parametrize("wishes", [{}, WISHES], ids=["none", "all"])
def test_together_they_have_the_rows_that_they_have_alone(store: Store, wishes: dict[str, Any]) -> None:
    alone = [one for number in range(3) for one in put_in(store, range(number, number + 1), gathers=False, **wishes)]
    together = put_in(store, range(3), gathers=True, **wishes)
    for table in (QueueMessage, QueueRecipient):
        assert rows(store, table, together) == rows(store, table, alone)
        assert len(rows(store, table, together)) == 3 * (1 if table is QueueMessage else len(PEOPLE))


def test_each_has_the_id_that_it_was_told_and_its_own_body(store: Store) -> None:
    most = 2 * entering.AT_ONCE + 1
    numbers = put_in(store, range(most), gathers=True)
    assert len(set(numbers)) == most
    with store.read() as tx:
        found = [bodies.read(tx, tx.get_one(QueueMessage, one).blob_id) for one in numbers]
    assert found == [content(number) for number in range(most)]


def test_an_id_is_not_given_again_when_its_message_is_gone(store: Store) -> None:
    (first,) = put_in(store, range(1), gathers=True)
    with store.write() as tx:
        tx.execute(text("DELETE FROM queue_message"))
    assert put_in(store, range(1), gathers=True)[0] > first


def test_the_same_body_twice_is_one(store: Store) -> None:
    with store.write() as tx:
        pending(tx).gathers = True
        for _ in range(2):
            message = incoming(content(1), passing=True)
            staged(store.engine, message)()()  # it lies twice
            spool.enqueue(tx, sender="", recipients=PEOPLE, raw=message, now=NOW)
    with store.read() as tx:
        assert len(tx.scalars(select(Blob.id)).all()) == 1
        assert len(set(tx.scalars(select(QueueMessage.blob_id)))) == 1


def test_neither_message_nor_body_is_a_fault(store: Store) -> None:
    with pytest.raises(ValueError, match="neither"), store.write() as tx:
        spool.enqueue(tx, sender="", recipients=PEOPLE, now=NOW)
