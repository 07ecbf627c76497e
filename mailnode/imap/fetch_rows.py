"""FETCH answers from stored rows: planned once per command, printed column by column.

A plan names the columns that the store must read and how each item is printed. Items that need no body come out of
columns that were made at delivery, ready to send; a whole step of messages is then one ``%``. Bodies are read only for
sections that ask for them, and one reading step stops at ``STEP_OCTETS``, so that a mailbox of large messages never
stands in memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session as Transaction

from mailnode.database import is_sqlite
from mailnode.imap import fetch_columns as print_as
from mailnode.imap import large
from mailnode.imap.bodies import Bodies
from mailnode.imap.fetch_columns import READY, Columns, Print
from mailnode.imap.flag_text import flag_text
from mailnode.imap.sections import Source, cut
from mailnode.message.digest import USUAL_FIELDS
from mailnode.octets import Large, Octets
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Attribute, FetchItem, Section
from mailnode.store import heads, messages, snapshot
from mailnode.store.blobs import Blobs, Place
from mailnode.store.bodies import opened_all, opener
from mailnode.store.opening import blobs_of
from mailnode.store.ranges import Range
from mailnode.store.snapshot import Alike

STEP_OCTETS = 1 << 20
WORTH_COUNTING = 100  # messages
NO_RECENTS: Range = (1, 0)

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
_SOURCE = ("prefix", "parts", "size", "segment", "offset", "stored")
_FLAGS_ONLY = ("uid", "flags", "keywords")
_HEADS_ONLY = ("uid", "head")
_OF_ENTRY = frozenset({"uid", "flags", "keywords", "modseq", "internal_date", "size", "saved_at"})


@dataclass(frozen=True, slots=True)
class Rendered:
    """Whole lines. ``stopped_at`` is the last uid printed when the step became too large, None when all is said.
    ``words`` are the keywords told, as the store has them: several in one text. ``large`` is a last line in pieces."""

    data: bytes
    stopped_at: int | None = None
    words: Set[str] = frozenset()
    large: Sequence[Octets] = ()


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

    def items_of(self, row: tuple[Any, ...]) -> bytes:
        """The items that need no body, of a message alone."""
        alone = [(value,) for value in row]
        return self.template % tuple(column[0] for print_ in self.prints for column in print_(alone))

    def words_of(self, row: tuple[Any, ...]) -> set[str]:
        return {row[self.keywords]} if self.keywords else set()

    @property
    def in_parts(self) -> bool:
        """True when only a stretch of a section is wanted: the client will ask for the rest."""
        return any(section.partial or section.part for section in self.sections)

    @property
    def whole(self) -> Section | None:
        """The only section, when it is the whole message as it is."""
        only = self.sections[0] if len(self.sections) == 1 else None
        plain = only is not None and not (only.part or only.text or only.binary or only.size_only or only.partial)
        return only if plain else None

    @property
    def is_of_flags(self) -> bool:
        """True when nothing is told but flags, with uids or without."""
        return self.columns == _FLAGS_ONLY

    @property
    def has_heads(self) -> bool:
        """True when usual header fields are told, which may be long."""
        return "head" in self.columns

    @property
    def is_of_heads(self) -> bool:
        """True when nothing is told but usual header fields, with uids or without."""
        return self.columns == _HEADS_ONLY

    @property
    def is_narrow(self) -> bool:
        """True when no table but the narrow one of entries is read."""
        return _OF_ENTRY.issuperset(self.columns)


Rows = Sequence[tuple[Any, ...]]


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
                formats.append(item.label.replace(b"%", b"%%") + large.partial_mark(item) + b" " + print_as.LITERAL)
                prints.append(print_as.fields_of_head(column("head"), item))
            else:
                sections.append(item)
        elif item is Attribute.FLAGS:
            formats.append(b"FLAGS (%b)")
            prints.append(print_as.flags(column("flags"), column("keywords"), recents))
        elif item is Attribute.INTERNALDATE:
            formats.append(b'INTERNALDATE "%b"')
            prints.append(print_as.dates(column("internal_date")))
        elif item is Attribute.SAVEDATE:
            formats.append(b"SAVEDATE %b")
            prints.append(print_as.save_dates(column("saved_at")))
        elif item in _TEXTS:
            name, form, print_ = _TEXTS[item]
            formats.append(form)
            prints.append(print_as.printed(column(name), print_))
        else:
            name, form = _PLAIN[item]
            formats.append(form)
            prints.append(print_as.as_it_is(column(name)))
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
    if plan.is_of_flags and len(ranges) == 1 and len(numbers) >= WORTH_COUNTING:
        alike = snapshot.alike(tx, user_id, mailbox_id, *ranges[0])
        if alike.count == len(numbers) and all(uid in numbers for uid, _, _ in alike.others):
            return _print_alike(plan, numbers, alike)
    if plan.is_of_heads and len(numbers) >= WORTH_COUNTING and is_sqlite(tx):
        joined = heads.joined(tx, user_id, mailbox_id, ranges, [*numbers])
        if joined is not None:
            with contextlib.suppress(print_as.Unended):
                return _print(plan, [*numbers.values()], [[*numbers], joined])
    rows, cut_at = _rows(tx, user_id, mailbox_id, ranges, plan)
    if not plan.sections:
        return replace(_lines(rows, numbers, plan), stopped_at=cut_at)
    known = [row for row in rows if row[0] in numbers]
    now = _in_one_step(known, plan.source[2])
    segment, offset, stored = plan.source[3:]
    places = [Place(row[segment], row[offset], row[stored]) for row in now]
    stopped_at = now[-1][0] if len(now) < len(known) else cut_at
    if plan.in_parts:
        read = opener(tx)
        found = (bodies.read(read, user_id, place, again=True) for place in places)
        return _with_bodies(plan, now, numbers, found, stopped_at)
    return _with_bodies(plan, now, numbers, opened_all(blobs_of(tx), places), stopped_at)


def _rows(
    tx: Transaction, user_id: int, mailbox_id: int, ranges: Sequence[Range], plan: Plan
) -> tuple[list[tuple[Any, ...]], int | None]:
    """The rows of a step, and the uid at which it stops for the length of their headers."""
    if plan.has_heads:
        return heads.rows(tx, user_id, mailbox_id, ranges, plan.columns)
    return list(messages.tuples(tx, user_id, mailbox_id, ranges, plan.columns)), None


def rows_of_steps(
    tx: Transaction, user_id: int, mailbox_id: int, ranges: Sequence[Range], numbers: dict[int, int], plan: Plan
) -> list[Rows]:
    """The rows for whole messages, a step's worth together, for `render_whole`."""
    rows = [row for row in messages.tuples(tx, user_id, mailbox_id, ranges, plan.columns) if row[0] in numbers]
    found: list[Rows] = []
    at = 0
    while at < len(rows):
        found.append(_in_one_step(rows[at:], plan.source[2]))
        at += len(found[-1])
    return found


