"""A message built from values: what the API sends.

RFC 5322 header, RFC 2045 bodies; text and HTML as alternatives (RFC 2046 §5.1.4), pictures that the HTML
names beside it (RFC 2387), files around both. Any value that could break out of its field raises
ProtocolError. The Bcc field is written, so that a draft and the copy in Sent keep it; submission removes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mailnode.errors import ProtocolError
from mailnode.message import mime, words
from mailnode.message.addresses import Address
from mailnode.message.html import to_text
from mailnode.message.mime import Entity
from mailnode.message.trace import rfc5322_date

_ID = re.compile(r"[^\s<>\x00-\x1f\x7f]{1,900}")


@dataclass(frozen=True, slots=True)
class Attachment:
    filename: str
    content_type: str  # "type/subtype"
    content: bytes
    inline_id: str | None = None  # the content id, without brackets, that the HTML names as cid:


@dataclass(frozen=True, slots=True)
class Composition:
    """Ids (``message_id``, ``in_reply_to``, ``references``) are without angle brackets, references oldest first."""

    from_: Address
    date: datetime
    message_id: str
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    user_agent: str = "Mailnode"


def compose(composition: Composition) -> bytes:
    """The message, with CRLF. Raises ProtocolError for addresses, ids, types and values that cannot be written."""
    raw = _header(composition) + bytes(_content(composition))
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def _header(composition: Composition) -> bytes:
    fields = [b"Date: " + rfc5322_date(composition.date) + b"\r\n", _mailboxes("From", (composition.from_,))]
    for name, listed in (
        ("Reply-To", composition.reply_to),
        ("To", composition.to),
        ("Cc", composition.cc),
        ("Bcc", composition.bcc),
    ):
        if listed:
            fields.append(_mailboxes(name, listed))
    fields.append(words.field("Subject", words.text_words(composition.subject)))
    fields.append(_ids("Message-ID", (composition.message_id,)))
    if composition.in_reply_to:
        fields.append(_ids("In-Reply-To", (composition.in_reply_to,)))
    if composition.references:
        fields.append(_ids("References", composition.references))
    if composition.user_agent:
        fields.append(words.field("User-Agent", words.text_words(composition.user_agent)))
    fields.append(b"MIME-Version: 1.0\r\n")
    return b"".join(fields)


def _mailboxes(name: str, listed: tuple[Address, ...]) -> bytes:
    folded: list[str] = []
    for number, each in enumerate(listed, start=1):
        pieces = words.mailbox_words(each.name, each.address)
        if number < len(listed):
            pieces[-1] += ","
        folded += pieces
    return words.field(name, folded)


def _ids(name: str, ids: tuple[str, ...]) -> bytes:
    written = []
    for each in ids:
        plain = each.strip().removeprefix("<").removesuffix(">")
        if not _ID.fullmatch(plain):
            raise ProtocolError(f"Not a message id: {each[:100]!r}")
        written.append(f"<{plain}>")
    return words.field(name, written)


def _content(composition: Composition) -> Entity:
    seed = composition.message_id
    inline = [_file(each) for each in composition.attachments if each.inline_id and composition.html is not None]
    files = [_file(each) for each in composition.attachments if not each.inline_id or composition.html is None]
    entity = mime.text(composition.text or to_text(composition.html or ""))
    if composition.html is not None:
        page = mime.text(composition.html, "html")
        if inline:
            page = _wrap("related", [page, *inline], seed + "r", type="text/html")
        # RFC 2046 §5.1.4: the richest form last.
        entity = _wrap("alternative", [entity, page], seed + "a")
    return _wrap("mixed", [entity, *files], seed + "m") if files else entity


def _file(each: Attachment) -> Entity:
    return mime.attachment(each.filename, each.content_type, each.content, each.inline_id)


def _wrap(subtype: str, entities: list[Entity], seed: str, **parameters: str) -> Entity:
    return mime.multipart(subtype, entities, mime.boundary_for(seed, entities), **parameters)
