"""How the items of FETCH are printed: from columns of stored rows to the values of one item for every row.

Thousands of rows are printed at once, so each printer does for a whole column what it can outside the interpreter.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import repeat
from time import gmtime
from typing import Any

from mailnode.imap.flag_text import flag_text
from mailnode.proto.imap.commands import Section
from mailnode.store.ranges import Range

Columns = Sequence[Sequence[Any]]
Print = Callable[[Columns], Columns]  # the values of one item for every row, column by column as its form takes them
READY: Sequence[str] = ()  # in place of the column of keywords: that of flags holds the texts already

LITERAL = b"{%d}\r\n%b%b"  # the form of what `fields_of_head` gives

_MONTHS = (b"", b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_DAY = 86_400


class Unended(Exception):
    """Joined heads of which one has no blank line behind it: they must be looked at one by one."""


def as_it_is(at: int) -> Print:
    return lambda columns: [columns[at]]


def printed(at: int, print_: Callable[[str], bytes]) -> Print:
    return lambda columns: [[*map(print_, columns[at])]]


def fields_of_head(at: int, section: Section) -> Print:
    """What ``sections.pick_fields`` gives, from whole lines that hold nothing but fields: the length of the literal,
    its lines, and the blank one.

    The heads are cut as one text, in which an LF follows each: an empty line where the header has ended. The column
    may be that text already; then Unended is raised where a header has not.
    """
    pieces = _pieces([name.encode("ascii") for name in section.fields])

    def literals(columns: Columns) -> Columns:
        heads, count = columns[at], len(columns[0])
        fields, ends = zip(*pieces(heads if isinstance(heads, bytes) else b"\n".join([*heads, b""])), strict=True)
        if ends.count(b"\n") == count:
            found = fields[:-1] if len(fields) == count + 1 else _put_together(fields, ends)
            return _literals(found, [b"\r\n"] * count, section)
        if isinstance(heads, bytes):
            raise Unended
        cut = [alone(head) for head in heads]
        return _literals([data for data, _ in cut], [blank for _, blank in cut], section)

    def alone(head: bytes) -> tuple[bytes, bytes]:
        """Where the message ends with its header, no blank line follows (RFC 9051 §6.4.5.1)."""
        has_end = not head or head.endswith(b"\n")
        lines = head if has_end else head + (b"\n" if head.endswith(b"\r") else b"\r\n")
        return b"".join(field for field, _ in pieces(lines)), b"\r\n" if has_end else b""

    return literals


def _pieces(names: Sequence[bytes]) -> Callable[[bytes], list[tuple[bytes, bytes]]]:
    """Cuts the lines of these fields out of joined heads, with an LF behind what is the last of its head. An empty
    piece is the last of all.

    It goes by lines: most are known by their first letter, or are written as everybody writes them.
    """
    usual = b"|".join(re.escape(name) + b":" for name in dict.fromkeys([*names, *map(bytes.title, names)]))
    however = b"(?i:%b)[ \t]*+:" % b"|".join(map(re.escape, names))
    first = b"".join(re.escape(letter) for name in names for letter in {name[:1].lower(), name[:1].upper()})
    wanted = b"(?:%b|%b|[ \t]).*+\n" % (usual, however)
    unwanted = b"(?:[^%b\n]|(?!%b).).*+\n" % (first, however)
    return re.compile(b"(?:%b)*+((?:%b)*+)(?:%b)*+(\n?)" % (unwanted, wanted, unwanted)).findall


def _put_together(fields: Sequence[bytes], ends: Sequence[bytes]) -> list[bytes]:
    """The fields of each head, where some had others between them."""
    found: list[bytes] = []
    lines: list[bytes] = []
    for field, end in zip(fields, ends, strict=True):
        lines.append(field)
        if end:
            found.append(b"".join(lines))
            lines.clear()
    return found


def _literals(found: Sequence[bytes], blanks: Sequence[bytes], section: Section) -> Columns:
    if section.partial:
        start, size = section.partial
        found = [(data + blank)[start : start + size] for data, blank in zip(found, blanks, strict=True)]
        blanks = [b""] * len(found)
    return [len(data) + len(blank) for data, blank in zip(found, blanks, strict=True)], found, blanks


def flags(bits: int, keywords: int, recents: Range) -> Print:
    """``recents``: the uids that are \\Recent, in the first column."""

    def texts(columns: Columns) -> Columns:
        low, high = (bisect_left(columns[0], uid) for uid in (recents[0], recents[1] + 1))
        if columns[keywords] is READY:
            found = [*columns[bits]]
            found[low:high] = [text + b" \\Recent" if text else b"\\Recent" for text in found[low:high]]
            return [found]
        found = [*map(flag_text, columns[bits], columns[keywords], repeat(False))]
        if low < high:
            found[low:high] = map(flag_text, columns[bits][low:high], columns[keywords][low:high], repeat(True))
        return [found]

    return texts


def dates(at: int) -> Print:
    return lambda columns: [[*map(_internal_date, columns[at])]]


def save_dates(at: int) -> Print:
    """NIL where it was not noted (RFC 8514 §4.2)."""
    return lambda columns: [[b"NIL" if moment is None else b'"%b"' % _internal_date(moment) for moment in columns[at]]]


def _internal_date(moment: int) -> bytes:
    day, second = divmod(moment, _DAY)
    return b"%b %02d:%02d:%02d +0000" % (_day(day), second // 3600, second // 60 % 60, second % 60)


@lru_cache(maxsize=4096)
def _day(number: int) -> bytes:
    year, month, day, *_ = gmtime(number * _DAY)
    return b"%02d-%b-%04d" % (day, _MONTHS[month], year)
