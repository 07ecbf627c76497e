"""GETMETADATA and SETMETADATA: what clients note down with mailboxes and the server (RFC 5464)."""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.annotated import answer
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.annotating import GetMetadata, SetMetadata
from mailnode.proto.imap.responses import Reply
from mailnode.store import access, notes
from mailnode.store.notes import Holder, Note


async def get_metadata(session: Session, command: GetMetadata) -> Reply:
    def read(tx: Transaction) -> tuple[str, list[Note]]:
        name, holder = _holder(tx, session, command.mailbox, "lr")
        return name, notes.read(tx, holder)

    name, known = await session.context.offload.read(read)
    found = answer(known, command.items)
    lines = [responses.metadata(name, found.values, utf8=session.utf8)] if found.values else []
    code = f"METADATA LONGENTRIES {found.longest}" if found.longest else None
    return responses.ok(command, "Done", lines, code)


async def set_metadata(session: Session, command: SetMetadata) -> Reply:
    """All entries are set or none; others who watch hear of it (RFC 5464 §4.3)."""
    administrator = session.user is not None and session.user.administrator

    def write(tx: Transaction) -> None:
        shared = any(entry.startswith("/shared/") for entry, _ in command.values)
        _, holder = _holder(tx, session, command.mailbox, "lrw" if shared else "lr")
        notes.change(tx, holder, command.values, administrator=administrator)

    await session.write(write)
    return responses.ok(command, "Done")


def _holder(tx: Transaction, session: Session, mailbox: str, rights: str) -> tuple[str, Holder]:
    """The mailbox's name and holder. Raises NoSuchMailbox, and NoRight without these rights (RFC 5464 §3.3)."""
    user_id = session.user_id
    if not mailbox:
        return "", notes.server_for(user_id)
    seen = access.find(tx, session.who, mailbox, rights)
    return seen.row.name, Holder(seen.owner_id, seen.id, user_id)
