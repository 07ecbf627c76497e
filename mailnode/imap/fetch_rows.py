"""FETCH answers from stored rows: planned once per command, printed column by column.

A plan names the columns that the store must read and how each item is printed. Items that need no body come out of
columns that were made at delivery, ready to send; a whole step of messages is then one ``%``. Bodies are read only for
sections that ask for them, and one reading step stops at ``STEP_OCTETS``, so that a mailbox of large messages never
stands in memory.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from time import gmtime
from typing import Any

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.bodies import Bodies
from mailnode.imap.flag_text import flag_text
from mailnode.imap.sections import Source, cut
from mailnode.message.digest import USUAL_FIELDS
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Attribute, FetchItem, Section
from mailnode.store import messages, snapshot
from mailnode.store.blobs import Place
from mailnode.store.bodies import reader
from mailnode.store.ranges import Range

STEP_OCTETS = 1 << 20
WORTH_COUNTING = 100  # messages
NO_RECENTS: Range = (1, 0)

_MONTHS = (b"", b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_DAY = 86_400
_PLAIN = {
    Attribute.UID: ("uid", b"UID %d"),
    Attribute.SIZE: ("size", b"RFC822.SIZE %d"),
    Attribute.ENVELOPE: ("envelope", b"ENVELOPE %b"),
    Attribute.BODY: ("body", b"BODY %b"),
    Attribute.BODYSTRUCTURE: ("bodystructure", b"BODYSTRUCTURE %b"),
    Attribute.MODSEQ: ("modseq", b"MODSEQ (%d)"),
    Attribute.EMAILID: ("message", b"EMAILID (M%d)"),
}
_TEXTS: dict[Attribute, tuple[str, bytes, Callable[[str], bytes]]] = {
    Attribute.PREVIEW: ("preview", b"PREVIEW %b", lambda text: responses.string(text.encode("utf-8"))),
    Attribute.THREADID: ("conversation", b"THREADID (T%b)", lambda text: text.encode("ascii", "replace")),
}
_SOURCE = ("prefix", "parts", "segment", "offset", "stored")
_FLAGS_ONLY = ("uid", "flags", "keywords")
_OF_ENTRY = frozenset({"uid", "flags", "keywords", "modseq", "internal_date", "size", "saved_at"})

Columns = Sequence[Sequence[Any]]
Print = Callable[[Columns], Sequence[Any]]  # the values of one item for every row


@dataclass(frozen=True, slots=True)
class Rendered:
    """Whole lines. ``stopped_at`` is the last uid printed when the step became too large, None when all is said.
    ``words`` are the keywords told, as the store has them: several in one text."""

    data: bytes
    stopped_at: int | None = None
    words: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """``columns`` always begin with uid; ``prints`` gives the values for ``template``, item by item.

    ``sections`` are the items that need the body, printed behind all others, from the columns at ``source``.
    """

    columns: tuple[str, ...]
    template: bytes
    prints: tuple[Print, ...]
    sections: tuple[Section, ...]
    source: tuple[int, ...]
    keywords: int  # the place of that column, 0 when it is not read
    uid_only: bool = False  # lines begin with the uid (RFC 9586 §3.3)

    def words_of(self, row: tuple[Any, ...]) -> set[str]:
        return {row[self.keywords]} if self.keywords else set()

    @property
    def in_parts(self) -> bool:
        """True when only a stretch of a section is wanted: the client will ask for the rest."""
        return any(section.partial or section.part for section in self.sections)

    @property
    def is_narrow(self) -> bool:
        """True when no table but the narrow one of entries is read."""
        return _OF_ENTRY.issuperset(self.columns)


def plan(items: Sequence[FetchItem], recents: Range = NO_RECENTS, *, uid_only: bool = False) -> Plan:
    """``recents``: the uids that are \\Recent."""
    columns: dict[str, int] = {"uid": 0}

    def column(name: str) -> int:
        return columns.setdefault(name, len(columns))

    formats: list[bytes] = []
    prints: list[Print] = []
    sections: list[Section] = []
    for item in items:
        if isinstance(item, Section):
            if _in_head(item):
                formats.append(item.label.replace(b"%", b"%%") + _partial_mark(item) + b" %b")
                prints.append(_fields_of_head(column("head"), item))
            else:
                sections.append(item)
        elif item is Attribute.FLAGS:
            formats.append(b"FLAGS (%b)")
            prints.append(_flags(column("flags"), column("keywords"), recents))
        elif item is Attribute.INTERNALDATE:
            formats.append(b'INTERNALDATE "%b"')
            prints.append(_dates(column("internal_date")))
        elif item is Attribute.SAVEDATE:
            formats.append(b"SAVEDATE %b")
            prints.append(_save_dates(column("saved_at")))
        elif item in _TEXTS:
            name, form, print_ = _TEXTS[item]
            formats.append(form)
            prints.append(_printed(column(name), print_))
        else:
            name, form = _PLAIN[item]
            formats.append(form)
            prints.append(_as_it_is(column(name)))
    source = tuple(map(column, _SOURCE)) if sections else ()
    keywords = columns.get("keywords", 0)
    return Plan(tuple(columns), b" ".join(formats), tuple(prints), tuple(sections), source, keywords, uid_only)


def render(
    tx: Transaction,
    bodies: Bodies,
    user_id: int,
    mailbox_id: int,
    ranges: Sequence[Range],
    numbers: dict[int, int],
    plan: Plan,
) -> Rendered:
    """Lines for those of ``numbers`` (uid to message number) that are still there."""
    alike = _alike(tx, user_id, mailbox_id, ranges, numbers) if plan.columns == _FLAGS_ONLY else None
    if alike is not None:
        return _print(plan, [*numbers.values()], alike)
    rows = messages.tuples(tx, user_id, mailbox_id, ranges, plan.columns)
    if not plan.sections:
        return _lines(list(rows), numbers, plan)
    pieces: list[bytes] = []
    words: set[str] = set()
    size = 0
    read = reader(tx)
    for row in rows:
        number = numbers.get(row[0])
        if number is not None:
            prefix, parts, *place = (row[at] for at in plan.source)
            body = bodies.read(read, user_id, Place(*place), again=plan.in_parts)
            line = _line_with_sections(Source(prefix, body, parts), row, number, plan)
            pieces.append(line)
            words |= plan.words_of(row)
            size += len(line)
            if size >= STEP_OCTETS:
                return Rendered(b"".join(pieces), row[0], words)
    return Rendered(b"".join(pieces), None, words)


def _lines(rows: list[tuple[Any, ...]], numbers: dict[int, int], plan: Plan) -> Rendered:
    if not rows:
        return Rendered(b"")
    columns: Columns = [*zip(*rows, strict=True)]
    known = [numbers.get(uid) for uid in columns[0]]
    if None in known:  # came after the client was last told
        return _lines([row for row in rows if row[0] in numbers], numbers, plan)
    return _print(plan, known, columns)


def _alike(
    tx: Transaction, user_id: int, mailbox_id: int, ranges: Sequence[Range], numbers: dict[int, int]
) -> Columns | None:
    """The columns of ``_FLAGS_ONLY`` for every one of many neighbours, without reading a row of each; None when there
    are few, or some of them have gone."""
    if len(ranges) != 1 or len(numbers) < WORTH_COUNTING:
        return None
    found = snapshot.alike(tx, user_id, mailbox_id, *ranges[0])
    if found.count != len(numbers):
        return None
    bits, keywords = [found.bits] * found.count, [found.keywords] * found.count
    first = next(iter(numbers.values()))
    for uid, other_bits, other_keywords in found.others:
        if uid not in numbers:
            return None
        bits[numbers[uid] - first] = other_bits
        keywords[numbers[uid] - first] = other_keywords
    return [[*numbers], bits, keywords]


def _print(plan: Plan, numbers: Sequence[Any], columns: Columns) -> Rendered:
    words = {*columns[plan.keywords]} if plan.keywords else frozenset[str]()
    begin, shown = (b"* %d UIDFETCH (", columns[0]) if plan.uid_only else (b"* %d FETCH (", numbers)
    data = _fill(begin + plan.template + b")\r\n", [shown, *(print_(columns) for print_ in plan.prints)])
    return Rendered(data, None, words)


def _fill(template: bytes, values: Sequence[Sequence[Any]]) -> bytes:
    """The template once for each row, in one go."""
    width, count = len(values), len(values[0])
    flat: list[Any] = [None] * (width * count)
    for at, column in enumerate(values):
        flat[at::width] = column
    return (template * count) % tuple(flat)


def _line_with_sections(source: Source, row: tuple[Any, ...], number: int, plan: Plan) -> bytes:
    alone = [(value,) for value in row]
    items = [plan.template % tuple(print_(alone)[0] for print_ in plan.prints)] if plan.prints else []
    items += [_print_section(section, cut(source, section)) for section in plan.sections]
    return responses.uid_fetch(row[0], items) if plan.uid_only else responses.fetch(number, items)


def _print_section(section: Section, data: bytes | None) -> bytes:
    if section.size_only:
        return b"%b %d" % (section.label, len(data or b""))
    mark = _partial_mark(section)
    if data is None:
        return b"%b%b NIL" % (section.label, mark)
    tilde = b"~" if section.binary and b"\0" in data else b""
    return b"%b%b %b{%d}\r\n%b" % (section.label, mark, tilde, len(data), data)


def _partial_mark(section: Section) -> bytes:
    """The answer repeats where the piece begins, not how much was wanted (RFC 9051 §7.5.2)."""
    return b"<%d>" % section.partial[0] if section.partial else b""


def _in_head(section: Section) -> bool:
    """True when the fields asked for are all among those kept apart at delivery."""
    return (
        section.text == "HEADER.FIELDS"
        and not section.part
        and all(name.lower().encode("ascii") in USUAL_FIELDS for name in section.fields)
    )


def _as_it_is(at: int) -> Print:
    return lambda columns: columns[at]


def _printed(at: int, print_: Callable[[str], bytes]) -> Print:
    return lambda columns: [*map(print_, columns[at])]


def _fields_of_head(at: int, section: Section) -> Print:
    """What ``sections.pick_fields`` gives, from whole lines that hold nothing but fields."""
    names = b"|".join(re.escape(name.encode("ascii")) for name in section.fields)
    find = re.compile(rb"^(?:%b)[ \t]*+:(?:[^\n]*+\n[ \t])*+[^\n]*+\n" % names, re.M | re.I).findall
    start, size = section.partial or (0, None)

    def literal(head: bytes) -> bytes:
        data = b"".join(find(head)) + b"\r\n"
        if size is not None:
            data = data[start : start + size]
        return b"{%d}\r\n%b" % (len(data), data)

    return lambda columns: [*map(literal, columns[at])]


def _flags(flags: int, keywords: int, recents: Range) -> Print:
    def texts(columns: Columns) -> list[bytes]:
        low, high = (bisect_left(columns[0], uid) for uid in (recents[0], recents[1] + 1))
        found = [*map(flag_text, columns[flags], columns[keywords], repeat(False))]
        if low < high:
            found[low:high] = map(flag_text, columns[flags][low:high], columns[keywords][low:high], repeat(True))
        return found

    return texts


def _dates(at: int) -> Print:
    return lambda columns: [*map(_internal_date, columns[at])]


def _save_dates(at: int) -> Print:
    """NIL where it was not noted (RFC 8514 §4.2)."""
    return lambda columns: [b"NIL" if moment is None else b'"%b"' % _internal_date(moment) for moment in columns[at]]


def _internal_date(moment: int) -> bytes:
    day, second = divmod(moment, _DAY)
    return b"%b %02d:%02d:%02d +0000" % (_day(day), second // 3600, second // 60 % 60, second % 60)


@lru_cache(maxsize=4096)
def _day(number: int) -> bytes:
    year, month, day, *_ = gmtime(number * _DAY)
    return b"%02d-%b-%04d" % (day, _MONTHS[month], year)
