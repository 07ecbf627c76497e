"""ESEARCH: one search in several mailboxes, answered by uid for each that has a match (RFC 7377)."""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import ProtocolError
from mailnode.imap.questions import asks_modseq, asks_relevancy, question
from mailnode.imap.results import named, relevancy, results
from mailnode.imap.selected import Selected
from mailnode.imap.session import Session
from mailnode.imap.sources import chosen
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import MultiSearch, SearchReturn
from mailnode.proto.imap.responses import Reply
from mailnode.store import access, mailboxes, messages, ranges, snapshot
from mailnode.store import search as searching
from mailnode.store.access import Seen

_ALL = SearchReturn(all=True)


async def multisearch(session: Session, command: MultiSearch) -> Reply:
    if command.returns is not None and command.returns.save:
        raise ProtocolError("SAVE belongs to SEARCH")  # its result would be of several mailboxes: RFC 7377 §2.2
    if session.accept and command.charset is not None:
        raise ProtocolError("A search without CHARSET was expected")  # RFC 6855 §3
    user_id = session.user_id
    refused: list[bytes] = []
    if command.returns is not None and command.returns.update:
        refused.append(responses.untagged_no("This search is not kept up to date", responses.no_update(command.tag)))
    lines = await session.shared.searches.run(
        user_id, lambda: session.context.offload.read(lambda tx: _everywhere(tx, session, command))
    )
    announced = session.want_modseqs() if asks_modseq(command.key) else []
    return responses.ok(command, "Done", [*refused, *announced, *lines])


def _everywhere(tx: Transaction, session: Session, command: MultiSearch) -> list[bytes]:
    user_id, selected = session.user_id, session.selected
    readable = [seen for seen in access.tree(tx, session.who) if "r" in seen.access.rights]
    found: list[bytes] = []
    here_id = selected.mailbox_id if selected is not None else None
    for seen in chosen(command.sources, readable, mailboxes.subscriptions(tx, user_id), here_id):
        view = selected if selected is not None and seen.id == here_id else _view(tx, seen)
        scores = _found(tx, command, seen, view)
        uids = [uid for uid in scores if view.number(uid)]
        if uids:
            found.append(_line(tx, session, command, seen, uids, scores))
    return found


def _view(tx: Transaction, seen: Seen) -> Selected:
    """The mailbox as a session would see it that opens it now, to read only."""
    row = seen.row
    return Selected(
        owner_id=seen.owner_id,
        mailbox_id=row.id,
        name=row.name,
        uid_validity=row.uid_validity,
        uids=snapshot.uids(tx, seen.owner_id, row.id),
        modseq=row.highest_modseq,
        seen_modseq=0,
        first_recent=row.first_recent,
        read_only=True,
    )


def _found(tx: Transaction, command: MultiSearch, seen: Seen, view: Selected) -> dict[int, int]:
    """The uids that match, in order, each with its relevancy where that is asked for."""
    wanted = question(view, command.key)
    if asks_relevancy(command.key, command.returns):
        return dict(searching.find_scored(tx, seen.owner_id, seen.id, wanted))
    return dict.fromkeys(searching.find(tx, seen.owner_id, seen.id, wanted), 0)


def _line(
    tx: Transaction, session: Session, command: MultiSearch, seen: Seen, uids: list[int], scores: dict[int, int]
) -> bytes:
    wanted = command.returns or _ALL
    items = results(uids, wanted)
    if asks_modseq(command.key):
        about = ranges.of(named(uids, wanted))
        modseqs = [modseq for (modseq,) in messages.rows(tx, seen.owner_id, seen.id, about, ("modseq",))]
        items.append(("MODSEQ", b"%d" % max(modseqs, default=0)))
    items += relevancy(uids, wanted, scores)
    where = responses.esearch_where(seen.row.name, seen.row.uid_validity, utf8=session.utf8)
    return responses.esearch(command.tag, items, by_uid=True, where=where)
