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
Print = Callable[[Columns], Sequence[Any]]  # the values of one item for every row
READY: Sequence[str] = ()  # in place of the column of keywords: that of flags holds the texts already

_MONTHS = (b"", b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_DAY = 86_400


def as_it_is(at: int) -> Print:
    return lambda columns: columns[at]


def printed(at: int, print_: Callable[[str], bytes]) -> Print:
    return lambda columns: [*map(print_, columns[at])]


def fields_of_head(at: int, section: Section) -> Print:
    """What ``sections.pick_fields`` gives, from whole lines that hold nothing but fields.

    Mostly the fields that are wanted stand together, and one match cuts them out. Otherwise the head is eaten field by
    field, and nothing ("") is found in those that are not wanted.
    """
    together = _together([name.encode("ascii") for name in section.fields])
    names = b"|".join(re.escape(name.encode("ascii")) for name in section.fields)
    rest = rb"[^\n]*+\n(?:[ \t][^\n]*+\n)*+"
    find = re.compile(rb"((?:%b)[ \t]*+:%b)|%b" % (names, rest, rest), re.I).findall

    def scattered(head: bytes) -> bytes:
        return b"".join(find(head)) + b"\r\n" if head.endswith(b"\n") else unended(head)

    def unended(head: bytes) -> bytes:
        """Where the message ends with its header, no blank line follows (RFC 9051 §6.4.5.1)."""
        return b"".join(find(head + (b"\n" if head.endswith(b"\r") else b"\r\n"))) if head else b"\r\n"

    def literals(columns: Columns) -> list[bytes]:
        heads = columns[at]
        matches = map(together, heads)
        found = [
            match[1] + b"\r\n" if match is not None else scattered(head)
            for match, head in zip(matches, heads, strict=True)
        ]
        if section.partial:
            start, size = section.partial
            found = [data[start : start + size] for data in found]
        return [b"{%d}\r\n%b" % (len(data), data) for data in found]

    return literals


def _together(names: Sequence[bytes]) -> Callable[[bytes], re.Match[bytes] | None]:
    """Matches a head in which these fields stand together, as its group 1.

    It goes by lines: most are known by their first letter, or are written as everybody writes them.
    """
    usual = b"|".join(re.escape(name) + b":" for name in dict.fromkeys([*names, *map(bytes.title, names)]))
    however = b"(?i:%b)[ \t]*+:" % b"|".join(map(re.escape, names))
    first = b"".join(re.escape(letter) for name in names for letter in {name[:1].lower(), name[:1].upper()})
    wanted = b"(?:%b|%b|[ \t]).*+\n" % (usual, however)
    unwanted = b"(?:[^%b\n]|(?!%b).).*+\n" % (first, however)
    return re.compile(b"(?:%b)*+((?:%b)*+)(?:%b)*+" % (unwanted, wanted, unwanted)).fullmatch


def flags(bits: int, keywords: int, recents: Range) -> Print:
    """``recents``: the uids that are \\Recent, in the first column."""

    def texts(columns: Columns) -> list[bytes]:
        low, high = (bisect_left(columns[0], uid) for uid in (recents[0], recents[1] + 1))
        if columns[keywords] is READY:
            found = [*columns[bits]]
            found[low:high] = [text + b" \\Recent" if text else b"\\Recent" for text in found[low:high]]
            return found
        found = [*map(flag_text, columns[bits], columns[keywords], repeat(False))]
        if low < high:
            found[low:high] = map(flag_text, columns[bits][low:high], columns[keywords][low:high], repeat(True))
        return found

    return texts


def dates(at: int) -> Print:
    return lambda columns: [*map(_internal_date, columns[at])]


def save_dates(at: int) -> Print:
    """NIL where it was not noted (RFC 8514 §4.2)."""
    return lambda columns: [b"NIL" if moment is None else b'"%b"' % _internal_date(moment) for moment in columns[at]]


def _internal_date(moment: int) -> bytes:
    day, second = divmod(moment, _DAY)
    return b"%b %02d:%02d:%02d +0000" % (_day(day), second // 3600, second // 60 % 60, second % 60)


@lru_cache(maxsize=4096)
def _day(number: int) -> bytes:
    year, month, day, *_ = gmtime(number * _DAY)
    return b"%02d-%b-%04d" % (day, _MONTHS[month], year)
