"""IMAP's ENVELOPE, ready to send: RFC 9051 §7.5.2 (RFC 3501 §7.4.2 says the same).

Values stay undecoded: encoded words are the client's to read, and raw 8-bit text goes as a literal.
A field that is absent is NIL, one that is there and empty is ""; Sender and Reply-To fall back on From.
"""

from __future__ import annotations

from mailnode.message import headers
from mailnode.message.addresses import Entry, entries
from mailnode.message.headers import Index
from mailnode.message.imap_string import nstring, string
from mailnode.message.structure import Part
from mailnode.octets import Octets

MAX_TEXT = 64 * 1024

Lists = dict[bytes, list[Entry]]

_NAMES = (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")


def envelope(raw: Octets, root: Part) -> bytes:
    """The parenthesised list for the message whose root part this is."""
    return of_index(headers.index(raw, root.header_start, root.body_start))


def of_index(index: Index) -> bytes:
    """The same, from fields already read."""
    return of_lists(index, lists(index))


def lists(index: Index) -> Lists:
    """The address lists of the header by field name, read once for all who need them.

    RFC 5322 §4.5.3: a field that comes twice is read as one list.
    """
    return {name: entries(b",".join(index[name])) for name in _NAMES if name in index}


def of_lists(index: Index, read: Lists) -> bytes:
    """The same, from fields and address lists already read."""
    sender = _addresses(read, b"from")
    return b"(%b)" % b" ".join(
        (
            _text(index, b"date"),
            _text(index, b"subject"),
            sender,
            _addresses(read, b"sender", sender),
            _addresses(read, b"reply-to", sender),
            _addresses(read, b"to"),
            _addresses(read, b"cc"),
            _addresses(read, b"bcc"),
            _text(index, b"in-reply-to"),
            _text(index, b"message-id"),
        )
    )


def _text(index: Index, name: bytes) -> bytes:
    value = headers.first(index, name)
    return nstring(None if value is None else value[:MAX_TEXT])


def _addresses(read: Lists, name: bytes, default: bytes = b"NIL") -> bytes:
    found = read.get(name)
    return b"(%b)" % b"".join(map(_address, found)) if found else default


def _address(entry: Entry) -> bytes:
    """RFC 9051 §7.5.2: a NIL host marks a group's start, and with a NIL mailbox its end.

    A mailbox without a host therefore has an empty one, never NIL.
    """
    if entry.kind == "end":
        return b"(NIL NIL NIL NIL)"
    if entry.kind == "group":
        return b"(NIL NIL %b NIL)" % string(entry.name)
    return b"(%b %b %b %b)" % (
        nstring(entry.name or None),
        nstring(entry.route or None),
        string(entry.local),
        string(entry.host),
    )
