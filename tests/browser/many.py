"""A mailbox with very many messages, put straight into the store."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailnode.directory import lookup
from mailnode.offload import Offload
from mailnode.settings import Settings
from mailnode.store import messages
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


def fill(node: Node, address: str, count: int) -> None:
    """Numbers 1 to ``count``, a minute apart, into the inbox of a user, before the node is started."""
    engine = open_store(Settings(data_dir=node.directory / "data", hostname=node.name))
    offload = Offload(engine)
    user = offload.write_now(lambda tx: lookup.user(tx, address))
    assert user is not None
    user_id = user.id

    def step(first: int) -> None:
        def some(tx: Session) -> None:
            for number in range(first, min(first + AT_ONCE, count + 1)):
                messages.append(tx, user_id, "INBOX", _raw(number), internal_date=START + 60 * number)

        offload.write_now(some)

    for first in range(1, count + 1, AT_ONCE):
        step(first)
    offload.close()
