"""Searches whose results are kept up to date: what joins a result is told by ADDTO, what leaves it by REMOVEFROM.

RFC 5267 §4.3. Whatever the journal says of a message, by whomever it was changed, makes the message be asked for again;
nothing else is searched. A message that goes is told before its EXPUNGE, one that comes after its EXISTS. Keys about
message numbers mean the messages that had these numbers when the search was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session as Transaction

from mailnode.imap import sorting
from mailnode.proto.imap.commands import SortKey
from mailnode.proto.imap.sequence_set import print_set
from mailnode.store import changes, query, ranges, search
from mailnode.store.changes import What

MOST = 10  # in one session
_TOUCHED = (What.APPENDED, What.FLAGS)
Update = tuple[int, list[int]]  # a place in the result, 0 for one in mailbox order, and the uids there


@dataclass(slots=True)
class Context:
    """One search and its result as the client knows it; ``order`` only where it is sorted."""

    tag: str
    by_uid: bool
    query: query.Query
    criteria: tuple[SortKey, ...]
    members: set[int]
    order: list[int] = field(default_factory=list)

    def remove(self, uids: Iterable[int]) -> list[Update]:
        """Take these out; where each stood once those before it were gone (RFC 5267 §4.3.4)."""
        gone = self.members.intersection(uids)
        self.members -= gone
        if not self.criteria:
            return [(0, sorted(gone))] if gone else []
        removed: list[tuple[int, int]] = []
        kept: list[int] = []
        for uid in self.order if gone else ():
            if uid in gone:
                removed.append((len(kept) + 1, uid))
            else:
                kept.append(uid)
        self.order = kept if gone else self.order
        return _grouped(removed, step=0)

    def add(self, uids: Sequence[int], order: Sequence[int]) -> list[Update]:
        """Put these in; where each stands when all are there (RFC 5267 §4.3.3)."""
        fresh = {uid for uid in uids if uid not in self.members}
        self.members |= fresh
        if not self.criteria:
            return [(0, sorted(fresh))] if fresh else []
        self.order = [*order] if fresh else self.order
        return _grouped([(place, uid) for place, uid in enumerate(self.order, 1) if uid in fresh], step=1)


def _grouped(placed: Iterable[tuple[int, int]], *, step: int) -> list[Update]:
    """Neighbours together: ``step`` is how far the next one is behind the last in the same group."""
    groups: list[Update] = []
    for place, uid in placed:
        if groups and place == groups[-1][0] + step * len(groups[-1][1]):
            groups[-1][1].append(uid)
        else:
            groups.append((place, [uid]))
    return groups


@dataclass(slots=True)
class Contexts:
    """Those of one selected mailbox. The journal was read up to ``modseq``; ``unknown`` are messages that it told of
    before the client was."""

    kept: dict[str, Context] = field(default_factory=dict)
    modseq: int = 0
    unknown: set[int] = field(default_factory=set)

    @property
    def can_take_one(self) -> bool:
        return len(self.kept) < MOST

    def keep(self, context: Context, modseq: int, unknown: Iterable[int]) -> None:
        """``modseq``: what the search has seen; ``unknown``: matches of which the client has not heard."""
        self.modseq = min(self.modseq, modseq) if self.kept else modseq
        self.unknown |= {*unknown}
        self.kept[context.tag] = context


@dataclass(frozen=True, slots=True)
class Look:
    """What has been touched since the last look, and for each search its matches among that, with the whole of a sorted
    result in its new order."""

    modseq: int
    touched: frozenset[int]
    matches: dict[str, tuple[list[int], list[int]]]


def look(tx: Transaction, user_id: int, mailbox_id: int, contexts: Contexts) -> Look | None:
    """None when nothing has happened."""
    if not contexts.kept:
        return None
    latest = changes.latest(tx, user_id)
    if latest <= contexts.modseq and not contexts.unknown:
        return None
    rows = changes.since(tx, user_id, contexts.modseq, mailbox_id)
    gone = {row.uid for row in rows if row.what is What.EXPUNGED}
    touched = (frozenset(row.uid for row in rows if row.what in _TOUCHED) | contexts.unknown) - gone
    among = query.Uids(tuple(ranges.of(touched)))
    matches: dict[str, tuple[list[int], list[int]]] = {}
    for tag, context in contexts.kept.items() if touched else ():
        found = search.find(tx, user_id, mailbox_id, query.And((among, context.query)))
        order: list[int] = []
        if context.criteria and not context.members.issuperset(found):
            whole = context.members.difference(touched).union(found)
            order = sorting.ordered(tx, user_id, mailbox_id, ranges.of(whole), whole, context.criteria)
        matches[tag] = found, order
    return Look(max([latest, *(row.modseq for row in rows)]), touched, matches)


def printed(updates: Sequence[Update], numbers: dict[int, int] | None) -> bytes:
    """The value of ADDTO and REMOVEFROM; ``numbers`` for a search by message number."""
    groups = (
        b"%d %b" % (place, print_set(uids if numbers is None else [numbers[uid] for uid in uids]))
        for place, uids in updates
    )
    return b"(%b)" % b" ".join(groups)
