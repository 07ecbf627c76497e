"""Reading the journal backwards: what there was at a time, and what it takes to have it again.

The first change after the time is the border; everything from it on is taken back in thought. For a message the oldest
row behind the border says how it was: APPENDED, it was not there; EXPUNGED or FLAGS, it was, with the flags kept in
that row. Nothing here writes.

What came since stays: a restoration never takes away mail. A message that was moved since is moved back, and one that
was copied and then removed is taken from the copy only if it is not in any place where it was then. RFC 9051 §2.3.1.1
lets no uid come twice, so what returns to a mailbox has a new uid there; the message behind it is the same (RFC 8474
EMAILID), and so are its flags and internal date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeVar

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from mailnode.errors import NoSuchMailbox, NotKept
from mailnode.store import mailboxes, retention
from mailnode.store.changes import What
from mailnode.store.models import Entry, Journal, Message, UserCounter

CHUNK = 500
T = TypeVar("T")
Place = tuple[int, int]  # mailbox id, uid
Came = dict[int, dict[int, list[int]]]  # by message and mailbox: uids
Choice = Literal["everything", "mailbox", "messages"]


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be as it was at ``at`` (epoch seconds): the mailbox that had this name then, or these messages
    (by mailbox id and uid as they were then), or everything."""

    at: int
    mailbox: str | None = None
    messages: frozenset[Place] | None = None


@dataclass(frozen=True, slots=True)
class Then:
    """A mailbox as it was. ``now`` is None where it is gone; ``heir`` is then the mailbox that has its name now."""

    id: int
    name: str
    selectable: bool
    special_use: str | None
    now: mailboxes.MailboxRow | None
    heir: int | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """The tree, parents first, and the subscriptions at a time; ``cut`` is the last modseq that belongs to it."""

    cut: int
    tree: tuple[Then, ...]
    subscribed: frozenset[str]
    choice: Choice


Kind = Literal["return", "move", "flags", "lost"]


@dataclass(frozen=True, slots=True)
class Step:
    """What has to happen with one message.

    ``mailbox_id`` and ``uid`` are where it was; ``now`` is where it is, for a move and for flags. A lost one is kept no
    more. ``size`` in bytes.
    """

    kind: Kind
    mailbox_id: int
    uid: int
    message_id: int
    internal_date: int
    bits: int
    keywords: str
    size: int
    subject: str
    sender: str
    now: Place | None = None


class _Touched(NamedTuple):
    """A message that was there and is not as it was, straight from the journal."""

    mailbox_id: int
    uid: int
    first: int
    first_old: str
    last: int
    last_old: str
    message_id: int | None
    flags: int | None
    keywords: str | None
    internal_date: int | None


def past(tx: Session, user_id: int, aim: Aim) -> Past:
    """What there was. Raises NotKept, NoSuchMailbox."""
    if aim.at < retention.held(tx, user_id).since:
        raise NotKept
    cut = _cut(tx, user_id, aim.at)
    tree, subscribed = _tree(tx, user_id, cut)
    choice: Choice = "everything"
    if aim.messages is not None:
        choice, wanted = "messages", {mailbox_id for mailbox_id, _ in aim.messages}
        tree = [one for one in tree if one.id in wanted]
    elif aim.mailbox is not None:
        choice, tree = "mailbox", [_named(tree, aim.mailbox)]
    return Past(cut, tuple(sorted(tree, key=_depth)), frozenset(subscribed), choice)


