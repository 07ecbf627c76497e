"""GETMETADATA and SETMETADATA, and what LIST takes over of them (RFC 5464 §5, RFC 9590).

    getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
    getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
    getmetadata-option = "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity")
    setmetadata = "SETMETADATA" SP mailbox SP "(" entry SP value *(SP entry SP value) ")"
    entries = entry / "(" entry *(SP entry) ")"        entry = astring        value = nstring / literal8

Options behind the mailbox are taken too: the examples of RFC 5464 have them there, and so have clients.
"""

from __future__ import annotations

import re

from mailnode.proto.imap.annotating import GetMetadata, SetMetadata
from mailnode.proto.imap.commands import MetadataItems
from mailnode.proto.imap.cursor import Cursor

MAX_ENTRIES = 100
MAX_NAME = 200  # octets
_ENTRY = re.compile(rb"/(?:private|shared)(?:/[^\x00-\x1f\x7f-\xff/*%]+)*+", re.IGNORECASE)
_OPTIONS = re.compile(rb"\((?:MAXSIZE|DEPTH) ", re.IGNORECASE)
_DEPTHS = {"0": 0, "1": 1, "INFINITY": None}
_Options = tuple[int | None, int | None]


def parse_get_metadata(tag: str, args: Cursor) -> GetMetadata:
    args.space()
    options = _options(args)
    mailbox = _mailbox(args)
    args.space()
    options = options or _options(args)
    items = _items(args, options)
    args.end()
    return GetMetadata(tag, mailbox, items)


def parse_set_metadata(tag: str, args: Cursor) -> SetMetadata:
    args.space()
    mailbox = _mailbox(args)
    args.space()
    args.expect(b"(")
    values = [_entry_and_value(args)]
    while not args.take(b")"):
        args.space()
        if len(values) == MAX_ENTRIES:
            raise args.fault(f"At most {MAX_ENTRIES} entries were expected")
        values.append(_entry_and_value(args))
    args.end()
    return SetMetadata(tag, mailbox, tuple(dict(values).items()))


def read_metadata_items(args: Cursor) -> MetadataItems:
    """Options and entries behind LIST's METADATA (RFC 9590 §5)."""
    return _items(args, _options(args))


def _mailbox(args: Cursor) -> str:
    return args.mailbox() if not args.take(b'""') else ""


def _options(args: Cursor) -> _Options | None:
    """None, and nothing is read, where no options stand."""
    if not _OPTIONS.match(args.text, args.pos):
        return None
    args.expect(b"(")
    max_size: int | None = None
    depth: int | None = 0
    while True:
        name = args.word()
        args.space()
        if name == "MAXSIZE":
            max_size = args.number()
        elif name == "DEPTH" and (value := args.word()) in _DEPTHS:
            depth = _DEPTHS[value]
        else:
            raise args.fault("MAXSIZE, or DEPTH with 0, 1 or infinity, was expected")
        if args.take(b")"):
            args.space()
            return max_size, depth
        args.space()


def _items(args: Cursor, options: _Options | None) -> MetadataItems:
    max_size, depth = options or (None, 0)
    if not args.take(b"("):
        return MetadataItems((_entry(args),), max_size, depth)
    names = [_entry(args)]
    while not args.take(b")"):
        args.space()
        if len(names) == MAX_ENTRIES:
            raise args.fault(f"At most {MAX_ENTRIES} entries were expected")
        names.append(_entry(args))
    return MetadataItems(tuple(dict.fromkeys(names)), max_size, depth)


def _entry(args: Cursor) -> str:
    """An entry's name in lower case; what RFC 5464 §3.2 forbids is BAD."""
    name = args.astring()
    if len(name) > MAX_NAME or not _ENTRY.fullmatch(name):
        raise args.fault("An entry such as /private/comment was expected")
    return name.decode("ascii").lower()


def _entry_and_value(args: Cursor) -> tuple[str, bytes | None]:
    entry = _entry(args)
    levels = entry.split("/")[2:]
    if not levels or (levels[0] == "vendor" and len(levels) < 3):  # RFC 5464 §3.2: /shared/vendor/<vendor>/<name>
        raise args.fault("An entry that can have a value was expected")
    args.space()
    return entry, args.literal() if args.at(b"~") else args.nstring()
