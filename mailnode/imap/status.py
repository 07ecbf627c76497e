"""The figures of STATUS, for the command itself and for LIST (RFC 9051 §6.3.11, RFC 5819)."""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.proto.imap.commands import StatusItems
from mailnode.store import quota
from mailnode.store.mailboxes import MailboxRow


def figures(
    tx: Transaction, owner_id: int, row: MailboxRow, items: StatusItems, append_limit: int
) -> list[tuple[str, int]]:
    """The wanted figures in the order asked for. Only DELETED (RFC 9051 §6.3.11) and DELETED-STORAGE (RFC 9208 §4.1.4)
    are not kept counters."""
    kept = {
        "MESSAGES": row.messages,
        "RECENT": max(0, min(row.uid_next - row.first_recent, row.messages)),
        "UIDNEXT": row.uid_next,
        "UIDVALIDITY": row.uid_validity,
        "UNSEEN": row.unseen,
        "SIZE": row.size,
        "HIGHESTMODSEQ": row.highest_modseq,
        "APPENDLIMIT": append_limit,
        "MAILBOXID": row.id,
    }
    if not {"DELETED", "DELETED-STORAGE"}.isdisjoint(items.names):
        kept["DELETED"], kept["DELETED-STORAGE"] = quota.reclaimable(tx, owner_id, row.id)
    return [(name, kept[name]) for name in items.names]
