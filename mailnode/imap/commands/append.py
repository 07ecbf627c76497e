"""APPEND: messages into a mailbox, as they are (RFC 9051 §6.3.12, RFC 3502, RFC 4315)."""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import MessageTooLarge, NoSuchMailbox
from mailnode.imap.refusals import code_of
from mailnode.imap.session import Session
from mailnode.message.binary import without_nul
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Append, AppendMessage
from mailnode.proto.imap.responses import Reply
from mailnode.store import flags as stored
from mailnode.store import mailboxes, messages
from mailnode.store.messages import Appended, Incoming

SCAN_HERE = 16 * 1024  # octets that are parsed faster than a thread is woken


async def append(session: Session, command: Append) -> Reply:
    """OK means stored for good. Of several messages all are kept or none (RFC 3502 §6.3.11)."""
    limit = session.context.settings.message_size_limit
    if any(len(message.data) > limit for message in command.messages):
        raise MessageTooLarge
    if not all(message.data for message in command.messages):
        return responses.no(command, "A message is not empty")  # "{0}" is how clients take an APPEND back
    scanned: list[tuple[AppendMessage, Incoming]] = []
    for message in command.messages:
        data = without_nul(message.data) if message.binary else message.data
        if data is None:
            return responses.no(command, "NUL stands outside of binary parts", code="UNKNOWN-CTE")
        scanned.append((message, await _scan(session, data)))
    name = mailboxes.normal(command.mailbox)

    def write(tx: Transaction) -> list[Appended]:
        return [_store(tx, session.user_id, name, message, found) for message, found in scanned]

    offload = session.context.offload
    try:
        done = await offload.write(write, prepare=messages.staged(offload.engine, *(found for _, found in scanned)))
    except NoSuchMailbox as error:
        return responses.no(command, error.public, code=code_of(error, try_create=True))
    if session.selected is not None:
        session.stale = True
    code = responses.append_uid(done[0].uid_validity, [message.uid for message in done])
    return responses.ok(command, "Appended", code=code)


async def _scan(session: Session, data: bytes) -> Incoming:
    if len(data) <= SCAN_HERE:
        return messages.incoming(data)
    return await session.context.offload.compute(lambda: messages.incoming(data))


def _store(tx: Transaction, user_id: int, mailbox: str, message: AppendMessage, scanned: Incoming) -> Appended:
    moment = message.internal_date
    return messages.append(
        tx,
        user_id,
        mailbox,
        scanned,
        flags=stored.flags(*message.flags),
        internal_date=int(moment.timestamp()) if moment is not None else None,
    )
