"""The lines that keep a client's searches up to date (RFC 5267 §4.3.2)."""

from __future__ import annotations

from collections.abc import Sequence

from mailnode.imap.contexts import Context, Look, Update, printed
from mailnode.imap.session import Session
from mailnode.proto.imap import responses


def of_gone(session: Session, uids: Sequence[int]) -> list[bytes]:
    """REMOVEFROM for messages that are about to be told as gone: their numbers still hold (RFC 5267 §4.3.4)."""
    return [_line(session, context, context.remove(uids), []) for context in session.here.contexts.kept.values()]


def of(session: Session, look: Look | None) -> list[bytes]:
    """What a look has found, as far as the client knows the messages."""
    if look is None:
        return []
    here, contexts = session.here, session.here.contexts
    known = {uid for uid in look.touched if here.number(uid)}
    contexts.modseq = look.modseq
    contexts.unknown = {uid for uid in look.touched - known if not here.uids or uid > here.uids[-1]}
    lines = []
    for tag, (found, order) in look.matches.items():
        context = contexts.kept.get(tag)
        if context is not None:
            matching = known.intersection(found)
            removed = context.remove(known - matching)
            added = context.add(sorted(matching), [uid for uid in order if here.number(uid)])
            lines.append(_line(session, context, removed, added))
    return lines


def _line(session: Session, context: Context, removed: list[Update], added: list[Update]) -> bytes:
    """b"" when nothing has changed."""
    uids = [uid for _, several in (*removed, *added) for uid in several]
    numbers = None if context.by_uid else {uid: session.here.number(uid) for uid in uids}
    changed = (("REMOVEFROM", removed), ("ADDTO", added))
    items = [(name, printed(updates, numbers)) for name, updates in changed if updates]
    return responses.esearch(context.tag, items, by_uid=context.by_uid) if items else b""
