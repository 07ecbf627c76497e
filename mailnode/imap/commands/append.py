"""APPEND and REPLACE: messages into a mailbox, as they are (RFC 9051 §6.3.12, RFC 3502, RFC 4315, RFC 8508)."""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import MessageTooLarge, NoSuchMailbox, NoSuchMessage, UnknownEncoding
from mailnode.imap import updates
from mailnode.imap.catenate import put_together
from mailnode.imap.refusals import code_of
from mailnode.imap.session import Session
from mailnode.message.binary import without_nul
from mailnode.octets import LARGE
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Append, AppendMessage, Replace
from mailnode.proto.imap.responses import Reply
from mailnode.room import Share
from mailnode.store import access, changes, permitted
from mailnode.store import flags as stored
from mailnode.store.incoming import Incoming, staged, taken_in
from mailnode.store.messages import Appended
from mailnode.store.rights import Access

SCAN_HERE = 16 * 1024  # octets that are parsed faster than a thread is woken


async def append(session: Session, command: Append) -> Reply:
    """OK means stored for good. Of several messages all are kept or none (RFC 3502 §6.3.11)."""
    share = session.context.room.share(session.peer)
    try:
        return await _append(session, command, share)
    except NoSuchMailbox as error:
        return responses.no(command, error.public, code=code_of(error, try_create=True))
    finally:
        share.give_back()


async def _append(session: Session, command: Append, share: Share) -> Reply:
    told = [await put_together(session, command.mailbox, message, share) for message in command.messages]
    if not all(message.data for message in told):
        return responses.no(command, "A message is not empty")  # "{0}" is how clients take an APPEND back
    scanned = [(message, await _scan(session, message)) for message in told]

    def write(tx: Transaction) -> list[Appended]:
        there = access.find(tx, session.who, command.mailbox).access
        return [_store(tx, there, message, found) for message, found in scanned]

    offload = session.context.offload
    done = await session.write(write, prepare=staged(offload.engine, *(found for _, found in scanned)))
    if session.selected is not None:
        session.stale = True
    code = responses.append_uid(done[0].uid_validity, [message.uid for message in done])
    return responses.ok(command, "Appended", code=code)


async def replace(session: Session, command: Replace) -> Reply:
    """The new message is there and the old one is gone, or neither (RFC 8508 §3)."""
    if session.here.read_only:
        return responses.no(command, "This mailbox is open read-only")
    share = session.context.room.share(session.peer)
    try:
        return await _replace(session, command, share)
    except NoSuchMailbox as error:
        return responses.no(command, error.public, code=code_of(error, try_create=True))
    finally:
        share.give_back()


async def _replace(session: Session, command: Replace, share: Share) -> Reply:
    here = session.here
    old = here.pick(command.number, by_uid=command.by_uid)
    message = await put_together(session, command.mailbox, command.message, share)
    scanned = await _scan(session, message)

    def write(tx: Transaction) -> tuple[list[int], int, Appended]:
        there = access.find(tx, session.who, command.mailbox).access
        source = access.again(tx, session.who, here.access)
        own = source.owner_id == session.user_id  # of whose drafts the old versions go; nobody makes others' mail go
        gone = permitted.expunge(tx, source, old, only_deleted=False, superseded=own)
        if not gone:
            raise NoSuchMessage
        return gone, changes.latest(tx, here.owner_id), _store(tx, there, message, scanned)

    offload = session.context.offload
    gone, modseq, done = await session.write(write, prepare=staged(offload.engine, scanned))
    here.own(modseq)
    session.stale = True
    untagged = [responses.untagged_ok("Replaced", responses.append_uid(done.uid_validity, [done.uid]))]
    untagged += updates.take_out(session, gone)
    return responses.ok(command, "Done", untagged)


async def _scan(session: Session, message: AppendMessage) -> Incoming:
    """Raises MessageTooLarge, StoreFull, and UnknownEncoding when NUL stands where it cannot be encoded (RFC 3516
    §4.4)."""
    if len(message.data) > session.context.settings.message_size_limit:
        raise MessageTooLarge
    offload = session.context.offload

    def scan() -> Incoming:
        data = without_nul(message.data) if message.binary else message.data
        if data is None:
            raise UnknownEncoding
        return taken_in(offload.engine, data)

    if len(message.data) <= SCAN_HERE:
        return scan()
    return await (offload.labour(scan) if len(message.data) > LARGE else offload.compute(scan))


def _store(tx: Transaction, there: Access, message: AppendMessage, scanned: Incoming) -> Appended:
    moment = message.internal_date
    return permitted.append(
        tx,
        there,
        scanned,
        flags=stored.flags(*message.flags),
        internal_date=int(moment.timestamp()) if moment is not None else None,
    )
