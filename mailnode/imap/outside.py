"""News of everything but the selected mailbox, for whoever has asked by NOTIFY or has enabled METADATA.

RFC 5465 §5: other mailboxes' messages are told by STATUS, mailboxes and subscriptions by LIST, notes by METADATA
without values. What is watched are the user's own mailboxes; those of others tell their news while they are selected.
However much has happened, a mailbox is told once; when even that would be too much, the client is told
so and hears nothing any more (RFC 5465 §5.8). What this session has done itself is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.names import Entry, known
from mailnode.imap.session import Session
from mailnode.imap.sources import covers
from mailnode.imap.status import figures
from mailnode.imap.watch import Watch
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import StatusItems
from mailnode.proto.imap.watching import Event
from mailnode.store import changes
from mailnode.store.changes import Change, What
from mailnode.store.mailboxes import SEPARATOR
from mailnode.store.notes import SERVER

MOST = 2_000  # steps and changes of the tree of which one look tells
_MESSAGE_EVENTS = {
    What.APPENDED: Event.MESSAGE_NEW,
    What.EXPUNGED: Event.MESSAGE_EXPUNGE,
    What.FLAGS: Event.FLAG_CHANGE,
}
_TOLD_OF = {  # RFC 5465 §5.1 to §5.3
    Event.MESSAGE_NEW: ("MESSAGES", "UIDNEXT"),
    Event.MESSAGE_EXPUNGE: ("MESSAGES", "UIDNEXT"),
    Event.FLAG_CHANGE: ("UIDVALIDITY", "UNSEEN"),
}
_AT_FIRST = {  # RFC 5465 §3.1
    Event.MESSAGE_NEW: ("MESSAGES", "UIDNEXT", "UIDVALIDITY"),
    Event.MESSAGE_EXPUNGE: ("MESSAGES",),
    Event.FLAG_CHANGE: ("UIDVALIDITY", "HIGHESTMODSEQ"),
}


@dataclass(frozen=True, slots=True)
class _Found:
    latest: int
    lines: list[bytes]
    is_too_much: bool = False


async def gather(session: Session) -> list[bytes]:
    """What is to be told now; afterwards it counts as told. After an error the session still has news."""
    watch = session.watch
    if not (watch.stale and watch.is_about_more):
        watch.stale = False
        return []
    watch.stale = False
    try:
        found = await session.context.offload.read(lambda tx: _read(tx, session, watch))
    except BaseException:
        watch.stale = True
        raise
    watch.seen = max(watch.seen, found.latest)
    watch.own = {modseq for modseq in watch.own if modseq > watch.seen}
    if found.is_too_much:
        session.begin_watching(Watch((), metadata=watch.metadata, seen=watch.seen))
        return [responses.untagged_ok("Too much has happened; nothing is told any more", "NOTIFICATIONOVERFLOW")]
    return found.lines


def at_first(tx: Transaction, session: Session, watch: Watch) -> list[bytes]:
    """STATUS of every mailbox of which messages are watched, but of the selected one (RFC 5465 §3.1)."""
    look = _Look(tx, session, watch)
    lines = []
    for entry in look.entries.values():
        wanted = [names for event, names in _AT_FIRST.items() if event in look.events(entry.name)]
        lines.append(look.status(entry, [name for names in wanted for name in names]))
    return lines


def _read(tx: Transaction, session: Session, watch: Watch) -> _Found:
    user_id = session.user_id
    latest = changes.latest(tx, user_id)
    if latest <= watch.seen:
        return _Found(latest, [])
    steps = changes.steps_since(tx, user_id, watch.seen, MOST + 1) if watch.groups else []
    tree = changes.tree_since(tx, user_id, watch.seen, MOST + 1)
    if len(steps) > MOST or len(tree) > MOST:
        return _Found(latest, [], is_too_much=True)
    steps = [step for step in steps if step.modseq not in watch.own]
    tree = [change for change in tree if change.modseq not in watch.own]
    if not (steps or tree):
        return _Found(latest, [])
    look = _Look(tx, session, watch)
    return _Found(latest, [*look.names(tree), *look.statuses(steps, tree), *look.notes(tree)])


class _Look:
    """One look at the user's mailboxes, to tell what has become of them."""

    def __init__(self, tx: Transaction, session: Session, watch: Watch) -> None:
        self._tx = tx
        self._session = session
        self._watch = watch
        own = [entry for entry in known(tx, session.who) if entry.seen is None or entry.seen.is_own]
        self.entries = {entry.name: entry for entry in own if not entry.is_level}
        self._by_id = {entry.row.id: entry for entry in self.entries.values() if entry.row is not None}

    def events(self, name: str, *, subscription: bool = False) -> set[Event]:
        """What is to be told of this name; ``subscription``: it has been subscribed to, or was until now."""
        entry = self._entry(name)
        subscribed = subscription or entry.subscribed
        found: set[Event] = set()
        for group in self._watch.groups or ():
            if covers(group.source, name, special_use=entry.special_use, subscribed=subscribed):
                found |= group.events
        return found

    def names(self, tree: Iterable[Change]) -> list[bytes]:
        """RFC 5465 §5.4 and §5.5: LIST for what was made, removed, renamed, subscribed to, and for what is above it."""
        told: dict[str, str | None] = {}
        with_subscription: set[str] = set()
        renamed = (0, "")
        for change in tree:
            if change.what is What.SUBSCRIPTION:
                name = change.old[1:]
                if Event.SUBSCRIPTION_CHANGE in self.events(name, subscription=True):
                    told.setdefault(name, None)
                    with_subscription.add(name)
            elif change.what is What.MAILBOX_RENAMED and change.mailbox_id in self._by_id:
                if change.modseq != renamed[0] or not change.old.startswith(renamed[1] + SEPARATOR):
                    renamed = change.modseq, change.old
                    self._note(told, self._by_id[change.mailbox_id].name, change.old)
            elif change.what is What.MAILBOX_CREATED and change.mailbox_id in self._by_id:
                self._note_with_parent(told, self._by_id[change.mailbox_id].name)
            elif change.what is What.MAILBOX_REMOVED:
                self._note_with_parent(told, change.old.partition("\t")[0])
        return [self._list(name, old, subscribed=name in with_subscription) for name, old in told.items()]

    def statuses(self, steps: Iterable[Change], tree: Iterable[Change]) -> list[bytes]:
        """RFC 5465 §5.1 to §5.3; FlagChange also of mailboxes that have a UIDVALIDITY of which nobody knows."""
        happened: dict[int, list[Event]] = {}
        for step in steps:
            happened.setdefault(step.mailbox_id, []).append(_MESSAGE_EVENTS[step.what])
        for change in tree:
            if change.what in (What.MAILBOX_CREATED, What.MAILBOX_RENAMED):
                happened.setdefault(change.mailbox_id, []).append(Event.FLAG_CHANGE)
        lines = []
        for mailbox_id, events in happened.items():
            entry = self._by_id.get(mailbox_id)
            if entry is not None:
                wanted = self.events(entry.name).intersection(events)
                names = [name for event, names in _TOLD_OF.items() if event in wanted for name in names]
                more = ["HIGHESTMODSEQ"] if names and self._session.condstore else []
                lines.append(self.status(entry, [*names, *more]))
        return lines

    def notes(self, tree: Iterable[Change]) -> list[bytes]:
        """RFC 5465 §5.6 and §5.7; RFC 5464 §4.1 for those who have enabled METADATA."""
        changed: dict[int, dict[str, None]] = {}
        for change in tree:
            if change.what is What.ANNOTATION and self._tells_notes(change.mailbox_id):
                changed.setdefault(change.mailbox_id, {})[change.old] = None
        names = {mailbox_id: entry.name for mailbox_id, entry in self._by_id.items()} | {SERVER: ""}
        utf8 = self._session.utf8
        return [responses.metadata_changed(names[held_by], found, utf8=utf8) for held_by, found in changed.items()]

    def status(self, entry: Entry, names: Sequence[str]) -> bytes:
        """The line, or b"" for what has no status or is selected."""
        here = self._session.selected
        if not names or entry.row is None or not entry.row.selectable:
            return b""
        if here is not None and here.mailbox_id == entry.row.id:
            return b""
        items = StatusItems(tuple(dict.fromkeys(names)))
        found = figures(self._tx, self._session.user_id, entry.row, items, 0)
        return responses.status(entry.name, found, utf8=self._session.utf8)

    def _entry(self, name: str) -> Entry:
        return self.entries.get(name) or Entry(name, None, subscribed=False, has_children=False)

    def _note(self, told: dict[str, str | None], name: str, old: str | None = None) -> None:
        if Event.MAILBOX_NAME in self.events(name) | (self.events(old) if old else set()):
            told[name] = old

    def _note_with_parent(self, told: dict[str, str | None], name: str) -> None:
        parent = name.rpartition(SEPARATOR)[0]
        if parent in self.entries:
            self._note(told, parent, told.get(parent))
        self._note(told, name)

    def _list(self, name: str, old: str | None, *, subscribed: bool) -> bytes:
        attributes = self._entry(name).attributes(subscribed=subscribed)
        return responses.list_line(name, attributes, utf8=self._session.utf8, old_name=old)

    def _tells_notes(self, mailbox_id: int) -> bool:
        groups = self._watch.groups or ()
        if self._watch.metadata:
            return mailbox_id == SERVER or mailbox_id in self._by_id
        if mailbox_id == SERVER:
            return any(Event.SERVER_METADATA_CHANGE in group.events for group in groups)
        entry = self._by_id.get(mailbox_id)
        return entry is not None and Event.MAILBOX_METADATA_CHANGE in self.events(entry.name)
