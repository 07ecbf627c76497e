"""What others did to the selected mailbox: read from the journal, told in the order that the RFC wants.

RFC 9051 §7.5.1 says when EXPUNGE may be told; RFC 7162 §3.1 that whoever has asked for mod-sequences gets them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.flag_text import flag_text
from mailnode.imap.selected import News, Selected
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.store import changes, messages

_FLAGS = ("uid", "flags", "keywords", "modseq")  # of new messages too: their keywords may be new to the client


async def gather(session: Session, *, expunge: bool) -> list[bytes]:
    """Untagged lines that bring the client up to date; afterwards it counts as told."""
    here, user_id = session.here, session.user_id
    session.stale = False

    def read(tx: Transaction) -> tuple[list[changes.Change], int]:
        latest = changes.latest(tx, user_id)
        if latest <= here.seen_modseq:
            return [], latest
        return changes.since(tx, user_id, here.seen_modseq, here.mailbox_id), latest

    here.note(*await session.context.offload.read(read))
    news = here.tell(expunge=expunge)
    lines = tell_gone(session, news.expunged, news.expunged_uids)
    if news.exists is not None:
        lines += [responses.exists(news.exists), responses.recent(here.recent)]
    return lines + await _changed_flags(session, here, news)


async def _changed_flags(session: Session, here: Selected, news: News) -> list[bytes]:
    if not (news.changed or news.appended):
        return []
    ranges = here.ranges_of(sorted({*news.changed, *news.appended}))
    rows = await session.context.offload.read(
        lambda tx: list(messages.rows(tx, session.user_id, here.mailbox_id, ranges, _FLAGS))
    )
    lines = tell_keywords(here, {word for row in rows for word in row.keywords.split()})
    wanted = set(news.changed)
    for uid, bits, keywords, modseq in rows:
        if uid in wanted:
            text = flag_text(bits, keywords, bool(here.first_recent) and uid >= here.first_recent)
            items = [b"UID %d" % uid, b"FLAGS (%b)" % text]
            if session.condstore:
                items.append(b"MODSEQ (%d)" % modseq)
            lines.append(responses.fetch(here.number(uid), items))
    return lines


def tell_gone(session: Session, numbers: Sequence[int], uids: Sequence[int]) -> list[bytes]:
    """EXPUNGE for each number, or VANISHED with all uids for a client that resynchronises (RFC 7162 §3.2.10)."""
    if session.qresync:
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
