"""The whole check, step by step; each step is a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from mailnode.directory.models import User
from mailnode.store.blobs import Blobs, Place
from mailnode.store.check import bodies, counters, files, index, references
from mailnode.store.check.bodies import Lost
from mailnode.store.check.faults import Fault, Kind
from mailnode.store.opening import blobs_in

T = TypeVar("T")
USERS, BODIES = "users", "bodies"
Progress = Callable[[str, int, int], None]  # what, how many are done, of how many


class Hands(Protocol):
    """How a step is carried out."""

    @property
    def engine(self) -> Engine: ...

    def read(self, step: Callable[[Session], T], /) -> T: ...

    def write(self, step: Callable[[Session], T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class _Owner:
    id: int
    address: str


def run(
    hands: Hands, data_dir: Path, *, repair: bool, progress: Progress = lambda what, done, total: None
) -> Iterator[Fault]:
    """Everything that is wrong, as it is found; with ``repair`` mended where that can be."""
    yield from _database(hands)
    owners = hands.read(_owners)
    for done, owner in enumerate(owners, start=1):
        yield from _user(hands, owner, repair=repair)
        progress(USERS, done, len(owners))
    yield from _bodies(hands, repair=repair, progress=progress)
    yield from files.orphans(blobs_in(hands.engine), hands.read, mend=repair)
    yield from files.leftovers(data_dir, mend=repair)


def _database(hands: Hands) -> Iterator[Fault]:
    """SQLite's own look at its file: broken pages cannot be mended here, but must be known."""
    if hands.engine.dialect.name == "sqlite":
        for line in hands.read(lambda tx: tx.execute(text("PRAGMA quick_check(20)")).scalars().all()):
            if line != "ok":
                yield Fault(Kind.DATABASE, str(hands.engine.url.database), line)


def _owners(tx: Session) -> list[_Owner]:
    return [_Owner(*row) for row in tx.execute(select(User.id, User.address).order_by(User.id))]


def _user(hands: Hands, owner: _Owner, *, repair: bool) -> Iterator[Fault]:
    """References first: mending them changes what is counted."""
    run_ = hands.write if repair else hands.read
    while found := run_(lambda tx: references.bare(tx, owner.id, owner.address, mend=repair)):
        yield from found
        if not repair or len(found) < references.MOST:
            break
    yield from _references(hands, owner, repair=repair)
    for mailbox_id, faults in hands.read(lambda tx: counters.mailboxes(tx, owner.id, owner.address)):
        if repair:
            hands.write(lambda tx, mailbox_id=mailbox_id: counters.mend_mailbox(tx, owner.id, mailbox_id))  # type: ignore[misc]
        yield from (replace(one, mended=repair) for one in faults)
    faults = hands.read(lambda tx: counters.user(tx, owner.id, owner.address))
    if faults and repair:
        hands.write(lambda tx: counters.mend_user(tx, owner.id))
    yield from (replace(one, mended=repair) for one in faults)
    faults = hands.read(lambda tx: index.look(tx, owner.id, owner.address, mend=False))
    if faults and repair:
        faults = hands.write(lambda tx: index.look(tx, owner.id, owner.address, mend=True))
    yield from faults


def _references(hands: Hands, owner: _Owner, *, repair: bool) -> Iterator[Fault]:
    """Looked for without a lock; mended with one, a page at a time."""
    after = 0
    while True:
        found = hands.read(
            lambda tx, after=after: references.miscounted(tx, owner.id, owner.address, after=after, mend=False)  # type: ignore[misc]
        )
        if found and repair:
            found = hands.write(
                lambda tx, after=after: references.miscounted(tx, owner.id, owner.address, after=after, mend=True)  # type: ignore[misc]
            )
        yield from (fault for _, fault in found)
        if len(found) < references.MOST:
            return
        after = found[-1][0]


def _bodies(hands: Hands, *, repair: bool, progress: Progress) -> Iterator[Fault]:
    total, done, after = hands.read(bodies.count), 0, 0
    lost: list[Lost] = []
    while (page := hands.read(lambda tx, after=after: bodies.look(tx, after))).bodies:  # type: ignore[misc]
        after, done = page.last, done + page.bodies
        progress(BODIES, min(done, total), total)
        lost += page.lost
        for blob_id in page.texts:
            mend = lambda tx, blob_id=blob_id: bodies.forget_text(tx, blob_id)  # noqa: E731
            yield hands.write(mend) if repair else bodies.text_fault(blob_id)
    if not repair:
        yield from map(bodies.body_fault, lost)
    elif lost:
        yield from _salvaged(hands, lost)


def _salvaged(hands: Hands, lost: list[Lost]) -> Iterator[Fault]:
    """What is somewhere else is named there; what is nowhere is marked."""
    found = _elsewhere(blobs_in(hands.engine), lost)
    for one in lost:
        place = found.get(one.sha256)
        if place is not None:
            yield from hands.write(lambda tx, one=one, place=place: bodies.move(tx, one, place))  # type: ignore[misc]
        else:
            yield from hands.write(lambda tx, one=one: bodies.mark(tx, one))  # type: ignore[misc]


def _elsewhere(blobs: Blobs, lost: list[Lost]) -> dict[bytes, Place]:
    wanted = {one.sha256 for one in lost}
    found: dict[bytes, Place] = {}
    for sha256, place in blobs.find(wanted):
        if sha256 not in found and not bodies.fault_of(blobs, place, sha256):
            found[sha256] = place
    return found