def batches(many: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The same in lists of at most ``size``."""
    source = iter(many)
    while some := list(islice(source, size)):
        yield some


def _depth(one: Then) -> tuple[int, str]:
    return one.name.count(mailboxes.SEPARATOR), one.name


def _named(tree: list[Then], name: str) -> Then:
    """By the name that it had then, else by the one that it has now."""
    wanted = mailboxes.normal(name)
    for one in tree:
        if one.name == wanted and one.selectable:
            return one
    for one in tree:
        if one.now is not None and one.now.name == wanted and one.selectable:
            return one
    raise NoSuchMailbox("There was no such mailbox at that time")


def _cut(tx: Session, user_id: int, at: int) -> int:
    """The modseq before the first change after ``at``. Clocks may differ and go back, modseqs do not."""
    first = select(func.min(Journal.modseq)).where(Journal.user_id == user_id, Journal.at > at)
    found = tx.connection().execute(first).scalar()
    if found is not None:
        return int(found) - 1
    return tx.connection().execute(select(UserCounter.modseq).where(UserCounter.user_id == user_id)).scalar() or 0


def _tree(tx: Session, user_id: int, cut: int) -> tuple[list[Then], set[str]]:
    now = {row.id: row for row in mailboxes.tree(tx, user_id)}
    found = {row.id: Then(row.id, row.name, row.selectable, row.special_use, row) for row in now.values()}
    subscribed = mailboxes.subscriptions(tx, user_id)
    rows = tx.connection().execute(
        select(Journal.mailbox_id, Journal.what, Journal.old)
        .where(Journal.user_id == user_id, Journal.modseq > cut, Journal.what >= What.MAILBOX_CREATED)
        .order_by(Journal.modseq.desc(), Journal.id.desc())
    )
    for mailbox_id, what, old in rows:
        if what == What.SUBSCRIPTION:
            (subscribed.add if old[0] == "+" else subscribed.discard)(old[1:])
        else:
            _take_back(found, mailbox_id, what, old)
    heirs = {row.name: row.id for row in now.values() if row.selectable}
    then = [one if one.now is not None else replace(one, heir=heirs.get(one.name)) for one in found.values()]
    return then, subscribed


def _take_back(found: dict[int, Then], mailbox_id: int, what: int, old: str) -> None:
    """One change of the tree, undone in ``found``."""
    match what:
        case What.MAILBOX_REMOVED:
            name, _, special_use = old.partition("\t")
            now = found[mailbox_id].now if mailbox_id in found else None
            found[mailbox_id] = Then(mailbox_id, name, True, special_use or None, now)
        case What.MAILBOX_RENAMED if mailbox_id in found:
            found[mailbox_id] = replace(found[mailbox_id], name=old)
        case What.MAILBOX_CREATED if old == "bare" and mailbox_id in found:
            found[mailbox_id] = replace(found[mailbox_id], selectable=False)
        case What.MAILBOX_CREATED:
            found.pop(mailbox_id, None)


def steps(tx: Session, user_id: int, aim: Aim, of: Past) -> Iterator[Step]:
    """What has to happen with the messages, by mailbox and uid; read as it is asked for."""
    chosen = {one.id: one.heir or one.id for one in of.tree}
    came = _came(tx, user_id, of.cut)
    touched = tx.connection().execute(
        _touched(whole=of.choice == "everything"),
        {"k_user": user_id, "k_cut": of.cut, "k_mailboxes": sorted(chosen) or [0]},
    )
    rows = map(_Touched._make, touched.yield_per(CHUNK))
    wanted = (
        row
        for row in rows
        if row.mailbox_id in chosen and (aim.messages is None or (row.mailbox_id, row.uid) in aim.messages)
    )
    for some in batches(wanted):
        yield from _judged(tx, user_id, some, came, chosen)


def _touched(*, whole: bool) -> Any:
    """Each message that was there at the cut and is not as it was: its oldest and its newest row behind the cut, and
    its entry if it has one. A user's rows have ids in the order of their modseqs."""
    mine = [
        Journal.user_id == bindparam("k_user"),
        Journal.modseq > bindparam("k_cut"),
        Journal.what < What.MAILBOX_CREATED,
    ]
    if not whole:
        mine.append(Journal.mailbox_id.in_(bindparam("k_mailboxes", expanding=True)))
    ends = (
        select(Journal.mailbox_id, Journal.uid, func.min(Journal.id).label("first"), func.max(Journal.id).label("last"))
        .where(*mine)
        .group_by(Journal.mailbox_id, Journal.uid)
        .subquery()
    )
    first, last = aliased(Journal), aliased(Journal)
    same = and_(Entry.user_id == bindparam("k_user"), Entry.mailbox_id == ends.c.mailbox_id, Entry.uid == ends.c.uid)
    return (
        select(
            ends.c.mailbox_id, ends.c.uid, first.what, first.old, last.what, last.old,
            Entry.message_id, Entry.flags, Entry.keywords, Entry.internal_date,
        )
        .select_from(ends)
        .join(first, first.id == ends.c.first)
        .join(last, last.id == ends.c.last)
        .outerjoin(Entry, same)
        .where(first.what != What.APPENDED)
        .order_by(ends.c.mailbox_id, ends.c.uid)
    )  # fmt: skip


def _came(tx: Session, user_id: int, cut: int) -> Came:
    """Where messages are that were put there since: some were moved, others are new."""
    same = and_(Journal.user_id == Entry.user_id, Journal.mailbox_id == Entry.mailbox_id, Journal.uid == Entry.uid)
    statement = (
        select(Entry.message_id, Entry.mailbox_id, Entry.uid)
        .join(Journal, same)
        .where(Journal.user_id == user_id, Journal.modseq > cut, Journal.what == What.APPENDED)
        .order_by(Entry.mailbox_id, Entry.uid.desc())
    )
    found: Came = {}
    for message_id, mailbox_id, uid in tx.connection().execute(statement):
        found.setdefault(message_id, {}).setdefault(mailbox_id, []).append(uid)
    return found


def _judged(tx: Session, user_id: int, rows: list[_Touched], came: Came, homes: dict[int, int]) -> Iterator[Step]:
    """``homes``: the mailbox that stands for each one now."""
    ids = {_message_of(row) for row in rows}
    statement = select(Message.id, Message.size, Message.subject, Message.sender).where(
        Message.user_id == user_id, Message.id.in_(bindparam("ids", expanding=True))
    )
    known = {row.id: row for row in tx.connection().execute(statement, {"ids": sorted(ids)})}
    places = (came.get(one, {}).items() for one in ids)
    present = _present(tx, user_id, [(mailbox_id, uid) for one in places for mailbox_id, uids in one for uid in uids])
    for row in rows:
        step = _step(row, known.get(_message_of(row)), came, present, homes[row.mailbox_id])
        if step is not None:
            yield step


def _present(tx: Session, user_id: int, places: list[Place]) -> dict[Place, tuple[int, str]]:
    """The flags of these entries."""
    found: dict[Place, tuple[int, str]] = {}
    by_mailbox: defaultdict[int, list[int]] = defaultdict(list)
    for mailbox_id, uid in places:
        by_mailbox[mailbox_id].append(uid)
    for mailbox_id, uids in by_mailbox.items():
        for some in batches(uids):
            rows = tx.connection().execute(
                select(Entry.uid, Entry.flags, Entry.keywords).where(
                    Entry.user_id == user_id, Entry.mailbox_id == mailbox_id, Entry.uid.in_(some)
                )
            )
            found |= {(mailbox_id, row.uid): (row.flags, row.keywords) for row in rows}
    return found


def _message_of(row: _Touched) -> int:
    return row.message_id if row.message_id is not None else int(row.last_old.split(" ", 1)[0] or 0)


def _step(row: _Touched, message: Any, came: Came, present: dict[Place, tuple[int, str]], home: int) -> Step | None:
    bits, keywords = _flags_then(row)
    kind: Kind
    now: Place | None
    if row.message_id is not None:  # it is still there
        if (bits, keywords) == (row.flags, row.keywords):
            return None
        kind, now, date = "flags", (row.mailbox_id, row.uid), row.internal_date
    elif row.last != What.EXPUNGED:
        return None  # its entry is gone without a word: a matter for the consistency check
    else:
        date = int(row.last_old.split(" ", 2)[1])
        kind, now = _way_back(home, came.get(_message_of(row), {}))
        if kind == "flags" and now is not None and present.get(now) == (bits, keywords):
            return None
    found = message if message is not None else _NOTHING
    if message is None:
        kind, now = "lost", None
    return Step(
        kind, row.mailbox_id, row.uid, _message_of(row), date or 0, bits, keywords,
        found.size, found.subject, found.sender, now,
    )  # fmt: skip


class _Nothing(NamedTuple):
    size: int = 0
    subject: str = ""
    sender: str = ""


_NOTHING = _Nothing()


def _way_back(mailbox_id: int, places: dict[int, list[int]]) -> tuple[Kind, Place | None]:
    """From where a removed message comes: from another uid of its mailbox, from another mailbox, from what is kept.
    Each place serves once."""
    source = mailbox_id if mailbox_id in places else next(iter(places), None)
    if source is None:
        return "return", None
    uid = places[source].pop()
    if not places[source]:
        del places[source]
    return "flags" if source == mailbox_id else "move", (source, uid)


def _flags_then(row: _Touched) -> tuple[int, str]:
    """The oldest row keeps them: ``bits keywords…``, in EXPUNGED behind the message's id and date."""
    text = row.first_old.split(" ", 2)[2] if row.first == What.EXPUNGED else row.first_old
    bits, _, keywords = text.partition(" ")
    return int(bits), keywords
