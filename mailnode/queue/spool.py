"""The spool: put messages in, claim what is due, say how it ended.

What holds at every moment, whatever process dies:

- A message is in the queue from the commit of the transaction that accepted it until the commit
  that records the last recipient's end. In between nothing is lost.
- A claimed recipient belongs to one owner until its lease runs out; nobody else is given it. The
  owner renews its leases while it lives (`renew`), so a lease outlasts a slow peer.
- An owner that dies after the peer has said 250 and before `finish` has committed leaves a recipient
  that will be sent to again: the one doubling that SMTP cannot rule out (RFC 1047).
- Delivered and Failed end a recipient even when the lease was lost meanwhile: what is known to have
  ended must not be tried again. Deferred counts only from the present owner.

All of it is synchronous, inside the caller's transaction, and works on batches: one claim or finish
of hundreds of recipients is a handful of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from mailnode.directory.addresses import normal_domain
from mailnode.errors import BadDomainName, NoRecipients
from mailnode.proto.dsn_params import parse_notify, parse_orcpt
from mailnode.queue import busy as enough
from mailnode.queue import timetable
from mailnode.queue.busy import Busy
from mailnode.queue.entering import Entry, enter
from mailnode.queue.envelope import Claim, ClaimedRecipient, Deadline, Ended, Envelope, Recipient
from mailnode.queue.models import HELD, WAITING, QueueMessage, QueueRecipient
from mailnode.queue.outcome import Deferred, Ending, Failed, said
from mailnode.store import bodies
from mailnode.store.blobs import Place
from mailnode.store.incoming import Incoming
from mailnode.store.models import Blob

MAX_TEXT = 1000  # characters kept of a peer's words
CHUNK = 1000  # ids of one statement

_message, _recipient, _blob = QueueMessage.__table__.c, QueueRecipient.__table__.c, Blob.__table__.c


def enqueue(
    tx: Session,
    *,
    sender: str,
    recipients: Sequence[Recipient],
    raw: bytes | Incoming | None = None,
    blob_id: int | None = None,
    size: int = 0,
    user_id: int | None = None,
    send_at: datetime | None = None,
    envid: str | None = None,
    ret: str | None = None,
    smtputf8: bool = False,
    body: str = "7BIT",
    sign: bool = False,
    sealed_by: str = "",
    behind_alias: bool = False,
    requiretls: bool = False,
    deadline: Deadline | None = None,
    held_for: str | None = None,
    now: datetime,
) -> int:
    """Put one message in and give its id. Raises NoRecipients.

    Give ``raw``, or ``blob_id`` and ``size`` of a body that is stored already. ``sign`` says that the
    author is one of ours and was logged in, ``sealed_by`` that this domain forwards a stranger's message,
    ``user_id`` who of ours has sent it, and ``behind_alias`` that the recipients are whom an alias stands for.
    Nothing happens until ``send_at``, nor while ``held_for`` is frozen.
    """
    if not recipients:
        raise NoRecipients
    stored, size = _body(tx, raw) if raw is not None else (blob_id, size)
    if stored is None:
        raise ValueError("neither a message nor the id of its body")
    moment = int(now.timestamp())
    due_at = max(moment, -int(-send_at.timestamp() // 1)) if send_at else moment
    row = {
        "sender": sender,
        "user_id": user_id,
        "size": size,
        "envid": envid,
        "ret": ret,
        "smtputf8": smtputf8,
        "eightbit": body == "8BITMIME",
        "sign": sign,
        "send_at": due_at if send_at else None,
        "created_at": moment,
        **_rare(requiretls, deadline, sealed_by, behind_alias=behind_alias),
    }
    return enter(tx, Entry(stored, row, [_new_row(one, due_at, deadline, held_for) for one in recipients]))


def _body(tx: Session, raw: bytes | Incoming) -> tuple[Incoming | int, int]:
    """The body to enter, and its size."""
    return (raw, len(raw.raw)) if isinstance(raw, Incoming) else (bodies.put(tx, raw).id, len(raw))


def _rare(requiretls: bool, deadline: Deadline | None, sealed_by: str, *, behind_alias: bool) -> dict[str, object]:
    """The columns of what applies to few messages; one that is new is held by nobody."""
    at, mode = (deadline.at, deadline.written) if deadline else (None, None)
    wishes = {"requiretls": requiretls, "deliver_by": at, "deliver_by_mode": mode}
    return {"held": False, "sealed_by": sealed_by or None, "behind_alias": behind_alias, **wishes}


def _last_moment(deadline: Deadline | None, due_at: int) -> int:
    """When the message is given back: after its lifetime, or when the sender's own time is over (RFC 2852 §4)."""
    usual = due_at + timetable.LIFETIME
    return min(usual, deadline.at) if deadline and deadline.mode == "R" else usual


