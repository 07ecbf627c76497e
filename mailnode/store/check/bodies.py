"""Each body against its hash; a lost one is looked for everywhere, and its messages are marked.

A body can be in a place that no row names: a compaction copies, and a writer that was killed leaves behind what it
had written. So before a body is given up, every record of every segment (or every object of its name) is looked at.
What is lost for good stays in its mailbox with the keyword `LOST`: its envelope, its header lines and its preview are
in the database and go on being shown.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from mailnode.directory.models import User
from mailnode.store import bodies, entries, ranges, texts
from mailnode.store.blobs import Blobs, Damaged, Place
from mailnode.store.check.faults import Fault, Kind
from mailnode.store.entries import FlagMode
from mailnode.store.flags import Flags
from mailnode.store.models import Blob, BlobText, Entry, Mailbox, Message
from mailnode.store.opening import blobs_of

LOST = "$BodyLost"
BATCH = 100
_page = (
    select(Blob.id, Blob.sha256, Blob.segment, Blob.offset, Blob.stored, Blob.size, BlobText.text)
    .outerjoin(BlobText, BlobText.blob_id == Blob.id)
    .where(Blob.id > bindparam("after"))
    .order_by(Blob.id)
    .limit(BATCH)
)
_now = select(Blob.segment, Blob.offset, Blob.stored).where(Blob.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class Lost:
    """A body that is not where its row says."""

    blob_id: int
    sha256: bytes
    place: Place
    why: str


@dataclass(slots=True)
class Looked:
    """One page: up to which id, how many bodies, and what is wrong."""

    last: int
    bodies: int
    lost: list[Lost]
    texts: list[int]


def count(tx: Session) -> int:
    return tx.connection().execute(select(func.count()).select_from(Blob)).scalar_one()


def look(tx: Session, after: int) -> Looked:
    """Read the next `BATCH` bodies behind an id."""
    rows = tx.connection().execute(_page, {"after": after}).all()
    found = Looked(rows[-1].id if rows else after, len(rows), [], [])
    blobs = blobs_of(tx)
    for row in rows:
        place = Place(row.segment, row.offset, row.stored)
        why = fault_of(blobs, place, row.sha256, row.size)
        if why and _is_there(tx, row.id, place):
            found.lost.append(Lost(row.id, row.sha256, place, why))
        if row.text is not None and not _is_text(row.text):
            found.texts.append(row.id)
    return found


def fault_of(blobs: Blobs, place: Place, sha256: bytes, size: int | None = None) -> str:
    """Why what lies at a place is not this body; "" when it is."""
    try:
        raw = blobs.open(place)
        if size is not None and len(raw) != size:
            return f"{len(raw)} bytes instead of {size}"
        return "" if bodies.sha256(raw) == sha256 else "another hash"
    except Damaged as error:
        return str(error)


def _is_there(tx: Session, blob_id: int, place: Place) -> bool:
    """Does the row still say so? A sweep or a compaction may have passed meanwhile."""
    tx.rollback()  # to see what is there now
    return _says(tx, blob_id, place)


def _says(tx: Session, blob_id: int, place: Place) -> bool:
    row = tx.connection().execute(_now, {"id": blob_id}).one_or_none()
    return row is not None and Place(*row) == place


def _is_text(packed: bytes) -> bool:
    try:
        texts.unpack(packed)
    except Exception:  # whatever a decompressor makes of nonsense
        return False
    return True


def forget_text(tx: Session, blob_id: int) -> Fault:
    """A text that cannot be read is read from the body again whenever it is asked for."""
    tx.connection().execute(delete(BlobText).where(BlobText.blob_id == blob_id))
    return text_fault(blob_id, mended=True)


def text_fault(blob_id: int, *, mended: bool = False) -> Fault:
    return Fault(Kind.TEXT, f"body {blob_id}", "", "", mended)


def body_fault(one: Lost, *, mended: bool = False) -> Fault:
    return Fault(Kind.BODY, f"body {one.blob_id}", one.why, one.sha256.hex(), mended)


def move(tx: Session, one: Lost, place: Place) -> list[Fault]:
    """The body has been found at another place."""
    if not _says(tx, one.blob_id, one.place):
        return []
    values = {"segment": place.segment, "offset": place.offset, "stored": place.stored}
    tx.connection().execute(update(Blob).where(Blob.id == one.blob_id).values(**values))
    _mark(tx, one, FlagMode.REMOVE)
    return [body_fault(one, mended=True)]


def mark(tx: Session, one: Lost) -> list[Fault]:
    """The body is nowhere: say so with each message that has it."""
    if not _says(tx, one.blob_id, one.place):
        return []
    return [body_fault(one), *(Fault(Kind.MARKED, where, LOST, "", True) for where in _mark(tx, one, FlagMode.ADD))]


def _mark(tx: Session, one: Lost, mode: FlagMode) -> list[str]:
    """Where the messages are that this changed."""
    owners = tx.connection().execute(select(Message.user_id).where(Message.blob_id == one.blob_id).distinct())
    found: list[str] = []
    for user_id in owners.scalars().all():
        mine = select(Message.id).where(Message.user_id == user_id, Message.blob_id == one.blob_id)
        places: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        rows = tx.connection().execute(
            select(Entry.mailbox_id, Mailbox.name, Entry.uid)
            .join(Mailbox, Mailbox.id == Entry.mailbox_id)
            .where(Entry.user_id == user_id, Entry.message_id.in_(mine))
        )
        for mailbox_id, name, uid in rows:
            places[mailbox_id, name].append(uid)
        address = tx.connection().execute(select(User.address).where(User.id == user_id)).scalar_one()
        for (mailbox_id, name), uids in places.items():
            done = entries.set_flags(tx, user_id, mailbox_id, ranges.of(uids), mode, Flags(0, LOST))
            found += [f"{address} {name} uid {low}" for low, high in done.changed for low in range(low, high + 1)]
    return found
