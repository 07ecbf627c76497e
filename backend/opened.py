"""One message, opened: what a reader shows, from its bytes and the structure kept at delivery.

HTML goes out as it came, decoded to Unicode: the web client cleans it (DOMPurify) and shows it in
a frame that runs nothing. Text beyond TEXT_LIMIT is cut, and the document says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy.orm import Session

from backend import bounced, rows
from backend.identifiers import message_id
from mailnode.errors import NoSuchMessage
from mailnode.message import headers, structure
from mailnode.message.addresses import addresses
from mailnode.message.attachments import file_name, is_attachment
from mailnode.message.conversation import message_ids
from mailnode.message.decoded import decoded
from mailnode.message.encoded_words import decode_text
from mailnode.message.headers import Index
from mailnode.message.structure import Part
from mailnode.message.text import source
from mailnode.octets import Octets, joined
from mailnode.senderauth import results_read
from mailnode.store import bodies, listing, messages
from mailnode.store.blobs import Place

TEXT_LIMIT = 2 * 1024 * 1024  # octets of one body part
METHODS = ("spf", "dkim", "dmarc")
PART_LIMIT = 500  # attachments told of
_LINK = re.compile(r"<\s*([^<>\s]+)\s*>")


@dataclass(frozen=True, slots=True)
class Opened:
    """``raw`` is the shared body, ``prefix`` this owner's own trace fields in front of it."""

    mailbox_id: int
    uid: int
    prefix: bytes
    raw: Octets
    root: Part

    @property
    def whole(self) -> Octets:
        return joined([self.prefix, self.raw])


@dataclass(frozen=True, slots=True)
class Numbered:
    """A part and its IMAP section number."""

    number: str
    part: Part


def open_message(tx: Session, user_id: int, mailbox_id: int, uid: int) -> Opened:
    """A message; nothing of a large one is held. Raises NoSuchMessage, StoreDamaged."""
    row = messages.one(tx, user_id, mailbox_id, uid, ("parts", "segment", "offset", "stored", "prefix"))
    raw = bodies.opener(tx)(Place(row.segment, row.offset, row.stored))
    return Opened(mailbox_id, uid, row.prefix, raw, structure.decode(row.parts))


def numbered(root: Part) -> Iterator[Numbered]:
    """The leaves of a message; a message inside is a leaf (RFC 9051 §6.4.5.1)."""
    if not root.children:
        yield Numbered("1", root)
        return
    waiting = [Numbered(str(at), child) for at, child in enumerate(root.children, 1)][::-1]
    while waiting:
        here = waiting.pop()
        if here.part.children:
            inner = [Numbered(f"{here.number}.{at}", child) for at, child in enumerate(here.part.children, 1)]
            waiting.extend(reversed(inner))
        else:
            yield here


def part_of(opened: Opened, number: str) -> Part:
    """Raises NoSuchMessage."""
    found = structure.find(opened.root, number)
    if found is None or found.is_multipart:
        raise NoSuchMessage
    return found


def body_of(opened: Opened, part: Part) -> Octets:
    """The decoded bytes of a part."""
    return decoded(opened.raw, part)


def type_of(part: Part) -> str:
    return f"{part.type.decode('latin-1')}/{part.subtype.decode('latin-1')}"


def name_of(part: Part) -> str:
    """A file name for the part, made up where the sender gave none."""
    given = file_name(part)
    if given:
        return given
    if part.message is not None:
        return "message.eml"
    ending = re.sub(r"[^a-z0-9]", "", part.subtype.decode("latin-1"))[:10] or "bin"
    return f"{part.type.decode('latin-1')}.{ending}"


def document(
    tx: Session, user_id: int, mailbox_id: int, uid: int, *, authserv_id: str, language: str = "en"
) -> dict[str, object]:
    """The whole document of one message; ``authserv_id`` is our name in it. Raises NoSuchMessage, StoreDamaged."""
    found = listing.by_uids(tx, user_id, mailbox_id, [uid])
    if not found:
        raise NoSuchMessage
    opened = open_message(tx, user_id, mailbox_id, uid)
    end, _ = headers.split(opened.raw)
    index = headers.index(opened.raw, 0, end)
    more = {
        "authentication": _verdicts(opened, authserv_id),
        "report": bounced.document(tx, user_id, opened.raw, opened.root, language),
    }
    return {**rows.row(found[0]), **_from_header(index), **_content(opened), **more}


