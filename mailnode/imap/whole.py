"""The oldest uids of a large mailbox, read when a command needs them and not before.

SELECT reads the newest ones only, so that a mailbox of a million messages opens as quickly as a small one. What is
unread then is the mailbox as it was at SELECT: what is there now, and what the journal says has gone since.
"""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode import database
from mailnode.errors import StoreBusy
from mailnode.imap.selected import Selected
from mailnode.imap.session import Session
from mailnode.imap.views import View
from mailnode.proto.imap import commands as c
from mailnode.proto.imap import responses
from mailnode.store import changes, snapshot
from mailnode.store.changes import Change
from mailnode.store.uids import Uids

_ALL = (c.Search, c.Sort, c.Thread, c.MultiSearch, c.Expunge)


async def read_for(session: Session, command: c.Command) -> None:
    """Before a command is carried out. Raises StoreBusy."""
    here = session.selected
    if here is not None and here.uids.unread and _needs_all(here, command):
        await read(session)


def _needs_all(here: Selected, command: c.Command) -> bool:
    match command:
        case c.Fetch(numbers=numbers, by_uid=by_uid):
            partly = command.vanished or command.partial is not None
            return partly or here.reaches_unread(numbers, by_uid=by_uid)
        case c.Store(numbers=numbers, by_uid=by_uid) | c.Copy(numbers=numbers, by_uid=by_uid):
            return here.reaches_unread(numbers, by_uid=by_uid)
        case c.Move(numbers=numbers, by_uid=by_uid) | c.Replace(number=numbers, by_uid=by_uid):
            return here.reaches_unread(numbers, by_uid=by_uid)
        case _:
            return isinstance(command, _ALL)


async def read_for_news(session: Session, news: list[Change]) -> None:
    """Before others' changes are told: those to messages that have not been read need their numbers."""
    low = session.here.uids.low
    if session.here.uids.unread and any(0 < change.uid < low for change in news):
        await read(session)


async def read(session: Session) -> None:
    """Read what is unread. When the journal does not reach back so far the session ends, for its numbers mean nothing
    any more: StoreBusy."""
    here, owner_id = session.here, session.here.owner_id
    if not here.uids.unread:
        return
    low, since = here.uids.low, here.unread_since

    def head(tx: Transaction) -> Uids:
        database.one_snapshot(tx)
        now = snapshot.uids(tx, owner_id, here.mailbox_id, below=low)
        gone = [uid for uid in changes.expunged_since(tx, owner_id, here.mailbox_id, since) if uid < low]
        return Uids.of(sorted({*now, *gone})) if gone else now

    read = await session.context.offload.read(head)
    try:
        here.uids = here.uids.with_head(read)
    except LookupError:
        session.over = True
        session.wire.write(responses.bye("The mailbox has changed too much since it was opened"))
        raise StoreBusy from None
    session.shared.views.keep(owner_id, here)


def brought_up(tx: Transaction, owner_id: int, mailbox_id: int, view: View, most: int) -> Uids | None:
    """The uids of a view that others have left, with what the journal says has happened since; None when that is more
    than ``most`` changes, or has been forgotten."""
    if view.modseq < changes.pruned(tx, owner_id):
        return None
    news = changes.since(tx, owner_id, view.modseq, mailbox_id, limit=most + 1)
    if len(news) > most:
        return None
    last = view.uids[-1] if view.uids else 0
    come = sorted({change.uid for change in news if change.what is changes.What.APPENDED and change.uid > last})
    gone = sorted({change.uid for change in news if change.what is changes.What.EXPUNGED})
    return view.uids.with_more(come).without(gone)
