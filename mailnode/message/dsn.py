"""Delivery reports: RFC 3464 in a multipart/report (RFC 6522), with words for people in English and Chinese.

A report goes out with the null reverse-path and must never cause another one; that is the caller's part
(RFC 3461 §6). RET=HDRS gives back the header only (RFC 3461 §4.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailnode.message import headers, mime, words
from mailnode.message.bounce_reasons import reason_of
from mailnode.message.mime import Entity
from mailnode.message.trace import rfc5322_date
from mailnode.octets import Octets
from mailnode.proto.address import domain_to_unicode

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]

MAX_RETURNED = 256 * 1024

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

_SUBJECTS: dict[Action, str] = {
    "failed": "Message not delivered / 邮件未送达",
    "delayed": "Message delayed / 邮件延迟",
    "delivered": "Message delivered / 邮件已送达",
    "relayed": "Message passed on / 邮件已转交",
    "expanded": "Message delivered to a list / 邮件已送至列表",
}
_ENGLISH: dict[Action, str] = {
    "failed": "Your message could not be delivered to the following recipients. It will not be tried again.",
    "delayed": "Your message has not been delivered yet to the following recipients. You need not send it again: "
    "we keep trying.",
    "delivered": "Your message was delivered to the following recipients.",
    "relayed": "Your message was handed to the mail system of the following recipients, which does not send "
    "further notifications.",
    "expanded": "Your message was passed on to the members of the following addresses.",
}
_CHINESE: dict[Action, str] = {
    "failed": "您的邮件无法送达以下收件人，系统不会再次尝试。",
    "delayed": "您的邮件尚未送达以下收件人。您无需重新发送，系统会继续尝试。",
    "delivered": "您的邮件已送达以下收件人。",
    "relayed": "您的邮件已转交给以下收件人的邮件系统，该系统不再发送后续通知。",
    "expanded": "您的邮件已转发给以下地址的成员。",
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient and what became of the message for them (RFC 3464 §2.3)."""

    address: str
    action: Action
    status: str  # enhanced status, RFC 3463
    original: str | None = None  # ORCPT as it came: "rfc822;local@host" (RFC 3461 §4.2)
    remote: str | None = None  # the host that spoke
    words: str | None = None  # what it said, or our own reason
    last_attempt: datetime | None = None
    will_retry_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says. ``whole`` returns the full message (RET=FULL) as far as it is small enough."""

    reporter: str  # the name of this host
    to: str  # the reverse-path of the message
    recipients: tuple[Recipient, ...]
    original: Octets
    now: datetime
    message_id: str  # without angle brackets
    arrived: datetime | None = None
    envelope_id: str | None = None  # ENVID, already decoded from xtext
    whole: bool = False


def report(values: Report) -> bytes:
    """The whole message. Raises ProtocolError when ``to`` is no address."""
    entities = [_for_people(values), _for_programs(values), _returned(values)]
    boundary = mime.boundary_for(values.message_id, entities)
    content = mime.multipart("report", entities, boundary, report_type="delivery-status")
    action = values.recipients[0].action if values.recipients else "failed"
    replied = b"Auto-Submitted: auto-replied\r\n"  # RFC 3834 §5
    return b"".join(
        (
            b"Date: " + rfc5322_date(values.now) + b"\r\n",
            words.field("From", words.mailbox_words("Mail Delivery System", f"MAILER-DAEMON@{values.reporter}")),
            words.field("To", words.mailbox_words("", values.to)),
            words.field("Subject", words.text_words(_SUBJECTS[action])),
            words.field("Message-ID", [f"<{values.message_id}>"]),
            *_about(values),
            replied,
            b"MIME-Version: 1.0\r\n",
            bytes(content),
            b"\r\n",
        )
    )


def _about(values: Report) -> list[bytes]:
    """In-Reply-To, so that the report stands in the conversation of its message."""
    original = headers.get(values.original, b"message-id")
    if original and len(original) < 900 and original.isascii() and b" " not in original:
        return [words.field("In-Reply-To", [original.decode("ascii")]), words.field("References", [original.decode()])]
    return []


def _for_people(values: Report) -> Entity:
    pieces = []
    for action in dict.fromkeys(each.action for each in values.recipients):
        listed = "\n\n".join(_told(each) for each in values.recipients if each.action == action)
        pieces.append(f"{_ENGLISH[action]}\n{_CHINESE[action]}\n\n{listed}\n")
    subject = headers.decode_text((headers.get(values.original, b"subject") or b"")[:1000])
    about = f"\nSubject / 主题: {_line(subject)}\n" if subject else ""
    opening = f"This is the mail system at {values.reporter}.\n这是 {values.reporter} 的邮件系统。\n\n"
    return mime.text(opening + "\n".join(pieces) + about)


def _told(recipient: Recipient) -> str:
    local, at, domain = recipient.address.rpartition("@")
    lines = [f"<{_line(local + at + domain_to_unicode(domain))}>"]
    if recipient.action in ("failed", "delayed"):
        reason = reason_of(recipient.status, recipient.words or "")
        if reason.kind != "unknown":
            lines += [f"    {reason.english}", f"    {reason.chinese}"]
    if recipient.words:
        by = f"{_line(recipient.remote)}: " if recipient.remote else ""
        lines.append(f"    {by}{_line(recipient.words)}")
    if recipient.will_retry_until:
        lines.append(f"    Until / 截止: {rfc5322_date(recipient.will_retry_until).decode()}")
    return "\n".join(lines)


def _for_programs(values: Report) -> Entity:
    """RFC 3464 §2.1: one block about the message, then one about each recipient, a blank line between."""
    about = [("Reporting-MTA", f"dns; {values.reporter}")]
    if values.envelope_id:
        about.append(("Original-Envelope-Id", values.envelope_id))
    if values.arrived:
        about.append(("Arrival-Date", rfc5322_date(values.arrived).decode()))
    blocks = [about, *map(_recipient_fields, values.recipients)]
    body = "\r\n".join("".join(f"{name}: {_line(value)}\r\n" for name, value in block) for block in blocks)
    data = body.encode()
    # RFC 6533 §3: addresses beyond ASCII need the global form of the report.
    kind = b"message/delivery-status" if data.isascii() else b"message/global-delivery-status"
    eight = b"" if data.isascii() else b"Content-Transfer-Encoding: 8bit\r\n"
    return Entity(b"Content-Type: " + kind + b"\r\n" + eight, data)


def _recipient_fields(recipient: Recipient) -> list[tuple[str, str]]:
    fields = []
    if recipient.original:
        fields.append(("Original-Recipient", recipient.original))
    kind = "rfc822" if recipient.address.isascii() else "utf-8"
    fields += [
        ("Final-Recipient", f"{kind}; {recipient.address}"),
        ("Action", recipient.action),
        ("Status", recipient.status),
    ]
    if recipient.remote:
        fields.append(("Remote-MTA", f"dns; {recipient.remote}"))
    if recipient.words:
        kind = "smtp" if recipient.remote else "x-mailnode"
        # RFC 3464 §2.3.6 wants ASCII; a host that speaks otherwise is quoted with question marks.
        said = recipient.words.encode("ascii", "replace").decode("ascii")
        fields.append(("Diagnostic-Code", f"{kind}; {said[:900]}"))
    if recipient.last_attempt:
        fields.append(("Last-Attempt-Date", rfc5322_date(recipient.last_attempt).decode()))
    if recipient.will_retry_until and recipient.action == "delayed":
        fields.append(("Will-Retry-Until", rfc5322_date(recipient.will_retry_until).decode()))
    return fields


def _returned(values: Report) -> Entity:
    original = values.original
    _, body_start = headers.split(original)
    if values.whole and len(original) <= MAX_RETURNED:
        kind, data = b"message/rfc822", original[:]
    else:
        kind, data = b"text/rfc822-headers", original[: min(body_start, MAX_RETURNED)]
    if not data.isascii():
        encoding = b"Content-Transfer-Encoding: 8bit\r\n"
        if kind == b"message/rfc822" and not headers_are_ascii(original, body_start):
            kind = b"message/global"  # RFC 6532 §3.7
        elif kind == b"text/rfc822-headers":
            kind = b"message/global-headers"  # RFC 6533 §6
        return Entity(b"Content-Type: " + kind + b"\r\n" + encoding, data)
    return Entity(b"Content-Type: " + kind + b"\r\n", data)


def headers_are_ascii(raw: Octets, body_start: int) -> bool:
    return raw[:body_start].isascii()


def _line(text: str) -> str:
    return _CONTROLS.sub(" ", text)[:950].strip()
