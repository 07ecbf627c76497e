"""What a message shows by itself: fields that every mail program writes, and tricks that honest ones do not use.

No dictionary of words: content filters learn those. The first `MAX_TEXT` octets of a part are looked at, and each
of them a bounded number of times.

RFC 5322 §3.6: one From with an address, one Date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from mailnode.message import addresses, headers, structure
from mailnode.message.attachments import file_name, leaves
from mailnode.message.dates import date, utc
from mailnode.message.encoded_words import decode_text, unfold
from mailnode.message.headers import Index
from mailnode.message.html import to_text
from mailnode.message.structure import Part
from mailnode.message.text import source
from mailnode.mx.judgement import Seen
from mailnode.octets import Octets

MAX_TEXT = 64 * 1024
MAX_LINKS = 200
FEW = 40  # letters: what stands beside a picture that says all
OLD, AHEAD = timedelta(days=15), timedelta(days=1)

_PROGRAM = re.compile(
    r"\.(?:exe|scr|com|pif|bat|cmd|vbs|vbe|js|jse|wsf|wsh|hta|cpl|msi|jar|ps1|lnk|iso|img|vhd)\Z", re.I
)
_PICTURE = re.compile(r"<img\b", re.I)
_LINK = re.compile(r"<a\s([^<>]++)>", re.I)
_TARGET = re.compile(r"\bhref\s*+=\s*+[\"']?\s*+https?://([^\s\"'/>?#]++)", re.I)
_END = re.compile(r"</a", re.I)
_MAY_SHOW = re.compile(r"https?:|www\.", re.I)
_SHOWN = re.compile(r"\s*(?:https?://|(?=www\.))([a-z0-9.-]{4,255}\.[a-z]{2,24})(?:[/?#:\s]|\Z)", re.I)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,8}[a-z]{2,24})", re.I)


def seen(raw: Octets, now: datetime) -> tuple[Seen, ...]:
    """Look at a whole message. Any bytes at all can be looked at."""
    header_end, _ = headers.split(raw)
    index = headers.index(raw, 0, header_end)
    root = structure.scan(raw, index)
    return (*_author(index), *_fields(index, now), *_parts(raw, root))


def _author(index: Index) -> list[Seen]:
    fields = index.get(b"from", ())
    if not fields:
        return [Seen("no_from", "The message has no From field")]
    if len(fields) > 1:
        return [Seen("several_froms", "The message has several From fields")]
    found = addresses.addresses(fields[0])
    if not any("." in one.host and one.local for one in found):
        return [Seen("from_no_address", "The From field has no address")]
    first = found[0]
    named = _ADDRESS.search(first.name)
    if named is not None and not _same_site(named[1], first.host):
        return [Seen("from_other_address", "The name in From looks like another address than the one it stands beside")]
    return []


def _fields(index: Index, now: datetime) -> list[Seen]:
    found = []
    if b"date" not in index:
        found.append(Seen("no_date", "The message has no Date field"))
    else:
        written = utc(date(unfold(index[b"date"][0])))
        if written is None or not now - OLD < written.replace(tzinfo=UTC) < now + AHEAD:
            found.append(Seen("distant_date", "The message is dated long ago, ahead of time or not at all"))
    if b"message-id" not in index:
        found.append(Seen("no_message_id", "The message has no Message-ID"))
    subject = decode_text((headers.first(index, b"subject") or b"")[:1000])
    if len(subject) >= 10 and subject.isupper() and subject.isascii():
        found.append(Seen("shouted_subject", "The subject is all in capitals"))
    return found


def _parts(raw: Octets, root: Part) -> list[Seen]:
    found = []
    parts = list(leaves(root))
    if any(_PROGRAM.search(file_name(part)) for part in parts if part.params or part.disposition_params):
        found.append(Seen("program_attached", "A program is attached"))
    html = next((part for part in parts if part.type == b"text" and part.subtype == b"html"), None)
    if html is None:
        return found
    text = source(raw, html, MAX_TEXT)
    if _is_only_a_picture(text):
        found.append(Seen("only_a_picture", "The message is a picture with a link and hardly a word"))
    if _has_lying_link(text):
        found.append(Seen("link_lies", "A link shows one web site and leads to another"))
    return found


def _is_only_a_picture(html: str) -> bool:
    if not _PICTURE.search(html) or not _LINK.search(html):
        return False
    return sum(each.isalpha() for each in to_text(html)) < FEW


def _has_lying_link(html: str) -> bool:
    for number, link in enumerate(_LINK.finditer(html)):
        target = _TARGET.search(link[1])
        end = _END.search(html, link.end(), link.end() + 2000)
        if number >= MAX_LINKS or target is None or end is None:
            continue
        inside = html[link.end() : end.start()]
        shown = _SHOWN.match(to_text(inside)) if _MAY_SHOW.search(inside) else None
        if shown is not None and not _same_site(shown[1], target[1].rpartition("@")[2].partition(":")[0]):
            return True
    return False


def _same_site(one: str, other: str) -> bool:
    """Whether two names end in the same two labels, or are below one another."""
    first, second = _labels(one), _labels(other)
    return first[-2:] == second[-2:]


def _labels(name: str) -> Sequence[str]:
    return name.lower().rstrip(".").split(".")
