"""What others did to the selected mailbox: read from the journal, told in the order that the RFC wants.

RFC 9051 §7.5.1 says when EXPUNGE may be told; RFC 7162 §3.1 that whoever has asked for mod-sequences gets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import NoSuchMailbox, StoreBusy, StoreFull
from mailnode.imap import context_news, contexts
from mailnode.imap.contexts import Look
from mailnode.imap.flag_text import flag_text
from mailnode.imap.selected import News, Selected
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.watching import Event
from mailnode.store import changes, mailboxes, messages, ranges
from mailnode.store.changes import Change, What

_WITH_FLAGS = (What.FLAGS, What.APPENDED)

_COLUMNS = ("uid", "flags", "keywords", "modseq")


@dataclass(frozen=True, slots=True)
class _Read:
    """One look at the journal and at what it is about, on one snapshot."""

    changes: list[Change]
    latest: int
    rows: list[tuple[Any, ...]]
    context: Look | None


async def gather(session: Session, *, expunge: bool) -> list[bytes]:
    """Untagged lines that bring the client up to date; afterwards it counts as told.

    Everything is read before anything counts as told, so that an error loses nothing: the session stays stale. What a
    client has not asked for by NOTIFY waits until it does (RFC 5465 §3.1).
    """
    here, watch = session.here, session.watch
    session.stale = False
    try:
        read = await session.context.offload.read(lambda tx: _read(tx, session.user_id, here))
    except BaseException:
        session.stale = True
        raise
    here.note(read.changes, read.latest)
    expunge = expunge and watch.tells(Event.MESSAGE_EXPUNGE)
    lines = context_news.of_gone(session, here.gone) if expunge else []
    arrivals, flags = watch.tells(Event.MESSAGE_NEW), watch.tells(Event.FLAG_CHANGE)
    news = here.tell(expunge=expunge, arrivals=arrivals, flags=flags)
    lines += tell_gone(session, news.expunged, news.expunged_uids)
    if news.exists is not None:
        lines += await _tell_arrivals(session, news.exists, news.appended)
    lines += _changed_flags(session, news, read.rows)
    session.stale = session.stale or (here.has_gone and watch.is_immediate)
    return [*lines, *context_news.of(session, read.context)]


def _read(tx: Transaction, user_id: int, here: Selected) -> _Read:
    latest, own = changes.latest(tx, user_id), here.own_modseqs
    context = contexts.look(tx, user_id, here.mailbox_id, here.contexts)
    if latest <= here.seen_modseq and not here.changed:
        return _Read([], latest, [], context)
    found = changes.since(tx, user_id, here.seen_modseq, here.mailbox_id)
    # New messages too: their keywords may be new to the client.
    uids = {change.uid for change in found if change.what in _WITH_FLAGS and change.modseq not in own} | here.changed
    rows = messages.tuples(tx, user_id, here.mailbox_id, ranges.of(uids), _COLUMNS)
    return _Read(found, latest, [*rows], context)


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
        first = await claim_recent(session, here.mailbox_id, appended[-1])
        here.claimed(max(first, appended[0]) if first else 1, appended[-1] if first else 0)


async def claim_recent(session: Session, mailbox_id: int, last: int | None = None) -> int:
    """The first uid that is \\Recent to this session; 0 where nothing can be written: mail is read all the same."""
    try:
        return await session.context.offload.write(
            lambda tx: mailboxes.claim_recent(tx, session.user_id, mailbox_id, last)
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


def applicable(here: Selected) -> list[str]:
    """The flags that messages of the mailbox may have."""
    return ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft", *sorted(here.keywords)]
