"""Steps that come while a group is being written: some join it, some wait for the next."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from mailnode.directory.models import Domain
from mailnode.offload import Offload
from tests.support.store import Store


@pytest.fixture
def offload(store: Store) -> Iterator[Offload]:
    made = Offload(store.engine)
    yield made
    made.close()


@dataclass(frozen=True)
class Prepared:
    light: bool
    fails: bool = False
    is_lost: bool = False

    def __call__(self) -> Callable[[], None]:
        if self.fails:
            raise OSError("no space left")
        return self.sync

    def sync(self) -> None:
        if self.is_lost:
            raise OSError("no space left")


def add(name: str) -> Callable[[Session], str]:
    def step(tx: Session) -> str:
        tx.add(Domain(name=name))
        return name

    return step


def with_a_late_one(offload: Offload, prepare: Prepared | None) -> tuple[list[object], int]:
    """What two steps are answered, of which one comes while the other runs; and the number of commits."""
    commits: list[object] = []
    event.listen(offload.engine, "commit", commits.append)
    began, go_on = threading.Event(), threading.Event()

    def first(tx: Session) -> str:
        tx.add(Domain(name="first.example"))
        began.set()
        assert go_on.wait(60)
        return "first"

    async def both() -> list[object]:
        early = asyncio.create_task(offload.write(first))
        await asyncio.to_thread(began.wait, 60)
        late = asyncio.create_task(offload.write(add("late.example"), prepare=prepare))
        await asyncio.sleep(0)
        go_on.set()
        return [*await asyncio.gather(early, late, return_exceptions=True)]

    return asyncio.run(both()), len(commits)


@pytest.mark.parametrize("prepare", [None, Prepared(light=True)])
def test_a_late_step_shares_the_commit(offload: Offload, prepare: Prepared | None) -> None:
    assert with_a_late_one(offload, prepare) == (["first", "late.example"], 1)


def test_a_late_step_with_much_to_prepare_waits(offload: Offload) -> None:
    assert with_a_late_one(offload, Prepared(light=False)) == (["first", "late.example"], 2)


def test_a_late_step_that_cannot_be_prepared_is_answered_so(offload: Offload) -> None:
    answers, commits = with_a_late_one(offload, Prepared(light=True, fails=True))
    assert answers[0] == "first"
    assert isinstance(answers[1], OSError)
    assert commits == 1


def test_a_late_step_whose_body_is_lost_leaves_nothing(offload: Offload, store: Store) -> None:
    answers, commits = with_a_late_one(offload, Prepared(light=True, is_lost=True))
    assert answers[0] == "first"
    assert isinstance(answers[1], OSError)
    assert commits == 1
    with store.read() as tx:
        assert [one.name for one in tx.query(Domain)] == ["first.example"]


def test_what_is_put_off_makes_no_group_too_large(offload: Offload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailnode.group_commit.GROUP", 8)
    steps: list[str] = []
    sizes: list[int] = []
    event.listen(offload.engine, "commit", lambda _: sizes.append(len(steps) - sum(sizes)))
    began, go_on = threading.Event(), threading.Event()

    def first(tx: Session) -> None:
        steps.append("first")
        began.set()
        assert go_on.wait(60)

    async def all_of_them() -> None:
        tasks = [asyncio.create_task(offload.write(first))]
        await asyncio.to_thread(began.wait, 60)
        kinds = [True, *[False] * 6, True, *[False] * 5]
        late = [offload.write(lambda tx: steps.append("late"), prepare=Prepared(light)) for light in kinds]
        tasks += map(asyncio.create_task, late)
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*tasks)

    asyncio.run(all_of_them())
    assert sum(sizes) == 14
    assert max(sizes) <= 8
