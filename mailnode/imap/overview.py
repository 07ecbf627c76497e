"""One look at the mailboxes that a user may know of, to tell what has become of them (RFC 5465 §5).

The user's own mailboxes are told by what the journal says of them. Of others' mailboxes the names and rights can change
in many ways, so what is there now is compared with what the client was told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.names import Entry, known
from mailnode.imap.session import Session
from mailnode.imap.sources import covers
from mailnode.imap.status import figures
from mailnode.imap.watch import Other, Watch
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import StatusItems
from mailnode.proto.imap.watching import Event
from mailnode.store import access
from mailnode.store.changes import Change, What
from mailnode.store.mailboxes import SEPARATOR
from mailnode.store.notes import SERVER

MOST_OWNERS = 200  # of others' mailboxes that are watched
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


@dataclass(slots=True)
class _Told:
    """Names that LIST is to tell, with the old name where there is one."""

    names: dict[str, str | None]
    with_subscription: set[str]


class Overview:
    """``entries`` are all names but bare levels, by name."""

    def __init__(self, tx: Transaction, session: Session, watch: Watch) -> None:
        self._tx = tx
        self._session = session
        self._watch = watch
        self.entries = {entry.name: entry for entry in known(tx, session.who) if not entry.is_level}
        self._by_id = {entry.row.id: entry for entry in self.entries.values() if entry.row is not None}

    def at_first(self, *, status: bool) -> list[bytes]:
        """RFC 5465 §3.1: what cannot be read is told, and how the rest is now, but for the selected mailbox."""
        lines = []
        for entry in self.entries.values():
            events = self.events(entry.name)
            wanted = [names for event, names in _AT_FIRST.items() if event in events]
            if wanted and entry.seen is not None and not _is_readable(entry):
                lines.append(self._list(entry.name))
            elif status:
                lines.append(self._status(entry, [name for names in wanted for name in names]))
        return lines

    def events(self, name: str, *, subscription: bool = False) -> set[Event]:
        """What is to be told of this name; ``subscription``: it has been subscribed to, or was until now."""
        entry = self._entry(name)
        subscribed = subscription or entry.subscribed
        is_own = entry.seen.is_own if entry.seen is not None else name.partition(SEPARATOR)[0] not in access.NAMESPACES
        found: set[Event] = set()
        for group in self._watch.groups or ():
            if covers(group.source, name, special_use=entry.special_use, subscribed=subscribed, is_own=is_own):
                found |= group.events
        return found

    def others(self) -> dict[int, Other]:
        """Others' mailboxes that the watch is about, by id."""
        return {
            entry.seen.id: Other(entry.name, entry.seen.owner_id, _is_readable(entry))
            for entry in self.entries.values()
            if entry.seen is not None and not entry.seen.is_own and (self._watch.metadata or self.events(entry.name))
        }

    def names(self, tree: Iterable[Change]) -> list[bytes]:
        """RFC 5465 §5.4 and §5.5: LIST for what was made, removed, renamed, subscribed to, and for what is above it.
        ``tree`` is of the user's own journal."""
        told = _Told({}, set())
        renamed = (0, "")
        for change in tree:
            entry = self._by_id.get(change.mailbox_id)
            if change.what is What.SUBSCRIPTION:
                self._note_subscription(told, change.old[1:])
            elif change.what is What.MAILBOX_RENAMED and entry is not None:
                if change.modseq != renamed[0] or not change.old.startswith(renamed[1] + SEPARATOR):
                    renamed = change.modseq, change.old  # of a whole tree only the top is told
                    self._note(told, entry.name, change.old)
            elif change.what is What.MAILBOX_CREATED and entry is not None:
                self._note_with_parent(told, entry.name)
            elif change.what is What.MAILBOX_REMOVED:
                self._note_with_parent(told, change.old.partition("\t")[0])
        return self._listed(told)

    def names_of_others(self, before: Mapping[int, Other], now: Mapping[int, Other]) -> list[bytes]:
        """The same for others' mailboxes; a right to list one makes it for the user, a right to read lets it be watched
        (RFC 5465 §5.4 and §5.9)."""
        told = _Told({}, set())
        for gone in before.keys() - now.keys():
            self._note(told, before[gone].name)
        for mailbox_id, other in now.items():
            old = before.get(mailbox_id)
            if old is None:
                self._note(told, other.name)
            elif old.name != other.name:
                self._note(told, other.name, old.name)
            elif old.is_readable != other.is_readable and not _AT_FIRST.keys().isdisjoint(self.events(other.name)):
                told.names.setdefault(other.name, None)
        return self._listed(told)

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
                lines.append(self._status(entry, [*names, *more]))
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

    def _status(self, entry: Entry, names: Sequence[str]) -> bytes:
        """The line, or b"" for what has no status, cannot be read or is selected."""
        here, seen = self._session.selected, entry.seen
        if not names or seen is None or not seen.row.selectable or not _is_readable(entry):
            return b""
        if here is not None and here.mailbox_id == seen.id:
            return b""
        items = StatusItems(tuple(dict.fromkeys(names)))
        found = figures(self._tx, seen.owner_id, seen.row, items, 0)
        return responses.status(entry.name, found, utf8=self._session.utf8)

    def _entry(self, name: str) -> Entry:
        return self.entries.get(name) or Entry(name, None, subscribed=False, has_children=False)

    def _note(self, told: _Told, name: str, old: str | None = None) -> None:
        if Event.MAILBOX_NAME in self.events(name) | (self.events(old) if old else set()):
            told.names[name] = old

    def _note_with_parent(self, told: _Told, name: str) -> None:
        parent = name.rpartition(SEPARATOR)[0]
        if parent in self.entries:
            self._note(told, parent, told.names.get(parent))
        self._note(told, name)

    def _note_subscription(self, told: _Told, name: str) -> None:
        if Event.SUBSCRIPTION_CHANGE in self.events(name, subscription=True):
            told.names.setdefault(name, None)
            told.with_subscription.add(name)

    def _listed(self, told: _Told) -> list[bytes]:
        return [self._list(name, old, subscribed=name in told.with_subscription) for name, old in told.names.items()]

    def _list(self, name: str, old: str | None = None, *, subscribed: bool = False) -> bytes:
        entry = self._entry(name)
        attributes = entry.attributes(subscribed=subscribed)
        if entry.seen is not None and not _is_readable(entry):
            attributes.append("\\NoAccess")  # RFC 5465 §5.9
        return responses.list_line(name, attributes, utf8=self._session.utf8, old_name=old)

    def _tells_notes(self, mailbox_id: int) -> bool:
        groups = self._watch.groups or ()
        entry = self._by_id.get(mailbox_id)
        if mailbox_id == SERVER:
            return self._watch.metadata or any(Event.SERVER_METADATA_CHANGE in group.events for group in groups)
        if entry is None or not _is_readable(entry):
            return False
        return self._watch.metadata or Event.MAILBOX_METADATA_CHANGE in self.events(entry.name)


def _is_readable(entry: Entry) -> bool:
    return entry.seen is not None and "r" in entry.seen.access.rights
