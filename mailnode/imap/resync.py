"""What a client that was away must learn: the messages that changed since a mod-sequence, and those that are gone.

RFC 7162 §3.2.5 and §3.2.6. As far as the journal goes back the answer is exact, and what the client offers to help a
forgetful server (the sequence match data) is not needed. Behind that every uid without a message is named, of those
that the client knows; the sequence match data then says below which uid it has missed nothing (§3.2.5.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.selected import Selected
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Qresync
from mailnode.proto.imap.cursor import MAX_NUMBER_64
from mailnode.proto.imap.sequence_set import SequenceSet
from mailnode.store import changes, mailboxes, query, search
from mailnode.store import ranges as uid_ranges
from mailnode.store.ranges import Range


async def changed(session: Session, here: Selected, modseq: int, among: Sequence[Range]) -> list[Range]:
    """The messages of ``among`` that changed after ``modseq``."""
    wanted = query.And((query.Uids(tuple(among)), query.ChangedSince(min(modseq + 1, MAX_NUMBER_64))))
    found = await session.context.offload.read(lambda tx: search.find(tx, here.owner_id, here.mailbox_id, wanted))
    return here.ranges_of([uid for uid in found if here.number(uid)])


async def vanished(
    session: Session, here: Selected, modseq: int, among: Sequence[Range], known: Qresync | None = None
) -> list[bytes]:
    """VANISHED (EARLIER) with what left the mailbox after ``modseq``; what the client still counts is told later."""
    gone = await session.context.offload.read(
        lambda tx: _gone(tx, here, modseq, among, in_step(here, known) if known else 0)
    )
    return [responses.vanished_set(SequenceSet(tuple(gone)), earlier=True)] if gone else []


def _gone(tx: Transaction, here: Selected, modseq: int, among: Sequence[Range], in_step_to: int) -> list[Range]:
    if modseq >= changes.pruned(tx, here.owner_id):
        uids = changes.expunged_since(tx, here.owner_id, here.mailbox_id, modseq, among)
        return uid_ranges.of(uid for uid in uids if not here.number(uid))
    last = mailboxes.by_id(tx, here.owner_id, here.mailbox_id).uid_next - 1
    unsure = [(max(low, in_step_to + 1), min(high, last)) for low, high in among]
    return uid_ranges.without([(low, high) for low, high in unsure if low <= high], here.uids)


def in_step(here: Selected, known: Qresync) -> int:
    """The last uid of the sequence match data that has the message number that the client says: up to there it has
    missed no removal (RFC 7162 §3.2.5.2). 0 for none."""
    found = 0
    if known.match_numbers is not None and known.match_uids is not None:
        for number, uid in zip(_each(known.match_numbers), _each(known.match_uids), strict=False):
            if number > len(here.uids):
                break
            if here.uids[number - 1] == uid:
                found = uid
    return found


def _each(numbers: SequenceSet) -> Iterator[int]:
    """One after the other, as they are asked for: a set may name all numbers that there are."""
    for low, high in numbers.ranges:
        yield from range(min(low, high), max(low, high) + 1)
