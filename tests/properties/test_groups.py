"""Whatever comes into one group: each is told what became of its own message, and that is what is kept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mailnode.database import utcnow
from mailnode.delivery import deliver
from mailnode.delivery.deliver import Mail
from mailnode.directory.models import Domain, User
from mailnode.offload import Offload
from mailnode.queue import spool
from mailnode.queue.envelope import Recipient
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.queue.outcome import Delivered
from mailnode.store import bodies, quota
from mailnode.store.incoming import Incoming, incoming, staged
from mailnode.store.models import Entry, Message
from tests.support.examples import examples
from tests.support.store import Store

QUOTAS = (0, 1, 2)  # messages that each user may have; 0 is no limit
_numbers = count(1)

deliveries = st.tuples(st.just("deliver"), st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True))
actions: st.SearchStrategy[tuple[str, list[int]]] = st.one_of(
    deliveries,
    deliveries,
    st.tuples(st.just("queue"), st.just([])),
    st.tuples(st.just("remove"), st.integers(0, 2).map(lambda user: [user])),
    st.tuples(st.just("fail"), st.just([])),
)


@pytest.fixture
def offload(sqlite_store: Store) -> Iterator[Offload]:
    """Of SQLite, where rows of several steps are written as one."""
    made = Offload(sqlite_store.engine)
    made.write_now(lambda tx: tx.add(Domain(name="example.com")))
    yield made
    made.close()


@dataclass(frozen=True)
class Done:
    kind: str
    addresses: list[str]
    raw: bytes
    answer: object


def users(offload: Offload) -> list[str]:
    """Three new ones, with their quotas."""

    def add(tx: Session) -> list[str]:
        domain = tx.scalars(select(Domain)).one()
        made = [
            User(domain_id=domain.id, address=f"u{next(_numbers)}@example.com", password_hash="", quota_messages=most)
            for most in QUOTAS
        ]
        tx.add_all(made)
        return [one.address for one in made]

    return offload.write_now(add)


def step_of(kind: str, addresses: list[str], message: Incoming) -> Callable[[Session], object]:
    recipients = [Recipient(address) for address in addresses]

    def step(tx: Session) -> object:
        match kind:
            case "deliver":
                return deliver.accept(tx, Mail("", message), recipients, utcnow())
            case "queue":
                return spool.enqueue(tx, sender="", recipients=[Recipient("x@example.org")], raw=message, now=utcnow())
            case "remove":
                return tx.execute(delete(User).where(User.address == addresses[0])) and None
        raise LookupError

    return step


async def in_one_group(offload: Offload, asked: list[tuple[str, list[str]]]) -> list[Done]:
    """All of them come while the first step holds the writer."""
    go_on = threading.Event()
    first = asyncio.create_task(offload.write(lambda _: go_on.wait(60)))
    raws = [b"Subject: %d\r\n\r\nbody\r\n" % next(_numbers) for _ in asked]
    messages = list(map(incoming, raws))
    steps = [step_of(kind, addresses, message) for (kind, addresses), message in zip(asked, messages, strict=True)]
    writes = [
        asyncio.ensure_future(offload.write(step, prepare=staged(offload.engine, message)))
        for step, message in zip(steps, messages, strict=True)
    ]
    await asyncio.sleep(0)
    go_on.set()
    answers = await asyncio.gather(*writes, return_exceptions=True)
    await first
    return [Done(*one, raw, answer) for one, raw, answer in zip(asked, raws, answers, strict=True)]


def kept_by(tx: Session, user: User) -> list[bytes]:
    rows = select(Message.blob_id).join(Entry, Entry.message_id == Message.id).where(Entry.user_id == user.id)
    return [bodies.read(tx, blob_id) for blob_id in tx.scalars(rows)]


def check_user(tx: Session, user: User, done: list[Done]) -> None:
    kept = kept_by(tx, user)
    offered = [one for one in done if one.kind == "deliver" and user.address in one.addresses]
    assert len(kept) == len(set(kept)), "doubled"
    assert set(kept) <= {one.raw for one in offered}, "for somebody else"
    alone = {one.raw for one in offered if one.addresses == [user.address] and isinstance(one.answer, Delivered)}
    assert alone <= set(kept), "lost"
    assert len(kept) == min(len(offered), user.quota_messages or len(offered))
    assert quota.usage(tx, user.id).messages == len(kept)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(actions, min_size=1, max_size=12))
def test_each_is_told_what_is_kept(offload: Offload, wanted: list[tuple[str, list[int]]]) -> None:
    names = users(offload)
    done = asyncio.run(in_one_group(offload, [(kind, [names[user] for user in some]) for kind, some in wanted]))
    with Session(offload.engine) as tx:
        for user in tx.scalars(select(User).where(User.address.in_(names))):
            check_user(tx, user, done)
        for one in done:
            assert isinstance(one.answer, LookupError) == (one.kind == "fail")
            if one.kind == "queue":
                queued = tx.get_one(QueueMessage, one.answer)
                assert bodies.read(tx, queued.blob_id) == one.raw
                to = tx.scalars(select(QueueRecipient.address).where(QueueRecipient.message_id == queued.id))
                assert to.all() == ["x@example.org"]