def header_fields(opened: Opened) -> list[dict[str, str]]:
    """Every field in order, decoded and unfolded."""
    raw = opened.prefix + opened.raw[: opened.root.body_start]
    return [
        {"name": raw[one.start : one.start + len(one.name)].decode("latin-1"), "value": _text(raw, one)}
        for one in headers.fields(raw)
    ]


def _text(raw: bytes, one: headers.Field) -> str:
    return decode_text(raw[one.value_start : one.end]).strip()


def _from_header(index: Index) -> dict[str, Any]:
    wanted = {"from": b"from", "to": b"to", "cc": b"cc", "bcc": b"bcc", "reply_to": b"reply-to", "sender": b"sender"}
    people = {
        key: [rows.shown(one) for one in addresses(headers.first(index, name) or b"")] for key, name in wanted.items()
    }
    unsubscribe = decode_text(headers.first(index, b"list-unsubscribe") or b"")
    return {
        **people,
        "message_id": next(iter(message_ids(headers.first(index, b"message-id"))), ""),
        "in_reply_to": list(message_ids(headers.first(index, b"in-reply-to"))),
        "references": list(message_ids(headers.first(index, b"references"))),
        "list_unsubscribe": [link for link in _LINK.findall(unsubscribe)[:5] if link.startswith(("https:", "mailto:"))],
        "list_unsubscribe_post": b"list-unsubscribe-post" in index,  # RFC 8058
    }


def _content(opened: Opened) -> dict[str, object]:
    """Text, HTML and what else there is."""
    plain: list[str] = []
    html: list[str] = []
    others: list[Numbered] = []
    truncated = False
    for one in numbered(opened.root):
        readable = one.part.type == b"text" and one.part.subtype in (b"plain", b"html")
        if readable and not is_attachment(one.part):
            truncated |= one.part.size > TEXT_LIMIT
            target = html if one.part.subtype == b"html" else plain
            target.append(source(opened.raw, one.part, TEXT_LIMIT))
        else:
            others.append(one)
    parts = [_told(opened, one) for one in others[:PART_LIMIT]]
    return {
        "text": "\n".join(plain) if plain else None,
        "html": "\n".join(html) if html else None,
        "parts": parts,
        "cids": {part["cid"]: f"{part['url']}?inline=1" for part in parts if part["cid"]},
        "truncated": truncated or len(others) > PART_LIMIT,
    }


def _told(opened: Opened, one: Numbered) -> dict[str, object]:
    cid = (one.part.content_id or b"").decode("utf-8", "replace").strip().removeprefix("<").removesuffix(">") or None
    address = quote(message_id(opened.mailbox_id, opened.uid), safe="")
    return {
        "part": one.number,
        "name": name_of(one.part),
        "type": type_of(one.part),
        "size": one.part.size * 57 // 78 if one.part.encoding == b"base64" else one.part.size,
        "cid": cid,
        "inline": cid is not None and not is_attachment(one.part),
        "url": f"/api/v1/messages/{address}/parts/{one.number}",
    }


def _verdicts(message: Opened, authserv_id: str) -> dict[str, str | None]:
    """What our border found (RFC 8601). It wrote that above its Received field; anything else may be forged."""
    found: dict[str, str | None] = dict.fromkeys((*METHODS, "domain"))
    for value in _above_received(message):
        parsed = results_read.parse(value)
        if parsed is None or parsed.authserv_id != authserv_id.lower():
            continue
        for one in parsed.results:
            # of several signatures one that holds is enough
            if one.method in METHODS and (found[one.method] is None or one.result == "pass"):
                found[one.method] = one.result
            for about in one.properties:
                if one.method == "dmarc" and (about.kind, about.name) == ("header", "from"):
                    found["domain"] = about.value
    return found


def _above_received(message: Opened) -> list[bytes]:
    """The Authentication-Results above the first Received; none where nobody has stamped the message."""
    raw = message.prefix + message.raw[: message.root.body_start]
    values: list[bytes] = []
    for one in headers.fields(raw):
        if one.name == b"received":
            return values
        if one.name == b"authentication-results":
            values.append(raw[one.value_start : one.end])
    return []
