"""Sets of mailboxes that a command is about (RFC 5465 §6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailnode.proto.imap.commands import Source
from mailnode.store.mailboxes import SEPARATOR, MailboxRow

_NOT_DELIVERED_TO = frozenset({"\\Sent", "\\Drafts", "\\Trash", "\\Archive"})


def chosen(
    sources: Iterable[Source], rows: Sequence[MailboxRow], subscribed: set[str], selected_id: int | None
) -> list[MailboxRow]:
    """The mailboxes of the sets that can be selected, each once, in the order of ``rows``."""
    wanted = [*sources]
    return [
        row for row in rows if row.selectable and any(_holds(source, row, subscribed, selected_id) for source in wanted)
    ]


def _holds(source: Source, row: MailboxRow, subscribed: set[str], selected_id: int | None) -> bool:
    match source.kind:
        case "SELECTED" | "SELECTED-DELAYED":
            return row.id == selected_id
        case _:
            return covers(source, row.name, special_use=row.special_use, subscribed=row.name in subscribed)


def covers(source: Source, name: str, *, special_use: str | None, subscribed: bool) -> bool:
    """Whether the set, which is not of the selected mailbox, holds what has this name."""
    match source.kind:
        case "INBOXES":  # rules may deliver to every mailbox but those for what the user wrote or has done with
            return special_use not in _NOT_DELIVERED_TO
        case "SUBSCRIBED":
            return subscribed
        case "MAILBOXES":
            return name in source.mailboxes
        case "SUBTREE":
            return any(name == top or name.startswith(top + SEPARATOR) for top in source.mailboxes)
        case "SUBTREE-ONE":
            return name in source.mailboxes or name.rpartition(SEPARATOR)[0] in source.mailboxes
        case _:
            return True
