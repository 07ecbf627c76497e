"""SELECT, EXAMINE, CLOSE, UNSELECT: into a mailbox and out of it (RFC 9051 §6.3.2, RFC 3501 §6.3.1, RFC 3691)."""

from __future__ import annotations

import contextlib
from functools import partial

from sqlalchemy.orm import Session as Transaction

from mailnode import database
from mailnode.errors import NoRight, NoSuchMailbox, ProtocolError
from mailnode.imap import fetching, object_ids, resync, updates, whole
from mailnode.imap.selected import Selected
from mailnode.imap.session import Session
from mailnode.imap.views import View
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Attribute, Close, Qresync, Select, Unselect
from mailnode.proto.imap.responses import Reply
from mailnode.proto.imap.sequence_set import MAX_NUMBER
from mailnode.store import access, changes, permitted, snapshot, steps
from mailnode.store.flags import DELETED
from mailnode.store.mailboxes import MailboxRow
from mailnode.store.ranges import EVERYTHING, Range
from mailnode.store.uids import Uids

SMALL = 10_000  # messages: a mailbox of so many is read at once,
NEWEST = 4_000  # of a larger one these
NEWS = 2_000  # changes since the mailbox was last left: with more it is read anew
FEW = 500  # messages: to read their uids takes no longer than the way to a reader thread

_Opened = tuple[Selected, MailboxRow, int | None]  # with the first unseen uid
WRITING = "iestw"  # RFC 4314 §5.2; every flag is shared here


async def select(session: Session, command: Select) -> Reply:
    """A failed SELECT leaves nothing selected (RFC 9051 §6.3.2)."""
    if command.qresync is not None and not session.qresync:
        raise ProtocolError("QRESYNC was not enabled")
    closed = [responses.untagged_ok("The mailbox is closed", "CLOSED")] if session.selected else []  # RFC 7162 §3.2.11
    session.leave()
    if command.condstore:
        session.condstore = True
    heard = session.context.waker.heard
    here, row, unseen = await _opened(session, command)
    if session.rev2:  # which knows no \\Recent (RFC 9051, appendix E)
        here.first_recent = 0
    elif not here.read_only:
        here.last_recent = row.uid_next - 1
        if row.first_recent != row.uid_next:
            here.first_recent = await updates.claim_recent(session, here)
    session.enter(here)
    # What others did before we listened; the owner of another's mailbox may have taken the rights back.
    session.stale = here.owner_id != session.user_id or heard != session.context.waker.heard
    numbered = not (session.rev2 or session.uid_only)  # RFC 9586 §3: UNSEEN is a message number
    if here.uids.unread and (command.qresync is not None or 0 < here.first_recent < here.uids.low):
        await whole.read(session)
    # RFC 3501 §7.1: without UNSEEN nothing is said about it; in a large mailbox it may lie where nobody has looked.
    first_unseen = here.number(unseen) if unseen and numbered and unseen >= here.uids.low else 0
    lines = [*closed, *_told(here, row, first_unseen, _listed(session, command, row))]
    if command.qresync is not None and command.qresync.uid_validity == here.uid_validity:
        session.wire.write(b"".join(lines))
        lines = []
        await _resynchronise(session, here, command.qresync)
    return responses.ok(command, "Open", lines, code="READ-ONLY" if here.read_only else "READ-WRITE")


async def _resynchronise(session: Session, here: Selected, known: Qresync) -> None:
    """RFC 7162 §3.2.5: first what is gone, then the flags of what has changed."""
    among = known.known_uids.resolve(MAX_NUMBER) if known.known_uids is not None else EVERYTHING
    for line in await resync.vanished(session, here, known.modseq, among, known):
        session.wire.write(line)
    ranges = await resync.changed(session, here, known.modseq, among)
    told = (Attribute.UID, Attribute.FLAGS, Attribute.MODSEQ)[session.uid_only :]
    await fetching.stream(session, ranges, fetching.plan(session, told))


async def _opened(session: Session, command: Select) -> _Opened:
    """At once, when the mailbox is known or small; on a reader thread otherwise."""
    offload = session.context.offload
    found = await offload.look(lambda tx: _open(tx, session, command, most=FEW))
    while found is None:
        found = await offload.read(lambda tx: _open(tx, session, command))
    return found


