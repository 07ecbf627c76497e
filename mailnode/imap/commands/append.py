"""APPEND: messages into a mailbox, as they are (RFC 9051 §6.3.12, RFC 3502, RFC 4315)."""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import MessageTooLarge, NoSuchMailbox, NoSuchMessage, UnknownEncoding
from mailnode.imap import updates
from mailnode.imap.refusals import code_of
from mailnode.imap.session import Session
from mailnode.message.binary import without_nul
from mailnode.octets import LARGE
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Append, AppendMessage, Replace
from mailnode.proto.imap.responses import Reply
from mailnode.store import access, changes, messages, permitted
from mailnode.store import flags as stored
from mailnode.store.messages import Appended, Incoming
from mailnode.store.rights import Access

SCAN_HERE = 16 * 1024  # octets that are parsed faster than a thread is woken


async def append(session: Session, command: Append) -> Reply:
    """OK means stored for good. Of several messages all are kept or none (RFC 3502 §6.3.11)."""
    limit = session.context.settings.message_size_limit
    if any(len(message.data) > limit for message in command.messages):
        raise MessageTooLarge
    if not all(message.data for message in command.messages):
        return responses.no(command, "A message is not empty")  # "{0}" is how clients take an APPEND back
    scanned = [(message, await _scan(session, message)) for message in command.messages]

    def write(tx: Transaction) -> list[Appended]:
        there = access.find(tx, session.who, command.mailbox).access
        return [_store(tx, there, message, found) for message, found in scanned]

    offload = session.context.offload
    try:
        done = await session.write(write, prepare=messages.staged(offload.engine, *(found for _, found in scanned)))
    except NoSuchMailbox as error:
        return responses.no(command, error.public, code=code_of(error, try_create=True))
    if session.selected is not None:
        session.stale = True
    code = responses.append_uid(done[0].uid_validity, [message.uid for message in done])
    return responses.ok(command, "Appended", code=code)


async def replace(session: Session, command: Replace) -> Reply:
    """The new message is there and the old one is gone, or neither (RFC 8508 §3)."""
    here, message = session.here, command.message
    if here.read_only:
        return responses.no(command, "This mailbox is open read-only")
    if len(message.data) > session.context.settings.message_size_limit:
        raise MessageTooLarge
    old = here.pick(command.number, by_uid=command.by_uid)
    scanned = await _scan(session, message)

    def write(tx: Transaction) -> tuple[list[int], int, Appended]:
        there = access.find(tx, session.who, command.mailbox).access
        gone = permitted.expunge(tx, access.again(tx, session.who, here.access), old, only_deleted=False)
        if not gone:
            raise NoSuchMessage
        return gone, changes.latest(tx, here.owner_id), _store(tx, there, message, scanned)

    offload = session.context.offload
    try:
        gone, modseq, done = await session.write(write, prepare=messages.staged(offload.engine, scanned))
    except NoSuchMailbox as error:
        return responses.no(command, error.public, code=code_of(error, try_create=True))
    here.own(modseq)
    session.stale = True
    untagged = [responses.untagged_ok("Replaced", responses.append_uid(done.uid_validity, [done.uid]))]
    untagged += updates.take_out(session, gone)
    return responses.ok(command, "Done", untagged)


async def _scan(session: Session, message: AppendMessage) -> Incoming:
    """Raises UnknownEncoding when NUL stands where it cannot be encoded (RFC 3516 §4.4), and StoreFull."""
    offload = session.context.offload

    def scan() -> Incoming:
        data = without_nul(message.data) if message.binary else message.data
        if data is None:
            raise UnknownEncoding
        return messages.taken_in(offload.engine, data)

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
