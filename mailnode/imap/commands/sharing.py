"""SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS: who may do what with a mailbox (RFC 4314 §3)."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import NoSuchMailbox
from mailnode.imap.session import Session
from mailnode.proto.imap import responses, sharing
from mailnode.proto.imap.responses import Reply
from mailnode.proto.imap.sharing import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from mailnode.store import access, permitted, rights

ANY = "lrikxa"  # RFC 4314 §4: one of these lets a user ask for the own rights


async def set_acl(session: Session, command: SetAcl) -> Reply:
    def write(tx: Transaction) -> None:
        there = access.find(tx, session.who, command.mailbox, "a").access
        permitted.share(tx, there, command.identifier, command.rights, mode=command.mode)

    await session.context.offload.write(write)
    return responses.ok(command, "Done")


async def delete_acl(session: Session, command: DeleteAcl) -> Reply:
    def write(tx: Transaction) -> None:
        permitted.unshare(tx, access.find(tx, session.who, command.mailbox, "a").access, command.identifier)

    await session.context.offload.write(write)
    return responses.ok(command, "Done")


async def get_acl(session: Session, command: GetAcl) -> Reply:
    def line(tx: Transaction) -> bytes:
        seen = access.find(tx, session.who, command.mailbox, "a")
        listed = [(one.identifier, sharing.told(one.rights)) for one in permitted.listed(tx, seen.access)]
        return responses.acl(seen.row.name, listed, utf8=session.utf8)

    return await _told(session, command, line)


async def list_rights(session: Session, command: ListRights) -> Reply:
    """The identifier comes back as it was written (RFC 4314 §3.4)."""

    def line(tx: Transaction) -> bytes:
        seen = access.find(tx, session.who, command.mailbox, "a")
        owner = rights.identifier(tx, command.identifier)
        is_owner = owner.user_id == seen.owner_id and not owner.name.startswith("-")
        always = sharing.told(rights.KEPT) if is_owner else ""
        others = [one for one in sharing.EACH_ALONE if one not in always]
        return responses.list_rights(seen.row.name, command.identifier, always, others, utf8=session.utf8)

    return await _told(session, command, line)


async def my_rights(session: Session, command: MyRights) -> Reply:
    def line(tx: Transaction) -> bytes:
        seen = access.find(tx, session.who, command.mailbox)
        if not seen.access.rights.intersection(ANY):
            raise NoSuchMailbox
        return responses.my_rights(seen.row.name, sharing.told(seen.access.rights), utf8=session.utf8)

    return await _told(session, command, line)


async def _told(
    session: Session, command: GetAcl | ListRights | MyRights, line: Callable[[Transaction], bytes]
) -> Reply:
    return responses.ok(command, "Done", [await session.context.offload.read(line)])