def render_whole(
    blobs: Blobs, bodies: Bodies, user_id: int, rows: Rows, numbers: dict[int, int], plan: Plan
) -> Rendered:
    """Lines with whole messages, up to the first large one."""
    segment, offset, stored = plan.source[3:]
    places = [Place(row[segment], row[offset], row[stored]) for row in rows]
    kept = bodies.found(user_id, places)

    def read() -> Iterator[Octets]:
        fresh = opened_all(blobs, [place for place, body in zip(places, kept, strict=True) if body is None])
        for place, body in zip(places, kept, strict=True):
            if body is None:
                found = next(fresh)
                bodies.keep(user_id, place, found)
                yield found
            else:
                yield body

    return _with_bodies(plan, rows, numbers, read(), None)


def _in_one_step(rows: Sequence[tuple[Any, ...]], size: int) -> Sequence[tuple[Any, ...]]:
    """As many of the rows as a step may hold, by the sizes of the messages in this column; one in any case."""
    total = 0
    for at, row in enumerate(rows):
        total += row[size]
        if total > STEP_OCTETS and at:
            return rows[:at]
    return rows


def _with_bodies(
    plan: Plan,
    rows: Sequence[tuple[Any, ...]],
    numbers: dict[int, int],
    bodies: Iterator[Octets],
    stopped_at: int | None,
) -> Rendered:
    """Lines for the rows, up to the first with something large in it."""
    pieces: list[bytes] = []
    words: set[str] = set()
    whole = plan.whole
    for row, body in zip(rows, bodies, strict=True):
        words |= plan.words_of(row)
        prefix, parts = row[plan.source[0]], row[plan.source[1]]
        if whole is not None and isinstance(body, bytes):
            pieces += _line_with_whole(plan, whole, row, numbers[row[0]], prefix, body)
        else:
            line = _line_with_sections(Source(prefix, body, parts), row, numbers[row[0]], plan)
            if not isinstance(line, bytes):
                return Rendered(b"".join(pieces), row[0], words, line)
            pieces.append(line)
    return Rendered(b"".join(pieces), stopped_at, words)


