"""The ids of messages in the API: the mailbox's id and the uid, which are never used again.

Opaque to the client. A message that moves gets another id; the answer of the move says which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mailnode.errors import NoSuchMessage

LARGEST = 2**53 - 1


def message_id(mailbox_id: int, uid: int) -> str:
    return f"{mailbox_id}.{uid}"


def parse(text: str) -> tuple[int, int]:
    """Mailbox id and uid. Raises NoSuchMessage: what we never gave out names nothing."""
    mailbox, dot, uid = text.partition(".")
    if not (dot and _is_number(mailbox) and _is_number(uid)):
        raise NoSuchMessage
    return int(mailbox), int(uid)


def by_mailbox(ids: Iterable[str]) -> dict[int, list[int]]:
    """The uids under their mailboxes, in the order given; what is no id is left out."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for text in dict.fromkeys(ids):
        try:
            mailbox_id, uid = parse(text)
        except NoSuchMessage:
            continue
        found[mailbox_id].append(uid)
    return dict(found)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 17 and 0 < int(text) <= LARGEST
