"""GETQUOTA and GETQUOTAROOT: one root for everything that a user keeps (RFC 9208)."""

from __future__ import annotations

from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import GetQuota, GetQuotaRoot
from mailnode.proto.imap.responses import Reply
from mailnode.store import access
from mailnode.store import quota as counters
from mailnode.store.quota import Usage

ROOT = ""


async def get_quota(session: Session, command: GetQuota) -> Reply:
    if command.root != ROOT:
        return responses.no(command, "There is no such quota root", code="NONEXISTENT")
    usage = await session.context.offload.read(lambda tx: counters.usage(tx, session.user_id))
    return responses.ok(command, "Done", [_line(usage)])


async def get_quota_root(session: Session, command: GetQuotaRoot) -> Reply:
    """What others' mailboxes count for is their owners' own affair: for them no root is named (RFC 9208 §4.3)."""
    seen, usage = await session.context.offload.read(
        lambda tx: (access.find(tx, session.who, command.mailbox, "r"), counters.usage(tx, session.user_id))
    )
    if seen.owner_id != session.user_id:
        return responses.ok(command, "Done", [responses.quota_root(seen.row.name, utf8=session.utf8)])
    return responses.ok(command, "Done", [responses.quota_root(seen.row.name, ROOT, utf8=session.utf8), _line(usage)])


def _line(usage: Usage) -> bytes:
    """A resource without limit is not listed (RFC 9208 §5)."""
    resources = []
    if usage.size_limit:
        resources.append(("STORAGE", -(-usage.size // 1024), usage.size_limit // 1024))
    if usage.message_limit:
        resources.append(("MESSAGE", usage.messages, usage.message_limit))
    return responses.quota(ROOT, resources)
