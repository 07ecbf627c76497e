"""In a rehearsal everything is done and nothing stays, on both engines."""

from __future__ import annotations

import asyncio

from sqlalchemy.orm import Session

from mailnode import certificates
from mailnode.database import utcnow
from mailnode.delivery import deliver
from mailnode.delivery.deliver import Mail
from mailnode.history import finding
from mailnode.history.details import Act, What
from mailnode.history.record import Story
from mailnode.node.rehearsal import rehearsal
from mailnode.queue import edit as queue
from mailnode.queue.envelope import Recipient
from mailnode.queue.outcome import Delivered
from mailnode.store.incoming import incoming, staged
from tests.support.store import Store
from tests.unit.dispatch.managing import add_users, inbox


def test_a_delivery_is_told_and_taken_back(store: Store) -> None:
    add_users(store, "anna")
    certificates.make(store.settings)
    message = incoming(b"Subject: x\r\n\r\nText\r\n")
    mail = Mail("x@example.org", message, story=Story(What.RECEIVED, "x@example.org", "t1"))
    people = [Recipient("anna@example.com"), Recipient("nobody@example.com")]

    def step(tx: Session) -> object:
        return deliver.accept(tx, mail, people, utcnow())

    async def go() -> tuple[object, list[Act]]:
        async with rehearsal(store.settings) as (context, told):
            prepare = staged(context.offload.engine, message)
            ending = await context.offload.write(step, prepare=prepare)
            return ending, [one.act for one in told.rows[0].detail.steps]

    ending, acts = asyncio.run(go())
    assert isinstance(ending, Delivered)
    assert acts == [Act.KEPT, Act.FAILED, Act.QUEUED]
    assert inbox(store) == []
    with store.read() as tx:
        assert (finding.everything(tx), queue.rows(tx)) == ([], [])
