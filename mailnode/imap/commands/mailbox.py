"""STATUS, CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 §6.3)."""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import MailboxExists, NoSuchMailbox
from mailnode.imap import object_ids
from mailnode.imap.session import Session
from mailnode.imap.status import figures
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Create, Delete, Rename, Status, Subscribe, Unsubscribe
from mailnode.proto.imap.responses import Reply
from mailnode.store import access, mailboxes, permitted
from mailnode.store.mailboxes import INBOX, SEPARATOR, MailboxRow

_USES = frozenset(use for _, use in mailboxes.DEFAULTS if use is not None)


async def status(session: Session, command: Status) -> Reply:
    """From the mailbox's counters; nothing is counted (RFC 9051 §6.3.11)."""

    def read(tx: Transaction) -> tuple[MailboxRow, list[tuple[str, int]]]:
        seen = access.find(tx, session.who, command.mailbox, "r")
        limit = session.context.settings.message_size_limit
        return seen.row, figures(tx, seen.owner_id, seen.row, command.items, limit)

    row, found = await session.context.offload.read(read)
    if not row.selectable:
        raise NoSuchMailbox
    # Asking for HIGHESTMODSEQ is enough to switch mod-sequences on: RFC 7162 §3.1.
    lines = session.want_modseqs() if "HIGHESTMODSEQ" in command.items.names else []
    return responses.ok(command, "Done", [*lines, responses.status(row.name, found, utf8=session.utf8)])


async def create(session: Session, command: Create) -> Reply:
    """A separator at the end only announces children (RFC 9051 §6.3.4)."""
    user_id = session.user_id
    name = command.mailbox.removesuffix(SEPARATOR)
    if len(command.special_uses) > 1:
        return responses.no(command, "A mailbox has one special use at most", code="USEATTR")  # RFC 6154 §3
    use = command.special_uses[0] if command.special_uses else None
    if use is not None and use not in _USES:  # §2: \\All and \\Flagged would have to show what other mailboxes hold
        return responses.no(command, f"No mailbox can be made for {use}", code="USEATTR")

    def write(tx: Transaction) -> MailboxRow | None:
        if use and any(row.special_use == use for row in mailboxes.tree(tx, user_id)):
            return None
        return permitted.create(tx, session.who, name, use, subscribed=False).row

    made = await session.write(write)
    if made is None:
        return responses.no(command, f"Another mailbox is used for {use}", code="USEATTR")
    code = f"MAILBOXID ({object_ids.mailbox(made.id)})"
    return responses.ok(command, "Created", session.renamed(name, made.name), code)


async def delete(session: Session, command: Delete) -> Reply:
    """A large mailbox is emptied first, in steps that nobody else waits for."""
    while await session.write(lambda tx: permitted.lessen(tx, session.who, command.mailbox)):
        pass
    await session.write(lambda tx: permitted.remove(tx, session.who, command.mailbox))
    return responses.ok(command, "Deleted")


async def rename(session: Session, command: Rename) -> Reply:
    """INBOX gives its messages away and stays (RFC 9051 §6.3.6)."""
    target = command.target.removesuffix(SEPARATOR)
    if target == INBOX:
        raise MailboxExists
    await session.write(lambda tx: permitted.rename(tx, session.who, command.mailbox, target))
    return responses.ok(command, "Renamed", session.renamed(target, access.normal(target)))


async def subscribe(session: Session, command: Subscribe) -> Reply:
    await session.write(lambda tx: permitted.subscribe(tx, session.who, command.mailbox))
    return responses.ok(command, "Subscribed")


async def unsubscribe(session: Session, command: Unsubscribe) -> Reply:
    name = access.normal(command.mailbox)
    await session.write(lambda tx: mailboxes.subscribe(tx, session.user_id, name, on=False))
    return responses.ok(command, "Unsubscribed")
