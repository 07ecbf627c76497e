"""What filters do to a message: fields added, changed and removed, another body.

Numbers count the fields that are there at the moment, as Sendmail does. What filters add stands together at the top,
apart from what the sender wrote: so nobody takes it for something that the sender may have forged. Whatever a filter
puts into a value stays within its field, and every line ends with CRLF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from mailnode.message import headers
from mailnode.octets import Octets, joined, stretch
from mailnode.proto.milter import AddHeader, Change, ChangeHeader, ReplaceBody

_LINE_END = re.compile(rb"\r\n|\n|\r")
_EMPTY_LINES = re.compile(rb"[\r\n]++(?:[ \t]*+[\r\n]++)*+")
_OUT_OF_FIELD = re.compile(rb"\n(?![ \t])")


class Line(NamedTuple):
    """A field, whole, with its name in lower case; without a name: lines that are no field."""

    name: bytes
    text: bytes
    added: bool


def apply(changes: Sequence[Change], content: Octets, fields: bytes = b"") -> tuple[bytes, Octets]:
    """What these changes make of the fields that were added before, and of the message: the same object when they
    change nothing of it."""
    header = [one for one in changes if isinstance(one, AddHeader | ChangeHeader)]
    pieces = [one.data for one in changes if isinstance(one, ReplaceBody)]
    if not header and not pieces:
        return fields, content
    end, start = headers.split(content)
    before = content[:end]
    lines = [*_lines(fields, added=True), *_lines(before, added=False)]
    there = {line.name for line in lines}  # or was there: a stranger's header may have a hundred thousand fields
    for change in header:
        if isinstance(change, AddHeader):
            lines.insert(len(lines) if change.at is None else min(change.at, len(lines)), _written(change))
        else:
            _change(lines, change, is_there=change.name.lower() in there)
        there.add(change.name.lower())
    added, kept = (b"".join(line.text for line in lines if line.added is which) for which in (True, False))
    if not pieces and kept == before:
        return added, content
    body = _LINE_END.sub(b"\r\n", b"".join(pieces)) if pieces else stretch(content, start, len(content))
    return added, joined([kept, b"\r\n", body])


def _lines(header: bytes, *, added: bool) -> Iterator[Line]:
    """The header, field by field; nothing of it is lost."""
    at = 0
    for match in headers.matches(header, 0, len(header)):
        if at < match.start():
            yield Line(b"", header[at : match.start()], added)
        yield Line(match[1].lower(), match[0], added)
        at = match.end()
    if at < len(header):
        yield Line(b"", header[at:], added)


def _change(lines: list[Line], change: ChangeHeader, *, is_there: bool) -> None:
    wanted = change.name.lower()
    found = (at for at, line in enumerate(lines) if line.name == wanted) if is_there else iter(())
    places = list(islice(found, change.number - 1, change.number) if change.number else found)
    if not places and change.value and change.number:
        lines.append(_written(change))
    for at in reversed(places):
        lines[at : at + 1] = [_written(change, added=lines[at].added)] if change.value else []


def _written(field: AddHeader | ChangeHeader, *, added: bool = True) -> Line:
    lines = _EMPTY_LINES.sub(b"\n", field.value.replace(b"\0", b"").rstrip(b"\r\n"))
    text = _LINE_END.sub(b"\r\n", _OUT_OF_FIELD.sub(b"\n\t", lines))
    blank = b"" if text.startswith((b" ", b"\t")) else b" "
    return Line(field.name.lower(), field.name + b":" + blank + text + b"\r\n", added)