def _new_row(recipient: Recipient, due_at: int, deadline: Deadline | None, held_for: str | None) -> dict[str, object]:
    return {
        "address": recipient.address,
        "destination": destination_of(recipient.address),
        "state": HELD if held_for else WAITING,
        "attempts": 0,
        "next_attempt_at": due_at,
        "expires_at": _last_moment(deadline, due_at),
        "warned": False,
        "orcpt": str(recipient.orcpt) if recipient.orcpt else None,
        "notify": str(recipient.notify) if recipient.notify else None,
        "held_for": held_for,
    }


def destination_of(address: str) -> str:
    """The domain in its one spelling, or the address literal as it stands; "" for a bare local part."""
    domain = address.rpartition("@")[2] if "@" in address else ""
    if not domain or domain.startswith("["):
        return domain
    try:
        return normal_domain(domain)
    except BadDomainName:
        return domain.lower()  # no host will be found for it, and the relay says so


_ANYTHING_DUE = (
    select(_recipient.id).where(_recipient.state == WAITING, _recipient.next_attempt_at <= bindparam("now")).limit(1)
)
_claim_columns = (
    _recipient.id,
    _recipient.message_id,
    _recipient.address,
    _recipient.destination,
    _recipient.attempts,
    _recipient.expires_at,
    _recipient.warned,
    _recipient.notify,
    _recipient.orcpt,
    _recipient.last_status,
    _recipient.last_text,
    _message.sender,
    _message.blob_id,
    _message.size,
    _message.created_at,
    _message.send_at,
    _message.envid,
    _message.ret,
    _message.smtputf8,
    _message.eightbit,
    _message.sign,
    _message.sealed_by,
    _message.behind_alias,
    _message.user_id,
    _message.requiretls,
    _message.deliver_by,
    _message.deliver_by_mode,
    _blob.segment,
    _blob.offset,
    _blob.stored,
)
CLAIMED = (
    select(*_claim_columns)
    .join_from(QueueRecipient, QueueMessage, _message.id == _recipient.message_id)
    .join(Blob, _blob.id == _message.blob_id)
)
_DUE = (
    CLAIMED.where(_recipient.state == WAITING, _recipient.next_attempt_at <= bindparam("now"))
    .order_by(_recipient.next_attempt_at, _recipient.id)
    .limit(bindparam("count"))
    .with_for_update(of=QueueRecipient, skip_locked=True)
)
_LEASE = (
    update(QueueRecipient)
    .where(_recipient.id.in_(bindparam("ids", expanding=True)))
    .values(lease_owner=bindparam("owner"), next_attempt_at=bindparam("until"))
)


def due(tx: Session, now: datetime, busy: Busy = enough.NOTHING) -> bool:
    """True where a claim may find something: one look into an index, or as many as there are recipients that wait for
    what is busy; these are better passed over here, while others may write."""
    return tx.connection().execute(_but(busy, _ANYTHING_DUE), {"now": int(now.timestamp())}).first() is not None


