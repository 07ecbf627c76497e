"""A message with letters beyond ASCII in its header, as a client can read it that knows no such header.

What can be said in ASCII is: names and the subject become encoded words. An address beyond ASCII becomes one that
nobody has, with the true one for its name. Parameters lose those letters, and every other field that holds any is
left out: the reader shall see that something is missing rather than something else. Bodies stay as they are.

RFC 6858 §2 (how much is kept of what).
"""

from __future__ import annotations

import re

from mailnode.errors import ProtocolError
from mailnode.message import headers, words
from mailnode.message.addresses import Entry, entries
from mailnode.message.encoded_words import decode_text
from mailnode.octets import Octets, with_head

NOBODY = "invalid@internationalized-address.invalid"
_ADDRESSES = frozenset(
    b"from sender reply-to to cc bcc return-path resent-from resent-sender resent-to resent-cc resent-bcc "
    b"disposition-notification-to".split()
)
_TEXTS = frozenset((b"subject", b"comments", b"content-description"))
_PARAMETERS = frozenset((b"content-type", b"content-disposition"))
_BEYOND = re.compile(rb"[\x80-\xff]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]+")


def surrogate(raw: Octets) -> Octets:
    """The message itself where its header is ASCII, else one with a header that is."""
    end, _ = headers.split(raw)
    header = raw[:end]
    if header.isascii():
        return raw
    kept = [_field(header, one) for one in headers.fields(header)]
    return with_head(raw, b"".join(kept), end)


def _field(header: bytes, one: headers.Field) -> bytes:
    """The field in ASCII; nothing where it cannot be said."""
    whole = header[one.start : one.end]
    if whole.isascii():
        return whole
    name = header[one.start : one.start + len(one.name)].decode("ascii")
    value = header[one.value_start : one.end]
    try:
        if one.name in _ADDRESSES:
            return words.field(name, [_mailbox(each) for each in entries(value) if each.kind == "mailbox"], ",")
        if one.name in _TEXTS:
            return words.field(name, words.text_words(_plain(decode_text(value))))
    except ProtocolError:
        return b""
    return _BEYOND.sub(b"?", whole) if one.name in _PARAMETERS else b""


def _mailbox(one: Entry) -> str:
    address = _plain(b"@".join(part for part in (one.local, one.host) if part).decode("utf-8", "replace"))
    name = _plain(decode_text(one.name))
    if address.isascii():
        try:
            return " ".join(words.mailbox_words(name, address))
        except ProtocolError:  # no address at all
            pass
    return " ".join(words.mailbox_words(name or address, NOBODY))


def _plain(text: str) -> str:
    return _CONTROLS.sub(" ", text).strip()
