"""What a client that was away must learn: the messages that changed since a mod-sequence, and those that are gone.

RFC 7162 §3.2.5 and §3.2.6. The journal is complete, so what the client offers to help a forgetful server (the
sequence match data) is not needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailnode.imap.selected import Selected
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.cursor import MAX_NUMBER_64
from mailnode.store import changes, query, search
from mailnode.store.ranges import Range


async def changed(session: Session, here: Selected, modseq: int, among: Sequence[Range]) -> list[Range]:
    """The messages of ``among`` that changed after ``modseq``."""
    wanted = query.And((query.Uids(tuple(among)), query.ChangedSince(min(modseq + 1, MAX_NUMBER_64))))
    found = await session.context.offload.read(lambda tx: search.find(tx, session.user_id, here.mailbox_id, wanted))
    return here.ranges_of([uid for uid in found if here.number(uid)])


async def vanished(session: Session, here: Selected, modseq: int, among: Sequence[Range] | None) -> list[bytes]:
    """VANISHED (EARLIER) with what left the mailbox after ``modseq``; what the client still counts is told later."""
    gone = await session.context.offload.read(
        lambda tx: changes.expunged_since(tx, session.user_id, here.mailbox_id, modseq, among)
    )
    gone = [uid for uid in gone if not here.number(uid)]
    return [responses.vanished(gone, earlier=True)] if gone else []
