"""Reading a complaint about a message: the Abuse Reporting Format (RFC 5965, with the types of RFC 6650).

Providers send these for the mail that their users call spam. Many take the complaining user's address out;
what the original's own header says then stands in.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailnode.errors import ProtocolError
from mailnode.message import headers
from mailnode.message.addresses import addresses
from mailnode.message.conversation import message_ids
from mailnode.message.headers import Index
from mailnode.message.report_parts import blocks, child, report_type, returned_header, root_of, said, typed
from mailnode.octets import Octets

KINDS = ("abuse", "fraud", "virus", "not-spam", "auth-failure", "other")


@dataclass(frozen=True, slots=True)
class Feedback:
    """``recipient`` has complained, "" where the report does not say; ``sender`` is the author of the message.

    ``kind`` is one of `KINDS`; ``subject`` is decoded; ``source_ip`` is the host that the reporter had it from.
    ``feedback_id`` is what the message carried for this (RFC 9477 §5.2), without its blanks; "" where it had none.
    """

    kind: str
    recipient: str
    sender: str
    message_id: str
    subject: str
    source_ip: str
    reporter: str
    feedback_id: str = ""


def read(raw: Octets) -> Feedback:
    """The complaint in a message. Raises ProtocolError for what is none."""
    root = root_of(raw)
    part = child(root, b"feedback-report")
    if report_type(root) != b"feedback-report" or part is None:
        raise ProtocolError("This is no feedback report")
    fields = next(blocks(raw, part), {})
    header = returned_header(raw, root)
    kind = said(fields, b"feedback-type").lower()
    return Feedback(
        kind=kind if kind in KINDS else "other",
        recipient=_recipient(fields, header),
        sender=_address(headers.get(header, b"from")) or _bare(said(fields, b"original-mail-from")),
        message_id=next(iter(message_ids(headers.get(header, b"message-id"))), ""),
        subject=headers.decode_text((headers.get(header, b"subject") or b"")[:2000])[:500],
        source_ip=said(fields, b"source-ip")[:64],
        reporter=(typed(fields, b"reporting-mta") or said(fields, b"user-agent"))[:300],
        feedback_id=b"".join((headers.get(header, b"cfbl-feedback-id") or b"")[:1000].split()).decode("latin-1"),
    )


def _recipient(fields: Index, header: bytes) -> str:
    """RFC 5965 §3.2: Original-Rcpt-To; else whoever the message was addressed to, when that is one."""
    named = _bare(said(fields, b"original-rcpt-to"))
    if named:
        return named
    to = addresses(headers.get(header, b"to") or b"")
    return to[0].address if len(to) == 1 and to[0].host else ""


def _address(value: bytes | None) -> str:
    found = addresses(value or b"")
    return found[0].address if found and found[0].host else ""


def _bare(value: str) -> str:
    """An address without brackets, and without the type that some put before it."""
    address = value.rpartition(";")[2].strip().strip("<>").strip()
    return address if "@" in address and len(address) <= 320 and " " not in address else ""
