"""STORE and UID STORE (RFC 9051 §6.4.6, RFC 7162 §3.1.3)."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session as Transaction

from mailnode.imap import fetching, updates
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Attribute, FetchItem, Store, StoreMode
from mailnode.proto.imap.responses import Reply
from mailnode.proto.imap.sequence_set import SequenceSet
from mailnode.store import access, permitted, steps
from mailnode.store import flags as stored
from mailnode.store.entries import Flagged, FlagMode
from mailnode.store.ranges import Range

_MODES = {StoreMode.SET: FlagMode.REPLACE, StoreMode.ADD: FlagMode.ADD, StoreMode.REMOVE: FlagMode.REMOVE}


async def store(session: Session, command: Store) -> Reply:
    """Everybody else hears of it through the journal; this client by the lines that are written here."""
    here = session.here
    if here.read_only:
        return responses.no(command, "This mailbox is open read-only")
    if command.unchanged_since is not None:
        session.wire.write(b"".join(session.want_modseqs()))
    ranges = here.pick(command.numbers, by_uid=command.by_uid)
    flags = stored.flags(*command.flags)

    def write(tx: Transaction, piece: list[Range]) -> Flagged:
        there = access.again(tx, session.who, here.access)
        mode, since = _MODES[command.mode], command.unchanged_since
        return permitted.set_flags(tx, there, piece, mode, flags, unchanged_since=since)

    uids = () if here.count(ranges) <= steps.STEP else [uid for part in ranges for uid in here.between(*part)]
    # What is done when a later piece fails is told by the journal, as if somebody else had done it.
    done = [await session.write(partial(write, piece=piece)) for piece in steps.of(uids, ranges)]
    for one in done:
        here.own(one.modseq)
    refused = [part for one in done for part in one.refused]
    if command.mode is not StoreMode.REMOVE:
        for line in updates.tell_keywords(here, set(flags.keywords.split())):
            session.wire.write(line)
    items = _told(session, command)
    if items:
        await fetching.stream(session, _without(ranges, refused), fetching.plan(session, items))
    if refused:
        return responses.ok(command, "Some had changed meanwhile", code=_modified(session, command, refused))
    return responses.ok(command, "Done", code="EXPUNGEISSUED" if here.has_gone else None)


def _told(session: Session, command: Store) -> list[FetchItem]:
    """With mod-sequences in use they are told even when .SILENT hides the flags (RFC 7162 §3.1.3)."""
    items: list[FetchItem] = [Attribute.UID] if command.by_uid and not session.uid_only else []
    if not command.silent:
        items.append(Attribute.FLAGS)
    if session.condstore:
        items.append(Attribute.MODSEQ)
    return items if session.condstore or not command.silent else []


def _without(ranges: list[Range], refused: list[Range]) -> list[Range]:
    """``ranges`` less ``refused``, both sorted."""
    left: list[Range] = []
    for low, high in ranges:
        start = low
        for first, last in refused:
            if start <= first <= high:
                left.append((start, first - 1))
                start = last + 1
        left.append((start, high))
    return [(low, high) for low, high in left if low <= high]


def _modified(session: Session, command: Store, refused: list[Range]) -> str:
    here = session.here
    if not command.by_uid:
        known = [uid for low, high in refused for uid in here.between(low, high)]
        refused = [(number, number) for number in map(here.number, known)]
    return f"MODIFIED {bytes(SequenceSet(tuple(refused))).decode('ascii')}"
