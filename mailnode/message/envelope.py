"""IMAP's ENVELOPE, ready to send: RFC 9051 §7.5.2 (RFC 3501 §7.4.2 says the same).

Values stay undecoded: encoded words are the client's to read, and raw 8-bit text goes as a literal.
A field that is absent is NIL, one that is there and empty is ""; Sender and Reply-To fall back on From.
"""

from __future__ import annotations

from functools import lru_cache

from mailnode.message import headers
from mailnode.message.addresses import Entry, entries, readable
from mailnode.message.headers import Index
from mailnode.message.imap_string import string
from mailnode.message.structure import Part
from mailnode.octets import Octets

MAX_TEXT = 64 * 1024

MAX_IN_WORDS = 1000  # elements of a list
MAX_USUAL = 120  # octets of a list that is remembered

_NAMES = (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")


class AddressList:
    """The elements of one address list, and what is made of them when it is first asked for."""

    __slots__ = ("_first", "_imap", "_words", "entries")

    def __init__(self, value: bytes) -> None:
        self.entries = entries(value)
        self._imap: bytes | None = None
        self._first: tuple[str, ...] | None = None
        self._words: tuple[str, ...] | None = None

    @property
    def imap(self) -> bytes:
        """As ENVELOPE says it, where there are any."""
        if self._imap is None:
            self._imap = b"(%b)" % b"".join(map(_address, self.entries))
        return self._imap

    @property
    def first(self) -> tuple[str, ...]:
        """The first mailbox in words, where one is among the first elements."""
        if self._first is None:
            self._first = tuple(map(str, readable(self.entries[:3])[:1]))
        return self._first

    @property
    def words(self) -> tuple[str, ...]:
        """All mailboxes in words."""
        if self._words is None:
            self._words = tuple(map(str, readable(self.entries[:MAX_IN_WORDS])))
        return self._words


Lists = dict[bytes, AddressList]

_usual = lru_cache(maxsize=1024)(AddressList)  # the same few people write to each other


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
    return {name: _list(b",".join(index[name])) for name in _NAMES if name in index}


def _list(value: bytes) -> AddressList:
    return _usual(value) if len(value) <= MAX_USUAL else AddressList(value)


def of_lists(index: Index, read: Lists) -> bytes:
    """The same, from fields and address lists already read."""
    written = {name: found.imap for name, found in read.items() if found.entries}
    sender = written.get(b"from", b"NIL")
    return b"(%b)" % b" ".join(
        (
            _text(index, b"date"),
            _text(index, b"subject"),
            sender,
            written.get(b"sender", sender),
            written.get(b"reply-to", sender),
            written.get(b"to", b"NIL"),
            written.get(b"cc", b"NIL"),
            written.get(b"bcc", b"NIL"),
            _text(index, b"in-reply-to"),
            _text(index, b"message-id"),
        )
    )


def _text(index: Index, name: bytes) -> bytes:
    value = headers.first(index, name)
    return b"NIL" if value is None else string(value[:MAX_TEXT])


def _address(entry: Entry) -> bytes:
    """RFC 9051 §7.5.2: a NIL host marks a group's start, and with a NIL mailbox its end.

    A mailbox without a host therefore has an empty one, never NIL.
    """
    if entry.kind == "end":
        return b"(NIL NIL NIL NIL)"
    if entry.kind == "group":
        return b"(NIL NIL %b NIL)" % string(entry.name)
    _, name, route, local, host = entry
    return b"(%b %b %b %b)" % (
        string(name) if name else b"NIL",
        string(route) if route else b"NIL",
        string(local),
        string(host),
    )
