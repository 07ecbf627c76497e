"""FETCH answers from stored rows: planned once per command, then one ``%`` per message.

A plan names the columns that the store must read and how each item is printed. Items that need no body come out of
columns that were made at delivery, ready to send. Bodies are read only for sections that ask for them, and one
reading step stops at ``STEP_OCTETS``, so that a mailbox of large messages never stands in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from time import gmtime
from typing import Any

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.flag_text import flag_text
from mailnode.imap.sections import Source, cut, pick_fields
from mailnode.message.digest import USUAL_FIELDS
from mailnode.proto.imap.commands import Attribute, FetchItem, Section
from mailnode.store import messages
from mailnode.store.blobs import Place
from mailnode.store.bodies import read_at
from mailnode.store.ranges import Range

STEP_OCTETS = 1 << 20

_MONTHS = (b"", b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_PLAIN = {
    Attribute.UID: ("uid", b"UID %d"),
    Attribute.SIZE: ("size", b"RFC822.SIZE %d"),
    Attribute.ENVELOPE: ("envelope", b"ENVELOPE %b"),
    Attribute.BODY: ("body", b"BODY %b"),
    Attribute.BODYSTRUCTURE: ("bodystructure", b"BODYSTRUCTURE %b"),
    Attribute.MODSEQ: ("modseq", b"MODSEQ (%d)"),
}
_SOURCE = ("prefix", "parts", "segment", "offset", "stored")

OfRow = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Plan:
    """``columns`` always begin with uid; ``of_row`` prints the items in the order of ``template``.

    ``sections`` are the items that need the body, printed behind all others; ``source`` gives the values of
    ``_SOURCE`` from a row for them.
    """

    columns: tuple[str, ...]
    template: bytes
    of_row: tuple[OfRow, ...]
    sections: tuple[Section, ...]
    source: Callable[[Any], tuple[Any, ...]] | None


def plan(items: Sequence[FetchItem], first_recent: int = 0) -> Plan:
    """``first_recent``: messages from this uid on are \\Recent; 0 for none."""
    columns: dict[str, int] = {"uid": 0}

    def column(name: str) -> int:
        return columns.setdefault(name, len(columns))

    formats: list[bytes] = []
    of_row: list[OfRow] = []
    sections: list[Section] = []
    for item in items:
        if isinstance(item, Section):
            if _in_head(item):
                formats.append(item.label.replace(b"%", b"%%") + _partial_mark(item) + b" %b")
                of_row.append(_fields_of_head(column("head"), item))
            else:
                sections.append(item)
        elif item is Attribute.FLAGS:
            formats.append(b"FLAGS (%b)")
            of_row.append(_flags(column("flags"), column("keywords"), first_recent))
        elif item is Attribute.INTERNALDATE:
            formats.append(b'INTERNALDATE "%b"')
            of_row.append(_date(column("internal_date")))
        else:
            name, form = _PLAIN[item]
            formats.append(form)
            of_row.append(itemgetter(column(name)))
    source = itemgetter(*map(column, _SOURCE)) if sections else None
    return Plan(tuple(columns), b" ".join(formats), tuple(of_row), tuple(sections), source)


def render(
    tx: Transaction, user_id: int, mailbox_id: int, ranges: Sequence[Range], numbers: dict[int, int], plan: Plan
) -> tuple[bytes, int | None]:
    """Lines for those of ``numbers`` (uid to message number) that are still there.

    The second value is the last uid printed when the step became too large, None when all is said.
    """
    rows = messages.rows(tx, user_id, mailbox_id, ranges, plan.columns)
    if not plan.sections:
        return b"".join(_lines(rows, numbers, plan)), None
    pieces: list[bytes] = []
    size = 0
    for row in rows:
        number = numbers.get(row[0])
        if number is not None:
            line = _line_with_sections(tx, row, number, plan)
            pieces.append(line)
            size += len(line)
            if size >= STEP_OCTETS:
                return b"".join(pieces), row[0]
    return b"".join(pieces), None


def _lines(rows: Iterator[Any], numbers: dict[int, int], plan: Plan) -> Iterator[bytes]:
    template = b"* %d FETCH (" + plan.template + b")\r\n"
    of_row = plan.of_row
    for row in rows:
        number = numbers.get(row[0])
        if number is not None:
            yield template % (number, *[value(row) for value in of_row])


def _line_with_sections(tx: Transaction, row: Any, number: int, plan: Plan) -> bytes:
    assert plan.source is not None
    prefix, parts, segment, offset, stored = plan.source(row)
    source = Source(prefix, read_at(tx, Place(segment, offset, stored)), parts)
    items = [plan.template % tuple(value(row) for value in plan.of_row)] if plan.of_row else []
    items += [_print_section(section, cut(source, section)) for section in plan.sections]
    return b"* %d FETCH (%b)\r\n" % (number, b" ".join(items))


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


def _fields_of_head(at: int, section: Section) -> OfRow:
    def literal(row: Any) -> bytes:
        data = pick_fields(row[at], section)
        if section.partial:
            data = data[section.partial[0] : section.partial[0] + section.partial[1]]
        return b"{%d}\r\n%b" % (len(data), data)

    return literal


def _flags(flags: int, keywords: int, first_recent: int) -> OfRow:
    if not first_recent:
        return lambda row: flag_text(row[flags], row[keywords], False)
    return lambda row: flag_text(row[flags], row[keywords], row[0] >= first_recent)


def _date(at: int) -> OfRow:
    def internal_date(row: Any) -> bytes:
        year, month, day, hour, minute, second, *_ = gmtime(row[at])
        return b"%02d-%b-%04d %02d:%02d:%02d +0000" % (day, _MONTHS[month], year, hour, minute, second)

    return internal_date
