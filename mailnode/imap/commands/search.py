"""SEARCH, SORT and THREAD, by number and by uid (RFC 9051 §6.4.4, RFC 5256).

What the session has not been told of yet is not found either. A plain answer is one line of numbers; with RETURN it is
ESEARCH (RFC 4731, RFC 5182, RFC 5267, RFC 9394). Fuzzy searches have a relevancy (RFC 6203).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import ProtocolError
from mailnode.imap import sorting
from mailnode.imap.contexts import Context
from mailnode.imap.questions import asks_age, asks_modseq, asks_relevancy, question
from mailnode.imap.results import named, relevancy, results
from mailnode.imap.selected import Selected
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Search, SearchReturn, Sort, Thread
from mailnode.proto.imap.responses import Reply
from mailnode.proto.imap.watching import CancelUpdate
from mailnode.store import changes, messages
from mailnode.store import search as searching
from mailnode.store.query import Query

T = TypeVar("T")
Scores = dict[int, int]  # by uid


async def search(session: Session, command: Search) -> Reply:
    here = session.here
    if session.accept and command.charset is not None:
        raise ProtocolError("A search without CHARSET was expected")  # RFC 6855 §3
    wanted = question(here, command.key)
    scored = asks_relevancy(command.key, command.returns)

    def read(tx: Transaction) -> tuple[int, Scores]:
        return changes.latest(tx, here.owner_id), _found(tx, here, wanted, scored=scored)

    modseq, scores = await _in_turn(session, read)
    uids = _known(here, [*scores])
    lines = _kept_up(session, command, wanted, modseq, uids, [*scores])
    return await _answer(session, command, uids, lines, scores)


async def sort(session: Session, command: Sort) -> Reply:
    here = session.here
    wanted = question(here, command.key)
    scored = asks_relevancy(command.key, command.returns, command.criteria)

    def read(tx: Transaction) -> tuple[int, Scores, list[int]]:
        modseq, scores = changes.latest(tx, here.owner_id), _found(tx, here, wanted, scored=scored)
        uids = _known(here, [*scores])
        among, keys = here.ranges_of(uids), command.criteria
        return modseq, scores, sorting.ordered(tx, here.owner_id, here.mailbox_id, among, {*uids}, keys, scores)

    modseq, scores, uids = await _in_turn(session, read)
    lines = _kept_up(session, command, wanted, modseq, uids, [*scores])
    return await _answer(session, command, uids, lines, scores)


def _found(tx: Transaction, here: Selected, wanted: Query, *, scored: bool) -> Scores:
    """The uids that match, in order, each with its relevancy where that is asked for."""
    if scored:
        return dict(searching.find_scored(tx, here.owner_id, here.mailbox_id, wanted))
    return dict.fromkeys(searching.find(tx, here.owner_id, here.mailbox_id, wanted), 0)


async def cancel_update(session: Session, command: CancelUpdate) -> Reply:
    """All of these searches are told of no more, or none (RFC 5267 §4.3.5)."""
    kept = session.here.contexts.kept
    if not kept.keys() >= set(command.tags):
        return responses.no(command, "No search with this tag is kept up to date")
    for tag in command.tags:
        kept.pop(tag, None)
    return responses.ok(command, "Done")


def _kept_up(
    session: Session, command: Search | Sort, wanted: Query, modseq: int, uids: list[int], found: list[int]
) -> list[bytes]:
    """From now on the client hears how the result changes (RFC 5267 §4.3): of ``found`` it knows ``uids``, in their
    order. Where that cannot be it is told so."""
    if command.returns is None or not command.returns.update:
        return []
    contexts = session.here.contexts
    if command.tag in contexts.kept:
        raise ProtocolError("Another search with this tag is kept up to date; another tag was expected")
    criteria = command.criteria if isinstance(command, Sort) else ()
    if asks_age(command.key) or asks_relevancy(command.key, None, criteria) or not contexts.can_take_one:
        return [responses.untagged_no("This search is not kept up to date", responses.no_update(command.tag))]
    context = Context(command.tag, command.by_uid, wanted, criteria, {*uids}, [*uids] if criteria else [])
    contexts.keep(context, modseq, {*found} - context.members)
    return []


async def thread(session: Session, command: Thread) -> Reply:
    here = session.here
    wanted = question(here, command.key)

    def read(tx: Transaction) -> bytes:
        found = _known(here, searching.find(tx, here.owner_id, here.mailbox_id, wanted))
        shown = found if command.by_uid else _numbers(here, found)
        numbers = dict(zip(found, shown, strict=True))
        return sorting.threaded(tx, here.owner_id, here.mailbox_id, here.ranges_of(found), numbers, command.algorithm)

    return responses.ok(command, "Done", [responses.thread(await _in_turn(session, read))])


async def _in_turn(session: Session, step: Callable[[Transaction], T]) -> T:
    """Searches of one user wait for each other."""
    return await session.shared.searches.run(session.user_id, lambda: session.context.offload.read(step))


def _known(here: Selected, uids: list[int]) -> list[int]:
    """Without what the client has not been told of."""
    return [uid for uid, place in zip(uids, here.uids.places(uids), strict=True) if place >= 0]


def _numbers(here: Selected, uids: Sequence[int]) -> list[int]:
    return [place + 1 for place in here.uids.places(uids)]


async def _answer(
    session: Session, command: Search | Sort, uids: list[int], before: list[bytes], scores: Scores
) -> Reply:
    """``uids`` in the order of the answer, ``before`` are lines in front of it."""
    here, wanted = session.here, command.returns
    if wanted is None and session.rev2 and isinstance(command, Search):
        wanted = SearchReturn(all=True)  # RFC 9051 §7.3.4: there is no other answer
    lines = [*before, *(session.want_modseqs() if asks_modseq(command.key) else [])]
    found = uids if command.by_uid else _numbers(here, uids)
    with_modseq = asks_modseq(command.key) and bool(uids)
    if wanted is not None and wanted.save:
        here.saved = sorted(named(uids, wanted))
    about = uids if wanted is None else named(uids, wanted)
    modseq = await _highest(session, about) if with_modseq and about else None
    if wanted is None:
        print_ = responses.sort if isinstance(command, Sort) else responses.search
        lines.append(print_(found, modseq))
    elif wanted.answers:
        items = results(found, wanted)
        if modseq is not None:
            items.append(("MODSEQ", b"%d" % modseq))
        items += relevancy(uids, wanted, scores)
        lines.append(responses.esearch(command.tag, items, by_uid=command.by_uid))
    return responses.ok(command, "Done", lines)


async def _highest(session: Session, uids: Sequence[int]) -> int:
    ranges = session.here.ranges_of(sorted(uids))
    rows = await session.context.offload.read(
        lambda tx: [*messages.rows(tx, session.here.owner_id, session.here.mailbox_id, ranges, ("modseq",))]
    )
    return max((row[0] for row in rows), default=0)
