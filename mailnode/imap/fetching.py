"""The stream of FETCH lines for ranges of the selected mailbox, in steps that neither a slow client nor a large
message can make big."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence, Set
from functools import partial

from mailnode.imap import fetch_rows, flag_lines, large, updates
from mailnode.imap.fetch_rows import STEP_OCTETS, Plan, Rendered, Rows, render, render_whole
from mailnode.imap.selected import Selected
from mailnode.imap.session import Session
from mailnode.proto.imap.commands import FetchItem
from mailnode.store.opening import blobs_in
from mailnode.store.ranges import Range

# Messages in a reading step, by how much is read of each. The first steps are small, so that the client has something
# to do while the next ones are made; each is twice as large as the one before.
STEP_FLAGS = (1_000, 8_000)
STEP_NARROW = (1_000, 2_000)
STEP_WIDE = (250, 2_000)
STEP_BODIES = (25, 800)
AHEAD = 2  # groups of whole messages that are unpacked at the same time


def plan(session: Session, items: Sequence[FetchItem]) -> Plan:
    """How this session is told the items of messages in the selected mailbox."""
    return fetch_rows.plan(items, session.here.recents, uid_only=session.uid_only)


async def stream(session: Session, ranges: Sequence[Range], plan: Plan) -> None:
    """Write a line for every message of the ranges that the client knows and that still exists.

    Raises ConnectionResetError when the client has gone, StoreDamaged when a body cannot be read.
    """
    if not plan.sections:
        await _send(session, _render_all(session, ranges, plan))
        return
    async with session.shared.streams.take(session.user_id):  # clients that do not read hold large messages up
        await _send(session, _render_all(session, ranges, plan))


async def fetch_arrived(session: Session) -> None:
    """What the client wants to know of every message that comes into the selected mailbox (RFC 5465 §5.2)."""
    here, watch = session.here, session.watch
    fresh, watch.fresh = watch.fresh, []
    uids = [uid for uid in fresh if here.number(uid)]
    await stream(session, here.ranges_of(uids), plan(session, watch.items))


async def _send(session: Session, steps: AsyncGenerator[bytes, None]) -> None:
    """Write the steps; the next one is made while this one is sent, unless they are large."""
    ahead = asyncio.ensure_future(anext(steps, None))
    try:
        while (data := await ahead) is not None:
            large = len(data) > 2 * STEP_OCTETS
            if not large:
                ahead = asyncio.ensure_future(anext(steps, None))
            session.wire.write(data)
            del data
            await session.wire.written()
            if large:
                ahead = asyncio.ensure_future(anext(steps, None))
    finally:
        ahead.cancel()


async def _render_all(session: Session, ranges: Sequence[Range], plan: Plan) -> AsyncGenerator[bytes, None]:
    here, offload = session.here, session.context.offload
    for stretches in _steps(here, ranges, *_sizes(plan)):
        if plan.is_of_flags and (run := _without_gaps(here, stretches)):
            number, uids = run
            lines = await offload.look(partial(flag_lines.render, here=here, number=number, uids=uids, plan=plan))
            if lines is not None:
                yield _told(here, lines)
                continue
        wanted = [(here.uids[start], here.uids[end - 1]) for start, end in stretches]
        numbers: dict[int, int] = {}
        for start, end in stretches:
            numbers.update(zip(here.uids[start:end], range(start + 1, end + 1), strict=True))
        if plan.whole is not None and not plan.has_heads:
            async for data in _render_whole(session, wanted, numbers, plan):
                yield data
            continue
        while wanted:
            step = partial(
                render,
                bodies=session.shared.bodies,
                user_id=here.owner_id,
                mailbox_id=here.mailbox_id,
                ranges=wanted,
                numbers=numbers,
                plan=plan,
            )
            # A narrow step takes a millisecond, which is what the way to a reader thread and back would cost.
            shortly = plan.is_narrow and len(numbers) <= STEP_NARROW[1]
            done = await (offload.look(step) if shortly else offload.read(step))
            yield _told(here, done)
            async for piece in large.read(offload, done.large):
                yield piece
            wanted = _behind(wanted, done.stopped_at)


async def _render_whole(
    session: Session, wanted: Sequence[Range], numbers: dict[int, int], plan: Plan
) -> AsyncGenerator[bytes, None]:
    """Whole messages: while some are unpacked the next ones are as well, for that needs neither the interpreter nor
    the database."""
    here, offload = session.here, session.context.offload
    blobs = blobs_in(offload.engine)
    groups = await offload.read(
        partial(
            fetch_rows.rows_of_steps,
            user_id=here.owner_id,
            mailbox_id=here.mailbox_id,
            ranges=wanted,
            numbers=numbers,
            plan=plan,
        )
    )

    def begin(rows: Rows) -> asyncio.Task[Rendered]:
        return asyncio.ensure_future(
            offload.compute(partial(render_whole, blobs, session.shared.bodies, here.owner_id, rows, numbers, plan))
        )

    ahead = deque(map(begin, groups[:AHEAD]))
    try:
        for number, group in enumerate(groups):
            rows, done = group, await ahead.popleft()
            ahead += map(begin, groups[number + AHEAD : number + AHEAD + 1])
            while True:
                yield _told(here, done)
                async for piece in large.read(offload, done.large):
                    yield piece
                rows = [row for row in rows if done.stopped_at is not None and row[0] > done.stopped_at]
                if not rows:
                    break
                done = await begin(rows)
    finally:
        for task in ahead:
            task.cancel()


def _sizes(plan: Plan) -> tuple[int, int]:
    if plan.sections:
        return STEP_BODIES
    if plan.is_of_flags:
        return STEP_FLAGS
    return STEP_NARROW if plan.is_narrow else STEP_WIDE


def _without_gaps(here: Selected, stretches: Sequence[tuple[int, int]]) -> tuple[int, range] | None:
    """The only stretch, by its first number and its uids, when these have no gaps."""
    if len(stretches) != 1:
        return None
    start, end = stretches[0]
    first, last = here.uids[start], here.uids[end - 1]
    return (start + 1, range(first, last + 1)) if last - first == end - start - 1 else None


def _told(here: Selected, done: Rendered) -> bytes:
    """RFC 9051 §7.3.5: no flag before the FLAGS line that it is in."""
    fresh = updates.tell_keywords(here, _single(done.words))
    return b"".join([*fresh, done.data]) if fresh else done.data


def _single(words: Set[str]) -> set[str]:
    return {word for several in words for word in several.split()}


def _steps(here: Selected, ranges: Sequence[Range], size: int, most: int) -> Iterator[list[tuple[int, int]]]:
    """Stretches of the view's places (first inside, last outside), so many at a time as hold ``size`` messages, which
    grows up to ``most``."""
    stretches: list[tuple[int, int]] = []
    room = size
    for low, high in ranges:
        start, end = here.uids.left(low), here.uids.right(high)
        while start < end:
            stop = min(end, start + room)
            stretches.append((start, stop))
            room -= stop - start
            start = stop
            if not room:
                yield stretches
                size = min(2 * size, most)
                stretches, room = [], size
    if stretches:
        yield stretches


def _behind(wanted: Sequence[Range], stopped_at: int | None) -> list[Range]:
    """What is left of the ranges behind the uid at which a step stopped; nothing when it did not."""
    if stopped_at is None:
        return []
    return [(max(low, stopped_at + 1), high) for low, high in wanted if high > stopped_at]
