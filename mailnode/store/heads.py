"""The header lines that were kept at delivery, of many messages at once.

SQLite joins them itself: a row for each of thousands of messages would cost more than all that is done with it.

Mostly they are a kilobyte, but whoever writes a message may make them `headers.MAX_HEADER` long, and copy it a thousand
times: so nobody reads more than `MOST` octets of them at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailnode.prepared import Prepared
from mailnode.store import messages
from mailnode.store.ranges import Range

MOST = 16 * 1024 * 1024
FEW = 8  # messages whose heads are never too much
SHORT = 16 * 1024  # octets of a head that is joined with others

_of_range = (
    " FROM entry e JOIN message m ON m.id = e.message_id"
    " WHERE e.user_id = :user_id AND e.mailbox_id = :mailbox_id AND e.uid >= :low AND e.uid <= :high"
)
# The order of what is aggregated is that of the inner statement: SQLite leaves that as it is for group_concat().
_short = f"SELECT e.uid, m.head{_of_range} AND length(m.head) <= {SHORT} ORDER BY e.uid"
_joined = Prepared(
    text(f"SELECT count(*), sum(uid), CAST(group_concat(head, x'0a') AS BLOB) FROM ({_short})")  # noqa: S608  our own
)
_together = Prepared(text(f"SELECT sum(length(m.head)){_of_range}"))
_lengths = Prepared(text(f"SELECT e.uid, length(m.head){_of_range} ORDER BY e.uid"))


def joined(tx: Session, user_id: int, mailbox_id: int, ranges: Sequence[Range], uids: Sequence[int]) -> bytes | None:
    """The heads of the messages in the ranges, in order of uid, with an LF behind each; only on SQLite. None when the
    messages are not these ``uids``, as far as their number and their sum tell, or one has a long head."""
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


def rows(
    tx: Session, user_id: int, mailbox_id: int, ranges: Sequence[Range], columns: tuple[str, ...]
) -> tuple[list[tuple[Any, ...]], int | None]:
    """`messages.tuples` with the column of heads, and the uid at which they are enough; None where all are here."""
    at, octets = columns.index("head"), 0
    wanted: list[Range] = []
    for low, high in ranges:
        end = _fitting(tx, user_id, mailbox_id, low, high) if high - low >= FEW else high
        wanted.append((low, end))
        if end < high:
            break
    found: list[tuple[Any, ...]] = []
    for row in messages.tuples(tx, user_id, mailbox_id, wanted, columns):
        found.append(row)
        octets += len(row[at])
        if octets >= MOST:
            return found, row[0]
    return found, None


def _fitting(tx: Session, user_id: int, mailbox_id: int, low: int, high: int) -> int:
    """The last uid of the range whose head may be read together with those before it."""
    conn, keys = tx.connection(), {"user_id": user_id, "mailbox_id": mailbox_id, "low": low, "high": high}
    if (_together.run(conn, keys).fetchone()[0] or 0) <= MOST:
        return high
    octets = 0
    for uid, length in _lengths.run(conn, keys).fetchall():
        octets += length
        if octets >= MOST:
            return int(uid)
    return high
