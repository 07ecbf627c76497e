"""EXPUNGE and UID EXPUNGE (RFC 9051 §6.4.3, RFC 4315 §2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session as Transaction

from mailnode.imap import updates
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Expunge
from mailnode.proto.imap.responses import Reply
from mailnode.store import access, changes, permitted, ranges, snapshot, steps
from mailnode.store.flags import DELETED
from mailnode.store.ranges import Range


async def expunge(session: Session, command: Expunge) -> Reply:
    """Remove what is flagged \\Deleted: all of it, or those of the given uids."""
    here = session.here
    if here.read_only:
        return responses.no(command, "This mailbox is open read-only")
    wanted = ranges.EVERYTHING if command.uids is None else here.pick(command.uids, by_uid=True)

    def write(tx: Transaction, piece: list[Range]) -> tuple[list[int], int]:
        gone = permitted.expunge(tx, access.again(tx, session.who, here.access), piece)
        return gone, changes.latest(tx, here.owner_id)

    # What is done when a later piece fails is told by the journal, as if somebody else had done it.
    done = [await session.write(partial(write, piece=piece)) for piece in await _pieces(session, wanted)]
    gone = [uid for uids, _ in done for uid in uids]
    latest = done[-1][1] if done else 0
    for uids, modseq in done:
        here.own(modseq if uids else 0)
    session.stale = session.stale or latest > here.seen_modseq  # what others had removed before is told now
    lines = updates.take_out(session, gone)
    code = f"HIGHESTMODSEQ {here.modseq}" if session.condstore and gone else None  # RFC 7162 §3.1.2.1
    return responses.ok(command, "Expunged", [b"".join(lines)], code)


async def _pieces(session: Session, wanted: Sequence[Range]) -> list[list[Range]]:
    """In a large mailbox what is flagged, so many messages in each transaction."""
    here = session.here
    if here.count(wanted) <= steps.STEP:
        return [[*wanted]]
    flagged = await session.context.offload.read(
        lambda tx: snapshot.with_flag(tx, here.owner_id, here.mailbox_id, DELETED)
    )
    return steps.of(flagged, wanted)
