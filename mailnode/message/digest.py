"""Everything that the store keeps of a message, from one scan at delivery.

What a FETCH, a list or a search asks for later is answered from here without opening the body again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from mailnode.message import bodystructure, bounce, envelope, headers, preview, structure
from mailnode.message.attachments import has_attachment
from mailnode.message.conversation import conversation_key, message_ids
from mailnode.message.dates import moment
from mailnode.message.encoded_words import decode_text, unfold
from mailnode.message.envelope import Lists
from mailnode.message.headers import Index
from mailnode.message.structure import Part
from mailnode.message.text import search_text, texts
from mailnode.octets import LARGE, Octets, line_ends

USUAL_FIELDS = frozenset(
    b"from to cc bcc reply-to sender subject date message-id in-reply-to references content-type mime-version list-id "
    b"list-unsubscribe list-unsubscribe-post importance x-priority priority x-mailer user-agent delivered-to "
    b"return-path authentication-results disposition-notification-to auto-submitted x-spam-flag".split()
)
MAX_SUBJECT = 2000


class Digest(NamedTuple):
    """``envelope``, ``body`` and ``bodystructure`` are ready for IMAP; ``parts`` is for ``structure.decode``.

    A tuple, like `Part`: to make a frozen dataclass of twenty fields takes eight times as long."""

    size: int
    header_size: int  # with the blank line
    lines: int  # line ends of the body
    envelope: bytes
    body: bytes
    bodystructure: bytes
    parts: bytes
    head: bytes  # the raw lines, in order, of the fields in USUAL_FIELDS; no LF at its end where no blank line follows
    subject: str
    sender: str  # "Name <local@host>", or the bare address
    recipients: str  # To and Cc, readable, joined by ", "
    sent_at: datetime | None  # in UTC
    message_id: str  # without angle brackets, "" without one
    references: tuple[str, ...]  # ids, oldest first; or those of In-Reply-To, or of what a report is about
    conversation: str
    preview: str
    text: str | None  # `search_text`; None of plain ASCII text, which says it as soon to whoever wants to know
    has_attachment: bool
    is_plain: bool  # one text/plain part is all there is
    hops: int  # how many stations have stamped it
    delivered_to: tuple[bytes, ...]  # the values of these fields


def digest(raw: Octets) -> Digest:
    """One scan. Any bytes at all have a digest."""
    header_end, body_start = headers.split(raw)
    index, head = _read_header(raw if isinstance(raw, bytes) else raw[:header_end], header_end)
    if body_start == header_end:
        head = head.removesuffix(b"\n")
    root = structure.scan(raw, index, body_start)
    words, text = _said(raw, root)
    body, extended = bodystructure.both(raw, root)
    subject = decode_text((headers.first(index, b"subject") or b"")[: MAX_SUBJECT * 8])[:MAX_SUBJECT]
    read = envelope.lists(index)
    message_id = _message_id(headers.first(index, b"message-id"))
    references = message_ids(headers.first(index, b"references")) or message_ids(headers.first(index, b"in-reply-to"))
    references = references or bounce.references_of(raw, root)  # of a report that does not say what it answers
    sent = headers.first(index, b"date")
    return Digest(
        size=len(raw),
        header_size=body_start,
        lines=root.lines or line_ends(raw, body_start),
        envelope=envelope.of_lists(index, read),
        body=body,
        bodystructure=extended,
        parts=structure.encode(root),
        head=head,
        subject=subject,
        sender=_sender(read),
        recipients=_recipients(read),
        sent_at=moment(sent) if sent else None,
        message_id=message_id,
        references=references,
        conversation=conversation_key(message_id, references, subject),
        preview=words,
        text=text,
        has_attachment=has_attachment(root),
        is_plain=_is_plain(root),
        hops=len(index.get(b"received", ())),
        delivered_to=tuple(map(unfold, index.get(b"delivered-to", ()))),
    )


@dataclass(frozen=True, slots=True)
class Brief:
    """What is asked of a message that only passes through."""

    message_id: str
    hops: int


def brief(raw: Octets) -> Brief:
    """The same as in its digest, for a small part of the work."""
    found = headers.index(raw, 0, headers.split(raw)[0])
    return Brief(_message_id(headers.first(found, b"message-id")), len(found.get(b"received", ())))


def _message_id(value: bytes | None) -> str:
    found = message_ids(value)
    return found[0] if found else ""


def _is_plain(root: Part) -> bool:
    return (root.type, root.subtype) == (b"text", b"plain")


def _said(raw: Octets, root: Part) -> tuple[str, str | None]:
    """Preview and text."""
    plain = _is_plain(root) and root.encoding not in (b"base64", b"quoted-printable")
    if plain and len(raw) <= LARGE and raw.isascii():  # it can be cut anywhere, and is guessed at as the whole would be
        return preview.of_beginning(raw, root), None
    found = texts(raw, root)
    return preview.preview(found), search_text(raw, root, found)


def _read_header(raw: bytes, end: int) -> tuple[Index, bytes]:
    index: Index = {}
    usual: list[bytes] = []
    for field, written, value in headers.whole(raw, 0, end):
        name = written.lower()
        index.setdefault(name, []).append(value)
        if name in USUAL_FIELDS:
            usual.append(field)
    return index, b"".join(usual).replace(b"\0", b"\x80")  # as every server shows a NUL


def _sender(read: Lists) -> str:
    for name in (b"from", b"sender"):
        if name in read and read[name].first:
            return read[name].first[0]
    return ""


def _recipients(read: Lists) -> str:
    return ", ".join([words for name in (b"to", b"cc") if name in read for words in read[name].words])
