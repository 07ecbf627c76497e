"""Messages of one group are appended together, and each is answered as if it had come alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy.orm import Session

from mailnode.delivery.deliver import Mail, accept
from mailnode.directory import edit
from mailnode.offload import Offload
from mailnode.queue.envelope import Recipient
from mailnode.queue.outcome import Deferred, Delivered, Ending, Failed
from mailnode.store import appending, mailboxes, messages
from tests.support.store import Store
from tests.unit.delivery.test_deliver import NOW, home, inbox

__all__ = ["home"]
ANNA, BEN, CARL = (f"{name}@example.com" for name in ("anna", "ben", "carl"))


@pytest.fixture
def offload(home: Store) -> Iterator[Offload]:
    made = Offload(home.engine)
    yield made
    made.close()


def text(number: int) -> bytes:
    return b"From: x@example.org\r\nSubject: %d\r\n\r\nText\r\n" % number


def step(number: int, recipients: Sequence[str]) -> Callable[[Session], Ending]:
    mail = Mail.of("x@example.org", text(number))
    return lambda tx: accept(tx, mail, [Recipient(one) for one in recipients], NOW)


def in_one_group(offload: Offload, steps: Sequence[Callable[[Session], Ending]]) -> list[Ending]:
    """What each is answered; all wait while the writer is busy."""
    began, go_on = threading.Event(), threading.Event()

    def first(_tx: Session) -> None:
        began.set()
        assert go_on.wait(60)

    async def all_of_them() -> list[Ending]:
        busy = asyncio.create_task(offload.write(first))
        await asyncio.to_thread(began.wait, 60)
        waiting = [asyncio.create_task(offload.write(one)) for one in steps]
        await asyncio.sleep(0)
        go_on.set()
        await busy
        return list(await asyncio.gather(*waiting))

    return asyncio.run(all_of_them())


def bodies_of(found: Sequence[bytes]) -> list[bytes]:
    return [one[one.index(b"From:") :] for one in found]


def test_more_than_one_statement_takes_keep_their_order(home: Store, offload: Offload) -> None:
    most = 2 * appending.AT_ONCE + 1
    endings = in_one_group(offload, [step(number, [ANNA]) for number in range(most)])
    assert all(isinstance(one, Delivered) for one in endings)
    assert bodies_of(inbox(home, "anna")) == [text(number) for number in range(most)]


def test_a_full_mailbox_keeps_nothing_from_the_others(home: Store, offload: Offload) -> None:
    full, fits = in_one_group(offload, [step(1, [CARL]), step(2, [ANNA, BEN])])
    assert isinstance(full, Deferred | Failed)
    assert isinstance(fits, Delivered)
    assert [inbox(home, name) != [] for name in ("anna", "ben", "carl")] == [True, True, False]


def test_the_first_message_of_a_new_user_may_come_in_a_group(home: Store, offload: Offload) -> None:
    with home.write() as tx:
        edit.create_user(tx, "dora@example.com", password_hash="$argon2id$x")
    endings = in_one_group(offload, [step(1, [ANNA]), step(2, ["dora@example.com"]), step(3, ["dora@example.com"])])
    assert all(isinstance(one, Delivered) for one in endings)
    assert bodies_of(inbox(home, "dora")) == [text(2), text(3)]
    assert bodies_of(inbox(home, "anna")) == [text(1)]


def test_a_message_appended_in_the_same_group_knows_its_own_uid(home: Store, offload: Offload) -> None:
    with home.read() as tx:
        anna = edit.user(tx, ANNA).id
    found: list[messages.Appended] = []

    def append(tx: Session) -> Ending:
        found.append(messages.append(tx, anna, mailboxes.INBOX, text(9)))
        return Delivered()

    in_one_group(offload, [step(1, [ANNA]), append, step(2, [ANNA])])
    assert inbox(home, "anna")[found[-1].uid - 1] == text(9)
    assert len(inbox(home, "anna")) == 3
