"""What a message is given when it comes in: an id for the log and the Received field (RFC 5321 §4.4)."""

from __future__ import annotations

import itertools
import os
import time
from datetime import datetime

from mailnode.message import trace
from mailnode.smtpd.reception import Envelope, Peer

_numbers = itertools.count()


def new_id() -> str:
    """An id that no other message has (time, process, number), short enough to be read out."""
    return f"{time.time_ns() // 1000:x}{os.getpid() & 0xFFFF:04x}{next(_numbers) & 0xFF:02x}"


def received(peer: Peer, envelope: Envelope, *, by: str, id: str, when: datetime) -> bytes:
    """The Received field. One recipient is named, several are not: some may be blind copies (RFC 5321 §7.6)."""
    only = envelope.recipients[0].address if len(envelope.recipients) == 1 else None
    return trace.received(
        helo=peer.hello,
        peer=peer.address,
        ptr=peer.name or None,
        by=by,
        protocol=protocol_name(peer, smtputf8=envelope.parameters.smtputf8),
        id=id,
        recipient=only.text if only else None,
        when=when,
        tls=peer.tls or None,
    )


def protocol_name(peer: Peer, *, smtputf8: bool = False) -> str:
    """The word behind "with" (RFC 3848; with SMTPUTF8 RFC 6531 §4.3)."""
    if not peer.extended:
        return "SMTP"
    name = "LMTP" if peer.lmtp else "SMTP"
    security = ("S" if peer.tls else "") + ("A" if peer.user_id is not None else "")
    return (f"UTF8{name}" if smtputf8 else name if peer.lmtp else "ESMTP") + security
