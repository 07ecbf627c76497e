"""What ties a complaint to one recipient: two fields of each message that leaves to a single one (RFC 9477).

``CFBL-Address`` says where complaints go, ``CFBL-Feedback-ID`` holds a proof that only we can make, of the Message-ID
and the recipient together. Whoever gets the message can complain, and nobody for somebody else: not its author, who
knows the Message-ID but never sees the proof, and not another recipient (§6.3, "Provoking Unsubscription"). A message
that goes to several recipients at once has none. Both fields (§5.1, §5.2) are signed with DKIM, as §3.1.4 wants it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from sqlalchemy.orm import Session

from mailnode.directory.lookup import FEEDBACK
from mailnode.directory.secrets import secret
from mailnode.message import headers
from mailnode.message.conversation import message_ids
from mailnode.message.feedback import Feedback

SECRET = "feedback"  # noqa: S105  the name of one
_OCTETS = 15


def key_of(tx: Session) -> bytes:
    """The installation's. Needs a writing transaction."""
    return secret(tx, SECRET).encode()


def fields(key: bytes, raw: bytes, recipient: str, domain: str) -> bytes:
    """Both, with CRLF, for a message of an author of our ``domain``; b"" for one that has its own, or no Message-ID."""
    ids = message_ids(headers.get(raw, b"message-id"))
    if not ids or headers.get(raw, b"cfbl-address") is not None or headers.get(raw, b"cfbl-feedback-id") is not None:
        return b""
    proof = _proof(key, ids[0], recipient)
    return f"CFBL-Address: {FEEDBACK}@{domain}; report=arf\r\nCFBL-Feedback-ID: {proof}\r\n".encode()


def proves(key: bytes, found: Feedback) -> bool:
    """Whether the complaint brings back what its recipient alone was sent."""
    made = _proof(key, found.message_id, found.recipient)
    return hmac.compare_digest(made.encode(), found.feedback_id.lower().encode("utf-8", "replace"))


def _proof(key: bytes, message_id: str, recipient: str) -> str:
    """Letters and digits, whose case may be lost on the way."""
    text = f"{message_id}\n{recipient.lower()}".encode("utf-8", "replace")
    made = hmac.new(key, text, hashlib.sha256).digest()
    return base64.b32encode(made[:_OCTETS]).decode().lower()