def _open(tx: Transaction, session: Session, command: Select, *, most: int = MAX_NUMBER) -> _Opened | None:
    """None for a mailbox that must be read and has more than ``most`` messages."""
    database.one_snapshot(tx)
    seen = access.find(tx, session.who, command.mailbox, "r")
    row, owner_id, rights = seen.row, seen.owner_id, seen.access.rights
    latest = changes.latest(tx, owner_id)
    if not row.selectable:
        raise NoSuchMailbox
    view = session.shared.views.find(owner_id, row.id, row.uid_validity, row.highest_modseq)
    if view is None and row.messages > most:
        return None
    if view is None:
        last = session.shared.views.last(owner_id, row.id, row.uid_validity)
        uids = whole.brought_up(tx, owner_id, row.id, last, NEWS) if last is not None else None
        if uids is None or len(uids) != row.messages:
            uids = _read(tx, owner_id, row)
        view = View(row.uid_validity, row.highest_modseq, uids, snapshot.keywords(tx, owner_id, row.id))
    here = Selected(
        mailbox_id=row.id,
        name=row.name,
        uid_validity=row.uid_validity,
        uids=view.uids,
        modseq=row.highest_modseq,
        seen_modseq=latest,
        first_recent=row.first_recent,
        keywords=view.keywords,
        read_only=command.read_only or not rights.intersection(WRITING),
        owner_id=owner_id,
        rights=rights,
    )
    return here, row, snapshot.first_unseen(tx, owner_id, row.id) if row.unseen else None


def _read(tx: Transaction, owner_id: int, row: MailboxRow) -> Uids:
    if row.messages <= SMALL:
        return snapshot.uids(tx, owner_id, row.id)
    return snapshot.newest(tx, owner_id, row.id, row.messages, NEWEST)


def _listed(session: Session, command: Select, row: MailboxRow) -> list[bytes]:
    """In place of what revision 1 tells: the mailbox by its own name (RFC 9051 §6.3.2)."""
    if not session.rev2:
        return [responses.recent(session.here.recent)]
    old_name = command.mailbox if command.mailbox != row.name else None
    return [responses.list_line(row.name, (), utf8=True, old_name=old_name)]


def _told(here: Selected, row: MailboxRow, first_unseen: int, listed: list[bytes]) -> list[bytes]:
    lines = [
        responses.flags_line(updates.applicable(here)),
        responses.exists(len(here.uids)),
        *listed,
    ]
    if first_unseen:
        lines.append(responses.untagged_ok("The first unseen message", f"UNSEEN {first_unseen}"))
    lines += [
        updates.permanent_flags(here),
        responses.untagged_ok("UIDs are valid", f"UIDVALIDITY {row.uid_validity}"),
        responses.untagged_ok("The next UID", f"UIDNEXT {row.uid_next}"),
        responses.untagged_ok("The highest mod-sequence", f"HIGHESTMODSEQ {row.highest_modseq}"),
        responses.untagged_ok("The id that stays", f"MAILBOXID ({object_ids.mailbox(row.id)})"),
    ]
    return lines


async def close(session: Session, command: Close) -> Reply:
    """Removes what is flagged \\Deleted without telling, unless the mailbox is read-only (RFC 9051 §6.4.2)."""
    here = session.here
    if not here.read_only and "e" in here.rights:
        deleted = await session.context.offload.read(
            lambda tx: snapshot.with_flag(tx, here.owner_id, here.mailbox_id, DELETED)
        )
        if deleted:
            with contextlib.suppress(NoRight, NoSuchMailbox):  # RFC 4314 §4: CLOSE is OK all the same
                for piece in steps.of(deleted, EVERYTHING):
                    await session.write(partial(_remove, session, piece=piece))
            here.note_incomplete()
    session.leave()
    return responses.ok(command, "Closed")


def _remove(session: Session, tx: Transaction, piece: list[Range]) -> None:
    permitted.expunge(tx, access.again(tx, session.who, session.here.access), piece)


async def unselect(session: Session, command: Unselect) -> Reply:
    session.leave()
    return responses.ok(command, "Unselected")
