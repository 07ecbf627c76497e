"""The names that LIST can give: mailboxes, and subscriptions to what is not there (RFC 9051 §7.3.1, RFC 5258)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session as Transaction

from mailnode.store import mailboxes
from mailnode.store.mailboxes import INBOX, SEPARATOR, MailboxRow


@dataclass(frozen=True, slots=True)
class Entry:
    """A name that may be listed: a mailbox, or a subscription to none."""

    name: str
    row: MailboxRow | None
    subscribed: bool
    has_children: bool

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


def known(tx: Transaction, user_id: int) -> list[Entry]:
    """Every mailbox and every subscribed name, INBOX first."""
    rows = {row.name: row for row in mailboxes.tree(tx, user_id)}
    subscribed = mailboxes.subscriptions(tx, user_id)
    above = {parent for name in rows for parent in parents(name)}
    names = sorted({*rows, *subscribed}, key=lambda name: (name != INBOX, name))
    return [Entry(name, rows.get(name), name in subscribed, name in above) for name in names]


def parents(name: str) -> Iterable[str]:
    """The names of the levels above, from the top down."""
    levels = name.split(SEPARATOR)
    return (SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels)))
