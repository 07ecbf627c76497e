"""What the queue manager tells the history: attempts with the other host's words, the report, and its own way back."""

from __future__ import annotations

import asyncio

import uvloop

from mailnode.history import finding, keys
from mailnode.history.details import Act, What
from mailnode.history.finding import Row
from mailnode.queue import control
from mailnode.queue.control import Chosen
from tests.support.smtp_peer import Peer
from tests.support.store import Store
from tests.unit.dispatch.managing import ELSEWHERE, add_users, enqueue, manager, until, waiting


def sent(store: Store, peer: Peer) -> None:
    """Let the queue run dry."""

    async def go() -> None:
        async with peer, manager(store, peer.port):
            await asyncio.wait_for(until(lambda: not waiting(store)), 120)

    uvloop.run(go())


def story(store: Store, queue_id: int) -> list[Row]:
    with store.read() as tx:
        return finding.story(tx, finding.find(tx, keys.queued(queue_id))[0])


def test_a_bounce_from_the_first_attempt_to_the_senders_mailbox(sqlite_store: Store) -> None:
    add_users(sqlite_store, "anna")
    queue_id = enqueue(sqlite_store, ELSEWHERE, user_id=1)
    sent(sqlite_store, Peer({"RCPT": "550 5.1.1 Nobody of that name"}))
    tried, told, came = story(sqlite_store, queue_id)
    assert (tried.what, told.what, came.what) == (What.ATTEMPTED, What.REPORTED, What.DELIVERED)
    (step,) = tried.detail.steps
    assert (step.act, step.recipient, step.status, step.text) == (
        Act.FAILED,
        ELSEWHERE,
        "5.1.1",
        "550 5.1.1 Nobody of that name",
    )
    assert "127.0.0.1" in step.host
    assert (tried.user_id, told.user_id) == (1, 1)
    assert (told.detail.steps[0].act, told.detail.steps[0].queue_id) == (Act.BOUNCED, came.queue_id)
    assert [(one.act, one.recipient, one.mailbox) for one in came.detail.steps] == [
        (Act.KEPT, "anna@example.com", "INBOX")
    ]


def test_what_was_taken_and_what_people_did(sqlite_store: Store) -> None:
    add_users(sqlite_store, "anna")
    queue_id = enqueue(sqlite_store, ELSEWHERE)
    with sqlite_store.write() as tx:
        control.hold(tx, Chosen(queue_id=queue_id))
        control.release(tx, Chosen(queue_id=queue_id))
    sent(sqlite_store, Peer())
    assert [(row.what, row.detail.steps[0].act) for row in story(sqlite_store, queue_id)] == [
        (What.HANDLED, Act.HELD),
        (What.HANDLED, Act.RELEASED),
        (What.ATTEMPTED, Act.SENT),
    ]
