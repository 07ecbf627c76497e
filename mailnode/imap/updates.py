"""What others did to the selected mailbox: read from the journal, told in the order that the RFC wants.

RFC 9051 §7.5.1 says when EXPUNGE may be told; RFC 7162 §3.1 that whoever has asked for mod-sequences gets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import NoSuchMailbox, StoreBusy, StoreFull
from mailnode.imap import context_news, contexts, whole
from mailnode.imap.contexts import Look
from mailnode.imap.flag_text import flag_text
from mailnode.imap.selected import News, Selected
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.watching import Event
from mailnode.store import access, changes, mailboxes, messages, permitted, ranges
from mailnode.store import flags as stored
from mailnode.store.changes import Change, What
from mailnode.store.rights import Rights

_WITH_FLAGS = (What.FLAGS, What.APPENDED)

FEW = 200  # changes
_COLUMNS = ("uid", "flags", "keywords", "modseq")


@dataclass(frozen=True, slots=True)
class _Read:
    """One look at the journal and at what it is about, on one snapshot."""

    changes: list[Change]
    latest: int
    rows: list[tuple[Any, ...]]
    context: Look | None
    rights: Rights  # the reader's


async def gather(session: Session, *, expunge: bool) -> list[bytes]:
    """Untagged lines that bring the client up to date; afterwards it counts as told.

    Everything is read before anything counts as told, so that an error loses nothing: the session stays stale. What a
    client has not asked for by NOTIFY waits until it does (RFC 5465 §3.1).
    """
    here, watch = session.here, session.watch
    session.stale = False
    try:
        read = await _looked(session, here)
        await whole.read_for_news(session, read.changes)
    except BaseException:
        session.stale = True
        raise
    if "r" not in read.rights:
        return [shut_out(session)]
    here.note(read.changes, read.latest)
    expunge = expunge and watch.tells(Event.MESSAGE_EXPUNGE)
    lines = _changed_rights(here, read.rights)
    lines += context_news.of_gone(session, here.gone) if expunge else []
    arrivals, flags = watch.tells(Event.MESSAGE_NEW), watch.tells(Event.FLAG_CHANGE)
    news = here.tell(expunge=expunge, arrivals=arrivals, flags=flags)
    lines += tell_gone(session, news.expunged, news.expunged_uids)
    if news.exists is not None:
        lines += await _tell_arrivals(session, news.exists, news.appended)
    lines += _changed_flags(session, news, read.rows)
    session.stale = session.stale or (here.has_gone and watch.is_immediate)
    return [*lines, *context_news.of(session, read.context)]


async def _looked(session: Session, here: Selected) -> _Read:
    """A few changes are read at once, so that nobody who waits for them queues behind long readings."""
    offload = session.context.offload
    read = None if here.contexts.kept else await offload.look(lambda tx: _read(tx, session, here, FEW))
    while read is None:
        read = await offload.read(lambda tx: _read(tx, session, here))
    return read


def _read(tx: Transaction, session: Session, here: Selected, most: int = changes.EVERYTHING) -> _Read | None:
    """None when there are more changes."""
    owner_id, own = here.owner_id, here.own_modseqs
    latest = changes.latest(tx, owner_id)
    context = contexts.look(tx, owner_id, here.mailbox_id, here.contexts)
    if latest <= here.seen_modseq and not here.changed:
        return _Read([], latest, [], context, here.rights)
    found = changes.since(tx, owner_id, here.seen_modseq, here.mailbox_id, most + 1)
    if len(found) > most:
        return None
    changed = any(change.what is What.RIGHTS for change in found)
    rights = access.rights_in(tx, session.who, here.mailbox_id) if changed else here.rights
    # New messages too: their keywords may be new to the client.
    uids = {change.uid for change in found if change.what in _WITH_FLAGS and change.modseq not in own} | here.changed
    rows = messages.tuples(tx, owner_id, here.mailbox_id, ranges.of(uids), _COLUMNS)
    return _Read(found, latest, [*rows], context, rights)


async def _tell_arrivals(session: Session, exists: int, uids: Sequence[int]) -> list[bytes]:
    session.watch.arrived(uids)
    if session.rev2:
        return [responses.exists(exists)]
    await _claim(session, uids)
    return [responses.exists(exists), responses.recent(session.here.recent)]


async def _claim(session: Session, appended: Sequence[int]) -> None:
    """The first session that is told of a message has it as \\Recent, and no other (RFC 3501 §2.3.2)."""
    here = session.here
    if not here.read_only:
        first = await claim_recent(session, here, appended[-1])
        here.claimed(max(first, appended[0]) if first else 1, appended[-1] if first else 0)


async def claim_recent(session: Session, here: Selected, last: int | None = None) -> int:
    """The first uid that is \\Recent to this session; 0 where nothing can be written: mail is read all the same."""
    try:
        return await session.context.offload.write(
            lambda tx: mailboxes.claim_recent(tx, here.owner_id, here.mailbox_id, last)
        )
    except (NoSuchMailbox, StoreBusy, StoreFull):
        return 0


def _changed_flags(session: Session, news: News, rows: list[tuple[Any, ...]]) -> list[bytes]:
    here = session.here
    lines = tell_keywords(here, {word for row in rows for word in row[2].split()})
    told = set(news.changed)
    first, last = here.recents
    for uid, bits, keywords, modseq in rows:
        if uid in told:
            text = flag_text(bits, keywords, first <= uid <= last)
            items = [b"FLAGS (%b)" % text]
            if session.condstore:
                items.append(b"MODSEQ (%d)" % modseq)
            if session.uid_only:
                lines.append(responses.uid_fetch(uid, items))
            else:
                lines.append(responses.fetch(here.number(uid), [b"UID %d" % uid, *items]))
    return lines


def take_out(session: Session, uids: Sequence[int]) -> list[bytes]:
    """Messages that this session has removed leave its view: what is to be told."""
    watched = context_news.of_gone(session, uids)
    return watched + tell_gone(session, session.here.forget(uids), uids)


def tell_gone(session: Session, numbers: Sequence[int], uids: Sequence[int]) -> list[bytes]:
    """EXPUNGE for each number, or VANISHED with all uids for a client that resynchronises (RFC 7162 §3.2.10) or knows
    no numbers (RFC 9586 §3.4)."""
    if session.qresync or session.uid_only:
        return [responses.vanished(uids)] if uids else []
    return [responses.expunge(number) for number in numbers]


def tell_keywords(here: Selected, used: set[str]) -> list[bytes]:
    """A FLAGS line when a keyword has come up that the client has not been told of (RFC 9051 §7.3.5)."""
    if used <= here.keywords:
        return []
    here.keywords = here.keywords | used
    return [responses.flags_line(applicable(here))]


def shut_out(session: Session) -> bytes:
    """The end of a session that has lost the right to read what it has selected (RFC 4314 §5.1.1)."""
    session.over = True
    return responses.bye("You may no longer read this mailbox")


async def may_still_read(session: Session) -> bool:
    """Ask anew, before a command, when something has happened to the mailbox of somebody else."""
    here = session.here
    if here.owner_id == session.user_id:
        return True
    here.rights = await session.context.offload.read(lambda tx: access.rights_in(tx, session.who, here.mailbox_id))
    return "r" in here.rights


def _changed_rights(here: Selected, rights: Rights) -> list[bytes]:
    """RFC 4314 §5.1.1: what a client could set has changed with the rights."""
    if rights == here.rights:
        return []
    here.rights = rights
    return [responses.flags_line(applicable(here)), permanent_flags(here)]


def permanent_flags(here: Selected) -> bytes:
    """The flags that the reader may change for good (RFC 4314 §5.1.1)."""
    if here.read_only:
        return responses.permanent_flags((), new_keywords=False)
    allowed = permitted.mask(here.rights)
    kept = [name for bit, name in stored.NAMES if bit & allowed.bits]
    return responses.permanent_flags(
        [*kept, *(sorted(here.keywords) if allowed.keywords else ())], new_keywords=allowed.keywords
    )


def applicable(here: Selected) -> list[str]:
    """The flags that messages of the mailbox may have."""
    return ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft", *sorted(here.keywords)]
