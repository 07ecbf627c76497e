"""Ids that never change, however messages and mailboxes are moved and renamed (RFC 8474).

Copies of a message are one message of the store, and so have one EMAILID. Conversations come from message ids.
"""

from __future__ import annotations

import re

_MESSAGE = re.compile(r"M([0-9]{1,18})")
_CONVERSATION = re.compile(r"T([0-9a-f]{1,64})")


def mailbox(mailbox_id: int) -> str:
    return f"F{mailbox_id}"


def message_of(text: str) -> int:
    """The store's id in an EMAILID; 0, which no message has, for anything else."""
    found = _MESSAGE.fullmatch(text)
    return int(found[1]) if found else 0


def conversation_of(text: str) -> str:
    """The conversation in a THREADID; "" for anything else."""
    found = _CONVERSATION.fullmatch(text)
    return found[1] if found else ""
