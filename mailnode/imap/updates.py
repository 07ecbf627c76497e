"""What others did to the selected mailbox: read from the journal, told in the order that the RFC wants.

RFC 9051 §7.5.1 says when EXPUNGE may be told; RFC 7162 §3.1 that whoever has asked for mod-sequences gets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import NoSuchMailbox, StoreBusy, StoreFull
from mailnode.imap.flag_text import flag_text
from mailnode.imap.selected import News, Selected
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.store import changes, mailboxes, messages, ranges
from mailnode.store.changes import Change, What

_WITH_FLAGS = (What.FLAGS, What.APPENDED)

_COLUMNS = ("uid", "flags", "keywords", "modseq")


async def gather(session: Session, *, expunge: bool) -> list[bytes]:
    """Untagged lines that bring the client up to date; afterwards it counts as told.

    Everything is read before anything counts as told, so that an error loses nothing: the session stays stale.
    """
    here, user_id = session.here, session.user_id
    own = here.own_modseqs

    def read(tx: Transaction) -> tuple[list[Change], int, list[tuple[Any, ...]]]:
        latest = changes.latest(tx, user_id)
        if latest <= here.seen_modseq:
            return [], latest, []
        found = changes.since(tx, user_id, here.seen_modseq, here.mailbox_id)
        # New messages too: their keywords may be new to the client.
        uids = {change.uid for change in found if change.what in _WITH_FLAGS and change.modseq not in own}
        return found, latest, [*messages.tuples(tx, user_id, here.mailbox_id, ranges.of(uids), _COLUMNS)]

    session.stale = False
    try:
        found, latest, rows = await session.context.offload.read(read)
    except BaseException:
        session.stale = True
        raise
    here.note(found, latest)
    news = here.tell(expunge=expunge)
    lines = tell_gone(session, news.expunged, news.expunged_uids)
    if news.exists is not None:
        lines.append(responses.exists(news.exists))
        if not session.rev2:
            await _claim(session, news.appended)
            lines.append(responses.recent(here.recent))
    return lines + _changed_flags(session, news, rows)


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
