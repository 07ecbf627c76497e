"""Group commit: one transaction for all that wait, and nobody loses by what another step does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from mailnode.database import pending
from mailnode.directory.models import Domain
from mailnode.errors import NoSuchMailbox
from mailnode.offload import Offload
from tests.support.store import Store


@pytest.fixture
def offload(store: Store) -> Iterator[Offload]:
    made = Offload(store.engine)
    yield made
    made.close()


def add(name: str):  # type: ignore[no-untyped-def]
    def step(tx: Session) -> str:
        tx.add(Domain(name=name))
        return name

    return step


def count(store: Store) -> int:
    with store.read() as tx:
        return tx.scalar(select(func.count()).select_from(Domain)) or 0


def test_a_step_is_committed_before_it_is_answered(offload: Offload, store: Store) -> None:
    assert asyncio.run(offload.write(add("a.example"))) == "a.example"
    assert count(store) == 1


def test_steps_that_wait_share_a_commit(offload: Offload, store: Store) -> None:
    commits = []
    event.listen(store.engine, "commit", commits.append)

    async def many() -> None:
        await asyncio.gather(*(offload.write(add(f"d{n}.example")) for n in range(100)))

    asyncio.run(many())
    assert count(store) == 100
    assert len(commits) < 50


def test_a_step_that_fails_takes_no_other_along(offload: Offload, store: Store) -> None:
    def fails(tx: Session) -> None:
        tx.add(Domain(name="lost.example"))
        tx.flush()
        raise NoSuchMailbox

    async def three() -> list[object]:
        steps = (offload.write(add("a.example")), offload.write(fails), offload.write(add("b.example")))
        return await asyncio.gather(*steps, return_exceptions=True)

    first, error, last = asyncio.run(three())
    assert (first, last) == ("a.example", "b.example")
    assert isinstance(error, NoSuchMailbox)
    assert count(store) == 2


def test_a_broken_constraint_is_the_steps_own_error(offload: Offload, store: Store) -> None:
    async def twice() -> list[object]:
        steps = (offload.write(add("same.example")), offload.write(add("same.example")))
        return await asyncio.gather(*steps, return_exceptions=True)

    done = asyncio.run(twice())
    assert [isinstance(one, Exception) for one in done].count(True) == 1
    assert count(store) == 1


def test_a_commit_that_cannot_be_durable_does_not_happen(offload: Offload, store: Store) -> None:
    def full_disk() -> None:
        raise OSError("no space left")

    def step(tx: Session) -> None:
        tx.add(Domain(name="a.example"))
        tx.flush()
        pending(tx).durable("disk", full_disk)

    with pytest.raises(OSError, match="no space"):
        asyncio.run(offload.write(step))
    assert count(store) == 0


def test_listeners_hear_of_changes_after_the_commit_only(offload: Offload, store: Store) -> None:
    heard: list[tuple[set[int], int]] = []
    offload.on_commit(lambda users: heard.append((users, count(store))))

    def step(tx: Session) -> None:
        tx.add(Domain(name="a.example"))
        pending(tx).changed.add(7)

    asyncio.run(offload.write(step))
    assert heard == [({7}, 1)]


def test_a_reader_runs_beside_the_writer(offload: Offload) -> None:
    async def both() -> int:
        await offload.write(add("a.example"))
        return await offload.read(lambda tx: tx.scalar(select(func.count()).select_from(Domain)) or 0)

    assert asyncio.run(both()) == 1


def test_write_now_blocks_a_caller_without_a_loop(offload: Offload, store: Store) -> None:
    assert offload.write_now(add("a.example")) == "a.example"
    assert count(store) == 1


def test_what_is_prepared_is_durable_before_the_transaction(offload: Offload) -> None:
    order: list[str] = []

    def hook() -> None:
        order.append("durable")

    def prepare():  # type: ignore[no-untyped-def]
        order.append("prepared")
        return hook

    def step(tx: Session) -> None:
        tx.connection()
        order.append("step")

    async def two() -> None:
        await asyncio.gather(offload.write(step, prepare=prepare), offload.write(step, prepare=prepare))

    asyncio.run(two())
    assert order.index("durable") < order.index("step")
    assert order.count("prepared") == 2


def test_a_step_whose_body_is_not_durable_does_not_run(offload: Offload, store: Store) -> None:
    def full_disk() -> None:
        raise OSError("no space left")

    async def two() -> list[object]:
        lost = offload.write(add("lost.example"), prepare=lambda: full_disk)
        return await asyncio.gather(lost, offload.write(add("kept.example")), return_exceptions=True)

    error, kept = asyncio.run(two())
    assert isinstance(error, OSError)
    assert kept == "kept.example"
    assert count(store) == 1
