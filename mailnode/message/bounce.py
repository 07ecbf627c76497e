"""Reading a delivery report that came to one of ours: who did not get what (RFC 3464, RFC 6533).

Nothing is refused: a report that says less than it should gives less. What a report claims is a stranger's
word; whether the message it names was ever sent is for the caller to find out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailnode.message import headers
from mailnode.message.conversation import message_ids
from mailnode.message.headers import Index
from mailnode.message.report_parts import blocks, child, report_type, returned_header, said, typed
from mailnode.message.structure import Part
from mailnode.octets import Octets

ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
MAX_RECIPIENTS = 100
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Reported:
    """One recipient: ``status`` as in RFC 3463, "" where it says none; ``words`` are the remote host's."""

    address: str
    action: str
    status: str
    words: str
    remote: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """``references`` are the ids of the message that it is about: what that answered, oldest first, then its own."""

    recipients: tuple[Reported, ...]
    message_id: str
    references: tuple[str, ...]


def references_of(raw: Octets, root: Part) -> tuple[str, ...]:
    """The ids by which a report belongs to a conversation; none for what is no report."""
    if not report_type(root):
        return ()
    header = returned_header(raw, root)
    own = message_ids(headers.get(header, b"message-id"))[:1]
    before = message_ids(headers.get(header, b"references")) or message_ids(headers.get(header, b"in-reply-to"))
    return (*before, *own)


def read(raw: Octets, root: Part) -> Bounce | None:
    """The report in a message; None for what is none."""
    if report_type(root) != b"delivery-status":
        return None
    part = child(root, b"delivery-status", b"global-delivery-status")
    if part is None:
        return None
    found = [_recipient(block) for block in list(blocks(raw, part))[1 : MAX_RECIPIENTS + 1]]
    ids = references_of(raw, root)
    return Bounce(tuple(one for one in found if one.address), ids[-1] if ids else "", ids)


def _recipient(block: Index) -> Reported:
    action = said(block, b"action").lower()
    status = _STATUS.match(said(block, b"status"))
    return Reported(
        address=typed(block, b"original-recipient") or typed(block, b"final-recipient"),
        action=action if action in ACTIONS else "failed",
        status=status[0] if status else "",
        words=typed(block, b"diagnostic-code"),
        remote=typed(block, b"remote-mta"),
    )
