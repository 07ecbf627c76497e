"""Putting mail back as it was: mailboxes first, then the messages, a batch in each transaction.

What there is to do comes from `store.rewind`. Restoring twice does nothing the second time, so one that was
interrupted is simply repeated; it never removes mail. A mailbox that was removed comes back under its name, or in the
mailbox that has this name now; it has a new id and a new UIDVALIDITY (RFC 9051 §2.3.1.1), so clients load it anew.
It is shared with nobody: who might read it then is not known, and the list of the mailbox above may be longer.
Restored messages count against the quota again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from mailnode.errors import MailboxExists, OverQuota, TooManyMessages
from mailnode.store import changes, entries, mailboxes, quota, ranges, retention, rewind
from mailnode.store.changes import What
from mailnode.store.entries import FlagMode
from mailnode.store.flags import Flags
from mailnode.store.models import Entry, Journal
from mailnode.store.rewind import Aim, Past, Place, Step, Then

T = TypeVar("T")
BATCH = 500
Write = Callable[[Callable[[Session], T]], T]


@dataclass(frozen=True, slots=True)
class TreeStep:
    """What has to happen with a mailbox, or with a subscription to its name.

    ``join``: there is another mailbox of this name now, and the messages go there. ``taken``: for that reason the
    mailbox keeps its present name ``was``.
    """

    kind: Literal["make", "join", "rename", "taken", "subscribe", "unsubscribe"]
    name: str
    was: str = ""
    then: Then | None = None


@dataclass(slots=True)
class Done:
    """What was done, or would be: numbers of messages, and of bytes that count against the quota again."""

    tree: list[TreeStep] = field(default_factory=list)
    returned: int = 0
    moved: int = 0
    flagged: int = 0
    lost: int = 0
    size: int = 0

    @property
    def messages(self) -> int:
        return self.returned + self.moved + self.flagged

    def count(self, step: Step) -> None:
        match step.kind:
            case "return":
                self.returned += 1
                self.size += step.size
            case "move":
                self.moved += 1
            case "flags":
                self.flagged += 1
            case "lost":
                self.lost += 1

    def add(self, other: Done) -> None:
        for name in ("returned", "moved", "flagged", "lost", "size"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def look(tx: Session, user_id: int, aim: Aim, each: Callable[[Step, str], None] | None = None) -> Done:
    """What `run` would do. ``each`` is called for every message, with the mailbox's name then. Raises NotKept,
    NoSuchMailbox."""
    past = rewind.past(tx, user_id, aim)
    found = Done(tree_steps(tx, user_id, past))
    names = {one.id: one.name for one in past.tree}
    joined: set[int] = set()
    for step in rewind.steps(tx, user_id, aim, past):
        found.count(step)
        joined.add(step.mailbox_id)
        if each is not None:
            each(step, names[step.mailbox_id])
    found.tree = [one for one in found.tree if one.kind != "join" or (one.then is not None and one.then.id in joined)]
    return found


def run(
    tx: Session,
    write: Callable[[Callable[[Session], Done]], Done],
    user_id: int,
    aim: Aim,
    *,
    most: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Done:
    """Put it back. ``tx`` is for reading and stays open; ``write`` runs a step in a transaction of its own.

    Raises NotKept, NoSuchMailbox, OverQuota (before anything is done, unless the room goes meanwhile), TooManyMessages
    where there are more than ``most``.
    """
    wanted = look(tx, user_id, aim)
    if most is not None and wanted.messages > most:
        raise TooManyMessages
    _require_room(tx, user_id, wanted)
    past, work = rewind.past(tx, user_id, aim), _Work(user_id, changes.latest(tx, user_id))
    write(lambda tx: work.tree(tx, past))
    done = Done(wanted.tree)
    for some in rewind.batches(rewind.steps(tx, user_id, aim, past), BATCH):
        done.add(write(lambda tx, some=some: work.messages(tx, some)))  # type: ignore[misc]
        progress(min(done.messages + done.lost, wanted.messages + wanted.lost), wanted.messages + wanted.lost)
    return done


def _require_room(tx: Session, user_id: int, wanted: Done) -> None:
    now = quota.usage(tx, user_id)
    many = now.message_limit and wanted.returned and now.messages + wanted.returned > now.message_limit
    if many or (now.size_limit and wanted.size and now.size + wanted.size > now.size_limit):
        raise OverQuota


def tree_steps(tx: Session, user_id: int, past: Past) -> list[TreeStep]:
    """What has to happen with the tree, in order: names are given back before anything takes one of them."""
    names = {row.id: row.name for row in mailboxes.tree(tx, user_id)}
    found: list[TreeStep] = []
    for one in sorted(past.tree, key=lambda one: one.now is None):
        step = _tree_step(one, names, past)
        if step is not None:
            found.append(step)
    return found + _subscriptions(mailboxes.subscriptions(tx, user_id), past)


def _tree_step(one: Then, names: dict[int, str], past: Past) -> TreeStep | None:
    """One mailbox; ``names`` are those that there will be when it is its turn."""
    if one.now is None or (one.selectable and not one.now.selectable):
        if not one.selectable:
            return None  # a bare name comes back with what lies below it
        if one.heir is not None and names[one.heir] == one.name:
            return TreeStep("join", one.name, then=one)
        return TreeStep("make", one.name, then=one)
    was = names[one.id]
    if was == one.name or past.choice == "messages" or mailboxes.INBOX in (was, one.name):
        return None
    if one.name in names.values():
        return TreeStep("taken", one.name, was, one)
    for mailbox_id, name in names.items():
        if f"{name}/".startswith(f"{was}/"):
            names[mailbox_id] = one.name + name[len(was) :]
    return TreeStep("rename", one.name, was, one)


def _subscriptions(now: set[str], past: Past) -> list[TreeStep]:
    """Those to mailboxes that there were; names that are new keep theirs."""
    if past.choice == "messages":
        return []
    names = {one.name for one in past.tree}
    missing = past.subscribed - now if past.choice == "everything" else (past.subscribed - now) & names
    return [TreeStep("subscribe", name) for name in sorted(missing)] + [
        TreeStep("unsubscribe", name) for name in sorted((now - past.subscribed) & names)
    ]


class _Work:
    """One restoration as it goes on: where each mailbox is now, and up to which modseq it knows all changes."""

    def __init__(self, user_id: int, seen: int) -> None:
        self.user_id = user_id
        self.seen = seen
        self.places: dict[int, int] = {}

    def tree(self, tx: Session, past: Past) -> Done:
        """All mailboxes and subscriptions, in one transaction."""
        self.places = {one.id: one.id for one in past.tree}
        for step in tree_steps(tx, self.user_id, past):
            self._one_mailbox(tx, step)
        self.seen = changes.latest(tx, self.user_id)
        return Done()

    def _one_mailbox(self, tx: Session, step: TreeStep) -> None:
        match step:
            case TreeStep("make", name, then=Then() as then):
                self.places[then.id] = _made(tx, self.user_id, name, then.special_use)
            case TreeStep("join", name, then=Then() as then):
                self.places[then.id] = mailboxes.by_name(tx, self.user_id, name).id
            case TreeStep("rename", name, then=Then() as then):
                mailboxes.rename(tx, self.user_id, mailboxes.by_id(tx, self.user_id, then.id).name, name)
            case TreeStep("subscribe" | "unsubscribe" as kind, name):
                mailboxes.subscribe(tx, self.user_id, name, on=kind == "subscribe")

    def messages(self, tx: Session, steps: list[Step]) -> Done:
        """One batch, in one transaction; what somebody else has put back meanwhile is left alone."""
        done, others = Done(), self._others(tx)
        steps = [one for one in steps if (self.places[one.mailbox_id], one.message_id) not in others]
        missed = self._move(tx, [one for one in steps if one.kind == "move"], done)
        back = [one for one in steps if one.kind == "return"] + missed
        self._return(tx, back, done)
        self._flag(tx, [(one.now, one) for one in steps if one.kind == "flags" and one.now is not None], done)
        done.lost += sum(1 for one in steps if one.kind == "lost")
        self.seen = changes.latest(tx, self.user_id)
        return done

    def _others(self, tx: Session) -> set[tuple[int, int]]:
        """Mailbox and message of what others have put anywhere since the last batch."""
        same = and_(Journal.user_id == Entry.user_id, Journal.mailbox_id == Entry.mailbox_id, Journal.uid == Entry.uid)
        rows = tx.connection().execute(
            select(Entry.mailbox_id, Entry.message_id)
            .join(Journal, same)
            .where(Journal.user_id == self.user_id, Journal.modseq > self.seen, Journal.what == What.APPENDED)
        )
        return {(row[0], row[1]) for row in rows}

    def _move(self, tx: Session, steps: list[Step], done: Done) -> list[Step]:
        """Move back what is elsewhere now; those that are no longer there have to be returned."""
        groups: defaultdict[tuple[int, int], list[Step]] = defaultdict(list)
        for one in steps:
            if one.now is not None:
                groups[one.now[0], self.places[one.mailbox_id]].append(one)
        missed: list[Step] = []
        for (source, target), members in groups.items():
            uids = ranges.of(one.now[1] for one in members if one.now is not None)
            moved = entries.move(tx, self.user_id, source, uids, target)
            new = dict(zip(moved.old, moved.new, strict=True))
            there = [(new.get(one.now[1]) if one.now else None, one) for one in members]
            missed += [one for uid, one in there if uid is None]
            places = [((target, uid), one) for uid, one in there if uid is not None]
            self._flag(tx, places, Done())
            done.moved += len(places)
        return missed

    def _return(self, tx: Session, steps: list[Step], done: Done) -> None:
        """New entries for messages that are kept."""
        sizes = retention.take_back(tx, self.user_id, [one.message_id for one in steps])
        by_target: defaultdict[int, list[entries.Found]] = defaultdict(list)
        for one in steps:
            if one.message_id not in sizes:
                done.lost += 1
                continue
            size = sizes[one.message_id]
            found = entries.Found(one.uid, one.bits, one.keywords, one.internal_date, size, one.message_id)
            by_target[self.places[one.mailbox_id]].append(found)
        for target, members in by_target.items():
            size = sum(one.size for one in members)
            modseq = quota.advance(tx, self.user_id, messages=len(members), size=size)
            entries.place(tx, self.user_id, target, members, modseq)
            done.returned += len(members)
            done.size += size

    def _flag(self, tx: Session, places: Iterable[tuple[Place, Step]], done: Done) -> None:
        groups: defaultdict[tuple[int, int, str], list[int]] = defaultdict(list)
        for (mailbox_id, uid), one in places:
            groups[mailbox_id, one.bits, one.keywords].append(uid)
        for (mailbox_id, bits, keywords), uids in groups.items():
            flags = Flags(bits, keywords)
            changed = entries.set_flags(tx, self.user_id, mailbox_id, ranges.of(uids), FlagMode.REPLACE, flags).changed
            done.flagged += sum(high - low + 1 for low, high in changed)


def _made(tx: Session, user_id: int, name: str, special_use: str | None) -> int:
    """A mailbox of this name, with its use unless another one has it now."""
    taken = {row.special_use for row in mailboxes.tree(tx, user_id)}
    use = special_use if special_use not in taken else None
    try:
        return mailboxes.create(tx, user_id, name, use, subscribed=False, inherits=False).id
    except MailboxExists:
        return mailboxes.by_name(tx, user_id, name).id
