"""FETCH and UID FETCH (RFC 9051 §6.4.5, RFC 7162 §3.1.4)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import NoRight, NoSuchMailbox, ProtocolError, StoreBusy, StoreFull
from mailnode.imap import fetching, resync
from mailnode.imap.places import places
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Attribute, Fetch, FetchItem, Section
from mailnode.proto.imap.responses import Reply
from mailnode.proto.imap.sequence_set import MAX_NUMBER
from mailnode.store import access, entries, permitted, query, search
from mailnode.store import flags as stored
from mailnode.store.ranges import Range, of

_SEEN = stored.flags("\\Seen")


async def fetch(session: Session, command: Fetch) -> Reply:
    """Lines are written as they are made; the reply is only the end.

    Reading a body without PEEK sets \\Seen, and that is told in the same lines (RFC 9051 §6.4.5).
    """
    here = session.here
    if command.vanished and not (session.qresync and command.by_uid and command.changed_since is not None):
        raise ProtocolError("VANISHED belongs to UID FETCH with CHANGEDSINCE, after QRESYNC was enabled")
    ranges = here.pick(command.numbers, by_uid=command.by_uid)
    items = _with_implied(session, command)
    if Attribute.MODSEQ in items:
        session.wire.write(b"".join(session.want_modseqs()))
    if command.vanished and command.changed_since is not None:
        among = ranges if command.numbers.saved else command.numbers.resolve(MAX_NUMBER)
        for line in await resync.vanished(session, here, command.changed_since, among):
            session.wire.write(line)
    if command.changed_since is not None:
        ranges = await resync.changed(session, here, command.changed_since, ranges)
    if command.partial is not None:
        uids = [uid for low, high in ranges for uid in here.between(low, high)]
        ranges = here.ranges_of(places(uids, command.partial))
    if not here.read_only and "s" in here.rights and any(isinstance(item, Section) and not item.peek for item in items):
        changed = await _mark_seen(session, ranges)
        if changed and Attribute.FLAGS not in items:
            items = (*items, Attribute.FLAGS)
    await fetching.stream(session, ranges, fetching.plan(session, items))
    return responses.ok(command, "Done", code="EXPUNGEISSUED" if here.has_gone else None)


def _with_implied(session: Session, command: Fetch) -> tuple[FetchItem, ...]:
    items = command.items
    if command.by_uid and not session.uid_only and Attribute.UID not in items:
        items = (Attribute.UID, *items)
    if command.changed_since is not None and Attribute.MODSEQ not in items:
        items = (*items, Attribute.MODSEQ)
    return items


async def _mark_seen(session: Session, ranges: Sequence[Range]) -> bool:
    """Set \\Seen where it is missing, and where it can be written. True when that changed anything."""
    here = session.here
    unseen = query.And((query.Uids(tuple(ranges)), query.Not(query.HasFlag(stored.SEEN))))
    uids = await session.context.offload.read(lambda tx: search.find(tx, here.owner_id, here.mailbox_id, unseen))
    if not uids:
        return False

    def write(tx: Transaction) -> entries.Flagged:
        there = access.again(tx, session.who, here.access)
        return permitted.set_flags(tx, there, of(uids), entries.FlagMode.ADD, _SEEN)

    try:
        done = await session.write(write)
    except (NoRight, NoSuchMailbox, StoreBusy, StoreFull):
        return False
    here.own(done.modseq)
    return bool(done.changed)
