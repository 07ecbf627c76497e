"""A mailbox with very many messages, put straight into the store."""

from __future__ import annotations

from collections.abc import Container
from functools import partial

from sqlalchemy import update
from sqlalchemy.orm import Session

from mailnode.directory import lookup
from mailnode.offload import Offload
from mailnode.settings import Settings
from mailnode.store import entries, mailboxes, messages
from mailnode.store.models import Entry
from mailnode.store.opening import open_store
from tests.support.node import Node

AT_ONCE = 1000
START = 1_700_000_000


def _raw(number: int) -> bytes:
    return (
        f"From: Sender {number % 97} <s{number % 97}@example.org>\r\nTo: anna@example.test\r\n"
        f"Subject: Message number {number}\r\nMessage-ID: <{number}@many.example.org>\r\n\r\n"
        f"This is the text of message {number}.\r\n"
    ).encode()


def fill(node: Node, address: str, count: int, looked_for: Container[int]) -> None:
    """Numbers 1 to ``count``, a minute apart, into the inbox of a user, before the node is started.

    A thousand without any that is ``looked_for`` are copies of the first thousand: that takes a twentieth of the time.
    """
    offload = Offload(open_store(Settings(data_dir=node.directory / "data", hostname=node.name)))
    user = offload.write_now(lambda tx: lookup.user(tx, address))
    assert user is not None
    user_id = user.id
    inbox = offload.write_now(lambda tx: mailboxes.by_name(tx, user_id, "INBOX").id)

    def deliver(tx: Session, numbers: range) -> None:
        for number in numbers:
            messages.append(tx, user_id, "INBOX", _raw(number), internal_date=START + 60 * number)

    def copy(tx: Session, numbers: range) -> None:
        entries.copy(tx, user_id, inbox, [(1, AT_ONCE)], inbox)
        come = update(Entry).where(Entry.user_id == user_id, Entry.mailbox_id == inbox, Entry.uid >= numbers.start)
        tx.execute(come.values(internal_date=START + 60 * Entry.uid))

    for first in range(1, count + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count + 1))
        step = deliver if first == 1 or any(number in looked_for for number in numbers) else copy
        offload.write_now(partial(step, numbers=numbers))
    offload.close()
