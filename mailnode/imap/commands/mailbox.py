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
from mailnode.store import entries, mailboxes
from mailnode.store.mailboxes import INBOX, SEPARATOR, MailboxRow


async def status(session: Session, command: Status) -> Reply:
    """From the mailbox's counters; nothing is counted (RFC 9051 §6.3.11)."""
    user_id = session.user_id

    def read(tx: Transaction) -> tuple[MailboxRow, list[tuple[str, int]]]:
        row = mailboxes.by_name(tx, user_id, command.mailbox)
        return row, figures(tx, user_id, row, command.items, session.context.settings.message_size_limit)

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

    def write(tx: Transaction) -> MailboxRow | None:
        if use and any(row.special_use == use for row in mailboxes.tree(tx, user_id)):
            return None
        return mailboxes.create(tx, user_id, name, use, subscribed=False)

    made = await session.write(write)
    if made is None:
        return responses.no(command, f"Another mailbox is used for {use}", code="USEATTR")
    code = f"MAILBOXID ({object_ids.mailbox(made.id)})"
    return responses.ok(command, "Created", session.renamed(name, made.name), code)


async def delete(session: Session, command: Delete) -> Reply:
    await session.write(lambda tx: entries.remove_mailbox(tx, session.user_id, command.mailbox))
    return responses.ok(command, "Deleted")


async def rename(session: Session, command: Rename) -> Reply:
    """INBOX gives its messages away and stays (RFC 9051 §6.3.6)."""
    user_id, target = session.user_id, command.target.removesuffix(SEPARATOR)
    if target == INBOX:
        raise MailboxExists
    if command.mailbox == INBOX:
        await session.write(lambda tx: entries.rename_inbox(tx, user_id, target))
    else:
        await session.write(lambda tx: mailboxes.rename(tx, user_id, command.mailbox, target))
    return responses.ok(command, "Renamed", session.renamed(target, mailboxes.normal(target)))


async def subscribe(session: Session, command: Subscribe) -> Reply:
    """Only to what is there, so that a typing mistake does not stay for ever in the client's list."""
    user_id = session.user_id

    def write(tx: Transaction) -> None:
        mailboxes.by_name(tx, user_id, command.mailbox)
        mailboxes.subscribe(tx, user_id, command.mailbox)

    await session.write(write)
    return responses.ok(command, "Subscribed")


async def unsubscribe(session: Session, command: Unsubscribe) -> Reply:
    await session.write(lambda tx: mailboxes.subscribe(tx, session.user_id, command.mailbox, on=False))
    return responses.ok(command, "Unsubscribed")