def _but(busy: Busy, found: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return found if busy == enough.NOTHING else found.where(enough.may_go(busy))


def claim(
    tx: Session, owner: str, now: datetime, *, limit: int, lease: int, busy: Busy = enough.NOTHING
) -> list[Claim]:
    """Take up to ``limit`` recipients that are due, for ``lease`` seconds, the longest due first.

    What is in ``busy`` is passed over: the owner has enough of it in hand. On SQLite the
    caller's write lock keeps others away, on PostgreSQL the rows' locks do.
    """
    moment = int(now.timestamp())
    rows = tx.connection().execute(_but(busy, _DUE), {"now": moment, "count": limit}).all()
    if rows:
        lease_row = {"ids": [row.id for row in rows], "owner": owner, "until": moment + lease}
        tx.connection().execute(_LEASE, lease_row)
    return grouped(rows)


def grouped(rows: Iterable[Any]) -> list[Claim]:
    """Rows of `CLAIMED` as one Claim per message and destination, in their order."""
    groups: dict[tuple[int, str], list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault((row.message_id, row.destination), []).append(row)
    return [
        Claim(_envelope(group[0]), destination, tuple(map(_claimed, group)))
        for (_, destination), group in groups.items()
    ]


def _envelope(row: Row[Any]) -> Envelope:
    return Envelope(
        row.message_id,
        row.sender,
        row.blob_id,
        row.size,
        row.send_at or row.created_at,
        row.envid,
        row.ret,
        row.smtputf8,
        row.eightbit,
        row.sign,
        row.requiretls,
        deadline=Deadline.read(row.deliver_by, row.deliver_by_mode),
        user_id=row.user_id,
        sealed_by=row.sealed_by or "",
        behind_alias=row.behind_alias,
        place=Place(row.segment, row.offset, row.stored),
    )


def _claimed(row: Row[Any]) -> ClaimedRecipient:
    return ClaimedRecipient(
        row.id,
        row.message_id,
        row.address,
        row.attempts,
        row.expires_at,
        row.warned,
        parse_notify(row.notify) if row.notify else None,
        parse_orcpt(row.orcpt) if row.orcpt else None,
        row.last_status or "",
        row.last_text or "",
    )


_RENEW = (
    update(QueueRecipient)
    .where(_recipient.lease_owner == bindparam("owner"))
    .where(_recipient.id.in_(bindparam("ids", expanding=True)))
    .values(next_attempt_at=bindparam("until"))
)
_TAKE_OVER = (
    update(QueueRecipient)
    .where(_recipient.lease_owner == bindparam("owner"), _recipient.state == WAITING)
    .where(_recipient.next_attempt_at > bindparam("now"))
    .values(lease_owner=None, next_attempt_at=bindparam("now"))
)
_END = update(QueueRecipient).where(_recipient.id == bindparam("row_id"), _recipient.lease_owner == bindparam("owner"))
_DEFER = _END.values(
    lease_owner=None,
    attempts=bindparam("attempts"),
    next_attempt_at=bindparam("until"),
    last_attempt_at=bindparam("now"),
    last_status=bindparam("status"),
    last_text=bindparam("text"),
)
_PRESENT = select(_recipient.id).where(_recipient.id.in_(bindparam("ids", expanding=True))).with_for_update()
_REMOVE = delete(QueueRecipient).where(_recipient.id.in_(bindparam("ids", expanding=True)))
_EMPTY = ~select(_recipient.id).where(_recipient.message_id == _message.id).exists()
_REMOVE_EMPTY = delete(QueueMessage).where(_message.id.in_(bindparam("ids", expanding=True)), _EMPTY)
_SWEEP = delete(QueueMessage).where(_EMPTY)
_SEND_AT = select(func.coalesce(_message.send_at, 0)).where(_message.id == _recipient.message_id).scalar_subquery()
_CALL_BACK = (
    update(QueueRecipient)
    .where(_recipient.state == WAITING, _recipient.next_attempt_at > bindparam("latest"))
    .where(_recipient.next_attempt_at > _SEND_AT)
    .values(next_attempt_at=bindparam("until"))
)
_HOLD = (
    update(QueueRecipient)
    .where(_recipient.id.in_(bindparam("ids", expanding=True)))
    .values(state=HELD, held_for=bindparam("key"), lease_owner=None, next_attempt_at=bindparam("now"))
)


def renew(tx: Session, owner: str, recipient_ids: Sequence[int], now: datetime, lease: int) -> None:
    """The owner lives and still works on these; a lease that somebody else has taken stays theirs."""
    until = int(now.timestamp()) + lease
    tx.connection().execute(_RENEW, {"owner": owner, "ids": list(recipient_ids), "until": until})


def take_over(tx: Session, owner: str, now: datetime) -> int:
    """Make every lease of ``owner`` due now. For a process that knows that the owner is dead."""
    moment = {"owner": owner, "now": int(now.timestamp())}
    return int(tx.connection().execute(_TAKE_OVER, moment).rowcount)


def hold(tx: Session, recipient_ids: Sequence[int], held_for: str, now: datetime) -> None:
    """Recipients of a claim that turn out to be frozen; their leases end."""
    tx.connection().execute(_HOLD, {"ids": list(recipient_ids), "key": held_for, "now": int(now.timestamp())})


def finish(tx: Session, owner: str, ended: Sequence[Ended], now: datetime) -> None:
    """Record how recipients ended: Deferred ones wait for their next attempt, the others leave.

    Pass outcomes through `in_time` before.
    """
    moment = int(now.timestamp())
    conn = tx.connection()
    again = [_deferred(one.recipient, one.outcome, owner, moment) for one in ended if isinstance(one.outcome, Deferred)]
    if again:
        conn.execute(_DEFER, again)
    gone = [one.recipient for one in ended if not isinstance(one.outcome, Deferred)]
    if gone:
        conn.execute(_REMOVE, {"ids": [recipient.id for recipient in gone]})
        conn.execute(_REMOVE_EMPTY, {"ids": list({recipient.message_id for recipient in gone})})


def remove(tx: Session, recipient_ids: Sequence[int]) -> None:
    """End recipients by their ids alone; ids that are gone already do no harm."""
    for start in range(0, len(recipient_ids), CHUNK):
        tx.connection().execute(_REMOVE, {"ids": list(recipient_ids[start : start + CHUNK])})
    if recipient_ids:
        sweep(tx)


def present(tx: Session, recipient_ids: Sequence[int]) -> set[int]:
    """Those that nobody has ended or removed meanwhile: only their ends are worth a report."""
    return set(tx.connection().execute(_PRESENT, {"ids": list(recipient_ids)}).scalars())


def in_time(recipient: ClaimedRecipient, outcome: Ending, now: datetime) -> Ended:
    """How the recipient ended, where a Deferred that has no attempt left has failed for good."""
    if not isinstance(outcome, Deferred):
        return Ended(recipient, outcome)
    if timetable.next_attempt(recipient.attempts + 1, int(now.timestamp()), recipient.expires_at) is not None:
        return Ended(recipient, outcome)
    # RFC 3463 §3.5, X.4.7: the peer's words stay, because they say what was wrong all the time.
    return Ended(recipient, Failed("4.4.7", outcome.text, outcome.remote))


def _deferred(recipient: ClaimedRecipient, outcome: Deferred, owner: str, now: int) -> dict[str, object]:
    until = timetable.next_attempt(recipient.attempts + 1, now, recipient.expires_at)
    return {
        "row_id": recipient.id,
        "owner": owner,
        "attempts": recipient.attempts + 1,
        "until": until or now + timetable.PAUSES[-1],
        "now": now,
        "status": outcome.status,
        "text": said(outcome)[:MAX_TEXT],
    }


def sweep(tx: Session) -> int:
    """Remove messages without recipients: left where two processes ended the last two at once."""
    return int(tx.connection().execute(_SWEEP).rowcount)


def call_back(tx: Session, now: datetime, lease: int) -> int:
    """What waits for a time that nothing has given it goes on: the clock was ahead when it was written down.

    It is due when a new lease would have run out: whoever has it in hand renews that before.
    """
    moment = int(now.timestamp())
    times = {"latest": moment + timetable.LATEST, "until": moment + lease}
    return int(tx.connection().execute(_CALL_BACK, times).rowcount)
