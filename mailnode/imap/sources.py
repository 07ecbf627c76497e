"""Sets of mailboxes that a command is about (RFC 5465 §6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailnode.errors import BadMailboxName
from mailnode.proto.imap.commands import Source
from mailnode.store import access
from mailnode.store.access import Seen
from mailnode.store.mailboxes import SEPARATOR

_NOT_DELIVERED_TO = frozenset({"\\Sent", "\\Drafts", "\\Trash", "\\Archive"})


def normal(source: Source) -> Source:
    """With its mailboxes in the one spelling of their names; what can be no name stays, and is found nowhere."""
    return Source(source.kind, tuple(map(_spelled, source.mailboxes)))


def _spelled(name: str) -> str:
    try:
        return access.normal(name)
    except BadMailboxName:
        return name


def chosen(
    sources: Iterable[Source], tree: Sequence[Seen], subscribed: set[str], selected_id: int | None
) -> list[Seen]:
    """The mailboxes of the sets that can be selected, each once, in the order of ``tree``."""
    wanted = [normal(source) for source in sources]
    return [
        seen
        for seen in tree
        if seen.row.selectable and any(_holds(source, seen, subscribed, selected_id) for source in wanted)
    ]


def _holds(source: Source, seen: Seen, subscribed: set[str], selected_id: int | None) -> bool:
    row = seen.row
    match source.kind:
        case "SELECTED" | "SELECTED-DELAYED":
            return row.id == selected_id
        case _:
            use, known = row.special_use, row.name in subscribed
            return covers(source, row.name, special_use=use, subscribed=known, is_own=seen.is_own)


def covers(source: Source, name: str, *, special_use: str | None, subscribed: bool, is_own: bool = True) -> bool:
    """Whether the set, which is not of the selected mailbox, holds what has this name."""
    match source.kind:
        case "INBOXES":  # rules may deliver to every mailbox but those for what the user wrote or has done with
            return is_own and special_use not in _NOT_DELIVERED_TO
        case "SUBSCRIBED":
            return subscribed
        case "MAILBOXES":
            return name in source.mailboxes
        case "SUBTREE":
            return any(name == top or name.startswith(top + SEPARATOR) for top in source.mailboxes)
        case "SUBTREE-ONE":
            return name in source.mailboxes or name.rpartition(SEPARATOR)[0] in source.mailboxes
        case _:  # "personal": what lies in the user's own namespace
            return is_own
