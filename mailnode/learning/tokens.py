"""What a message is known by: words, where its links lead, who it says it is from, how its header is made.

A token is a number of 32 bits, a checksum of a text whose first letter says what it is. Of many words those with the
smallest numbers are taken, which are the same in every message that has them. Nothing of ours is looked at: what
stands in Received and in fields with results is no property of the mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from zlib import crc32

from mailnode.message import headers, structure, text
from mailnode.message.addresses import addresses
from mailnode.message.attachments import file_name, leaves
from mailnode.message.casemap import casemap
from mailnode.message.html import to_text
from mailnode.message.parameters import word_of
from mailnode.message.structure import Part
from mailnode.octets import Octets
from mailnode.store.index.terms import terms

MOST_WORDS = 250  # of a message
MOST_OTHERS = 150  # tokens that are no words of the text
MOST_HOSTS = 50
READ = 16 * 1024  # octets of text
LOOKED_AT = 256 * 1024  # octets of a message

_HOST = re.compile(r"\bhttps?://(?:[^\s/@\"'<>]{0,100}@)?([\w.-]{3,100})", re.I)
_TOLD = (b"list-id", b"x-mailer", b"user-agent", b"precedence")
_THERE = (b"list-unsubscribe", b"reply-to", b"message-id", b"date", b"in-reply-to", b"x-priority", b"auto-submitted")

Tokens = dict[int, str]  # with the text that each stands for


def tokens(raw: Octets) -> Tokens:
    """Of a message as it came, without what its delivery has put in front."""
    raw = raw[:LOOKED_AT]
    end, _ = headers.split(raw)
    index = headers.index(raw, 0, end)
    words: Tokens = {}
    others: Tokens = {}
    for token in (*_of_header(index), *_of_parts(raw, structure.scan(raw, index))):
        (words if token[0] == "w" else others)[crc32(token.encode("utf-8", "replace"))] = token
    return {**_smallest(others, MOST_OTHERS), **_smallest(words, MOST_WORDS)}


def _smallest(found: Tokens, most: int) -> Tokens:
    return {number: found[number] for number in sorted(found)[:most]} if len(found) > most else found


def _of_header(index: headers.Index) -> Iterator[str]:
    for author in addresses((headers.first(index, b"from") or b"")[:1000])[:2]:
        yield f"f{casemap(author.address)}"
        yield f"f@{casemap(author.host)}"
    subject = casemap(headers.decode_text(headers.first(index, b"subject") or b"")[:1000])
    yield from (f"s{word}" for word in _words(subject))
    for name in _TOLD:
        value = headers.first(index, name)
        if value is not None:
            yield f"h{name.decode()}: {casemap(headers.decode_text(value[:200])).strip()}"
    yield from (f"h{name.decode()}: {'yes' if name in index else 'no'}" for name in _THERE)


def _of_parts(raw: bytes, root: Part) -> Iterator[str]:
    hosts: dict[str, None] = {}
    left = READ
    for part in leaves(root):
        if part.type != b"text":
            yield f"a{casemap(file_name(part)).rpartition('.')[2][:10]}"
        elif left > 0:
            source = text.source(raw, part, left)
            left -= len(source)
            hosts |= dict.fromkeys(host.lower().strip(".") for host in _HOST.findall(source))
            html = part.subtype == b"html"
            kind = part.subtype[:20] + b" " + word_of(part.params, b"charset")[:20].lower()
            yield f"c{kind.decode('latin-1')}"
            yield from (f"w{word}" for word in _words(casemap(to_text(source) if html else source)))
    for host in list(hosts)[:MOST_HOSTS]:
        yield f"u{host}"
        yield f"u{'.'.join(host.split('.')[-2:])}"


def _words(folded: str) -> Iterator[str]:
    for term in terms(folded.encode("utf-8", "replace")):
        word = term.decode("utf-8", "replace")
        if (3 <= len(word) <= 30 or not word.isascii()) and not word.isdigit():
            yield word


def shown(token: str) -> str:
    """A token for people."""
    kinds = {"f": "from ", "s": "subject ", "u": "link to ", "a": "file .", "c": "text/", "h": "", "w": ""}
    return kinds.get(token[:1], "") + token[1:].lower()
