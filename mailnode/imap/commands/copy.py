"""COPY and MOVE: from the selected mailbox into another one.

RFC 9051 §6.4.7 and §6.4.8, RFC 6851 (MOVE), RFC 4315 (COPYUID).
"""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import NoSuchMailbox
from mailnode.imap import updates
from mailnode.imap.refusals import code_of
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Copy, Move
from mailnode.proto.imap.responses import Reply
from mailnode.store import access, permitted
from mailnode.store.entries import Transferred


async def copy(session: Session, command: Copy) -> Reply:
    """All or nothing: the store copies in one transaction (RFC 9051 §6.4.7)."""
    try:
        done, target_id = await _transfer(session, command)
    except NoSuchMailbox as error:
        return _no_such_target(command, error)
    if target_id == session.here.mailbox_id:
        session.stale = True  # the copies are news here
    else:
        session.here.skip(done.modseq)
    code = responses.copy_uid(done.uid_validity, done.old, done.new) if done.new else None
    return responses.ok(command, "Copied", code=code)


async def move(session: Session, command: Move) -> Reply:
    """Every message ends up moved or untouched, never in both places (RFC 9051 §6.4.8)."""
    here = session.here
    if here.read_only:
        return responses.no(command, "This mailbox is open read-only")
    try:
        done, target_id = await _transfer(session, command)
    except NoSuchMailbox as error:
        return _no_such_target(command, error)
    if not done.new:  # not an error: RFC 9051 §6.4.9 wants OK for UIDs that match nothing
        return responses.ok(command, "Nothing to move")
    if target_id == here.mailbox_id:
        session.stale = True
    else:
        here.own(done.modseq)
    # COPYUID first, in an untagged OK: once a message is expunged the client can no longer tell which
    # new UID it was given.  RFC 6851 §4.3
    untagged = [responses.untagged_ok("Moved", responses.copy_uid(done.uid_validity, done.old, done.new))]
    untagged += updates.take_out(session, done.old)
    code = f"HIGHESTMODSEQ {here.modseq}" if session.qresync else None  # RFC 7162 §3.2.10.2
    return responses.ok(command, "Moved", untagged, code)


async def _transfer(session: Session, command: Copy | Move) -> tuple[Transferred, int]:
    here = session.here
    ranges = here.pick(command.numbers, by_uid=command.by_uid)
    work = permitted.move if isinstance(command, Move) else permitted.copy

    def write(tx: Transaction) -> tuple[Transferred, int]:
        target = access.find(tx, session.who, command.mailbox)
        source = access.again(tx, session.who, here.access)
        return work(tx, source, ranges, target.access), target.id

    return await session.write(write)


def _no_such_target(command: Copy | Move, error: NoSuchMailbox) -> Reply:
    """TRYCREATE invites the client to CREATE and repeat (RFC 9051 §6.4.7)."""
    return responses.no(command, error.public, code=code_of(error, try_create=True))
