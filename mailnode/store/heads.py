"""The header lines that were kept at delivery, of many messages at once.

SQLite joins them itself: a row for each of thousands of messages would cost more than all that is done with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailnode.prepared import Prepared
from mailnode.store.ranges import Range

# The order of what is aggregated is that of the inner statement: SQLite leaves that as it is for group_concat().
_joined = Prepared(
    text(
        "SELECT count(*), sum(uid), CAST(group_concat(head, x'0a') AS BLOB) FROM ("
        "SELECT e.uid, m.head FROM entry e JOIN message m ON m.id = e.message_id"
        " WHERE e.user_id = :user_id AND e.mailbox_id = :mailbox_id AND e.uid >= :low AND e.uid <= :high"
        " ORDER BY e.uid)"
    )
)


def joined(tx: Session, user_id: int, mailbox_id: int, ranges: Sequence[Range], uids: Sequence[int]) -> bytes | None:
    """The heads of the messages in the ranges, in order of uid, with an LF behind each; only on SQLite. None when the
    messages are not these ``uids``, as far as their number and their sum tell."""
    conn = tx.connection()
    count = total = 0
    found: list[bytes] = []
    for low, high in ranges:
        keys = {"user_id": user_id, "mailbox_id": mailbox_id, "low": low, "high": high}
        number, of_uids, heads = _joined.run(conn, keys).fetchone()
        if number:
            count, total = count + number, total + of_uids
            found += (heads or b"", b"\n")
    return b"".join(found) if (count, total) == (len(uids), sum(uids)) else None