def _line_with_whole(
    plan: Plan, section: Section, row: tuple[Any, ...], number: int, prefix: bytes, body: bytes
) -> tuple[bytes, ...]:
    """The pieces of a line with a whole small message, which is not copied more often than it must be."""
    if b"\0" in body or b"\0" in prefix:
        body, prefix = large.without_nul(body)[:], large.without_nul(prefix)[:]
    items = plan.items_of(row) + b" " if plan.prints else b""
    begin = b"* %d UIDFETCH (" % row[0] if plan.uid_only else b"* %d FETCH (" % number
    return begin, items, b"%b {%d}\r\n" % (section.label, len(prefix) + len(body)), prefix, body, b")\r\n"


def _lines(rows: list[tuple[Any, ...]], numbers: dict[int, int], plan: Plan) -> Rendered:
    if not rows:
        return Rendered(b"")
    columns: Columns = [*zip(*rows, strict=True)]
    if columns[0] == tuple(numbers):
        return _print(plan, [*numbers.values()], columns)
    known = [numbers.get(uid) for uid in columns[0]]
    if None in known:  # came after the client was last told
        return _lines([row for row in rows if row[0] in numbers], numbers, plan)
    return _print(plan, known, columns)


def _print_alike(plan: Plan, numbers: dict[int, int], found: Alike) -> Rendered:
    """Lines of ``_FLAGS_ONLY`` for every one of many neighbours, of which only the unusual ones have been read."""
    texts = [flag_text(found.bits, found.keywords, False)] * found.count
    first = next(iter(numbers.values()))
    for uid, bits, keywords in found.others:
        texts[numbers[uid] - first] = flag_text(bits, keywords, False)
    words = {found.keywords, *(keywords for _, _, keywords in found.others)}
    return Rendered(_printed_rows(plan, [*numbers.values()], [[*numbers], texts, READY]), None, words)


def _print(plan: Plan, numbers: Sequence[Any], columns: Columns) -> Rendered:
    words = {*columns[plan.keywords]} if plan.keywords else frozenset[str]()
    return Rendered(_printed_rows(plan, numbers, columns), None, words)


def _printed_rows(plan: Plan, numbers: Sequence[Any], columns: Columns) -> bytes:
    begin, shown = (b"* %d UIDFETCH (", columns[0]) if plan.uid_only else (b"* %d FETCH (", numbers)
    return _fill(
        begin + plan.template + b")\r\n", [shown, *(column for print_ in plan.prints for column in print_(columns))]
    )


def _fill(template: bytes, values: Sequence[Sequence[Any]]) -> bytes:
    """The template once for each row, in one go."""
    width, count = len(values), len(values[0])
    flat: list[Any] = [None] * (width * count)
    for at, column in enumerate(values):
        flat[at::width] = column
    return (template * count) % tuple(flat)


def _line_with_sections(source: Source, row: tuple[Any, ...], number: int, plan: Plan) -> bytes | list[Octets]:
    """The line, or a list of its pieces where one of them is large."""
    items = [plan.items_of(row)] if plan.prints else []
    found = [(section, cut(source, section)) for section in plan.sections]
    if isinstance(source.body, Large) and any(isinstance(data, Large) for _, data in found):
        empty = responses.uid_fetch(row[0], ()) if plan.uid_only else responses.fetch(number, ())
        return large.line(empty, items, found)
    items += [_print_section(section, data) for section, data in found]
    return responses.uid_fetch(row[0], items) if plan.uid_only else responses.fetch(number, items)


def _print_section(section: Section, data: Octets | None) -> bytes:
    shown = large.opening(section, data)
    if data is None or section.size_only:
        return shown
    return shown + (data if section.binary else large.without_nul(data))[:]


def _in_head(section: Section) -> bool:
    """True when the fields asked for are all among those kept apart at delivery."""
    return (
        section.text == "HEADER.FIELDS"
        and not section.part
        and all(name.lower().encode("ascii") in USUAL_FIELDS for name in section.fields)
    )
