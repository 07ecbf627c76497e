"""EXPUNGE and UID EXPUNGE (RFC 9051 §6.4.3, RFC 4315 §2.1)."""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.imap import updates
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Expunge
from mailnode.proto.imap.responses import Reply
from mailnode.store import access, changes, permitted, ranges


async def expunge(session: Session, command: Expunge) -> Reply:
    """Remove what is flagged \\Deleted: all of it, or those of the given uids."""
    here = session.here
    if here.read_only:
        return responses.no(command, "This mailbox is open read-only")
    wanted = ranges.EVERYTHING if command.uids is None else here.pick(command.uids, by_uid=True)

    def write(tx: Transaction) -> tuple[list[int], int]:
        gone = permitted.expunge(tx, access.again(tx, session.who, here.access), wanted)
        return gone, changes.latest(tx, here.owner_id)

    gone, latest = await session.write(write)
    if gone:
        here.own(latest)
    session.stale = session.stale or latest > here.seen_modseq  # what others had removed before is told now
    lines = updates.take_out(session, gone)
    code = f"HIGHESTMODSEQ {here.modseq}" if session.condstore and gone else None  # RFC 7162 §3.1.2.1
    return responses.ok(command, "Expunged", [b"".join(lines)], code)
