"""The names that LIST can give: mailboxes, and subscriptions to what is not there (RFC 9051 §7.3.1, RFC 5258).

Levels above a mailbox of somebody else may be no mailboxes, or none that the reader may know of (RFC 4314 §4, LIST).
They are given only where a "%" asks level by level.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session as Transaction

from mailnode.store import access, mailboxes
from mailnode.store.access import Seen
from mailnode.store.mailboxes import INBOX, SEPARATOR, MailboxRow
from mailnode.store.rights import Who


@dataclass(frozen=True, slots=True)
class Entry:
    """A name that may be listed: a mailbox, a subscription to none, or a level above others' mailboxes."""

    name: str
    seen: Seen | None
    subscribed: bool
    has_children: bool

    @property
    def row(self) -> MailboxRow | None:
        return self.seen.row if self.seen is not None else None

    @property
    def is_level(self) -> bool:
        return self.seen is None and self.has_children

    @property
    def special_use(self) -> str | None:
        return self.row.special_use if self.row is not None else None

    def attributes(self, *, subscribed: bool) -> list[str]:
        """``subscribed``: tell of the subscription, which only some commands ask for."""
        found: list[str] = []
        if self.row is None:
            found.append("\\NonExistent")
        elif not self.row.selectable:
            found.append("\\Noselect")
        if subscribed and self.subscribed:
            found.append("\\Subscribed")
        found.append("\\HasChildren" if self.has_children else "\\HasNoChildren")
        if self.special_use is not None:
            found.append(self.special_use)  # in a plain LIST too: RFC 6154 §2 allows it and old clients like it
        return found


def known(tx: Transaction, who: Who) -> list[Entry]:
    """Every mailbox that the user may know of, the levels above them and every subscribed name, INBOX first."""
    seen = {one.row.name: one for one in access.tree(tx, who)}
    subscribed = mailboxes.subscriptions(tx, who.user_id)
    above = {parent for name in seen for parent in parents(name)}
    names = sorted({*seen, *subscribed, *above}, key=lambda name: (name != INBOX, name))
    return [Entry(name, seen.get(name), name in subscribed, name in above) for name in names]


def parents(name: str) -> Iterable[str]:
    """The names of the levels above, from the top down."""
    levels = name.split(SEPARATOR)
    return (SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels)))
