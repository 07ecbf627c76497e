"""FETCH: which messages, which pieces of each.

fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
        [SP "(" fetch-modifier *(SP fetch-modifier) ")"]                        RFC 9051 §9, RFC 7162 §7
fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822" [".HEADER" / ".SIZE" / ".TEXT"] / "UID" / "MODSEQ" /
            "BODY" ["STRUCTURE"] / "BODY" [".PEEK"] section ["<" number "." nz-number ">"] /
            "BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary     RFC 3516 §7
section = "[" [section-part ["." section-text] / section-msgtext] "]"
"""

from __future__ import annotations

import re

from mailnode.proto.imap.commands import Attribute, Fetch, FetchItem, Section
from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.imap.framing import Frame

MAX_ITEMS = 200
MAX_HEADER_FIELDS = 200
MAX_PART_DEPTH = 200  # more than a message is ever taken apart (message.structure.DEPTH)

_MACROS = {
    "FAST": (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE),
    "ALL": (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE, Attribute.ENVELOPE),
    "FULL": (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE, Attribute.ENVELOPE, Attribute.BODY),
}
_ATTRIBUTES = {attribute.value: attribute for attribute in Attribute}
_OLD_NAMES = {
    "RFC822": Section(b"RFC822"),
    "RFC822.HEADER": Section(b"RFC822.HEADER", text="HEADER", peek=True),
    "RFC822.TEXT": Section(b"RFC822.TEXT", text="TEXT"),
}
_PART = re.compile(rb"[1-9][0-9]{0,9}(?:\.[1-9][0-9]{0,9})*")
_TEXT = re.compile(rb"HEADER\.FIELDS\.NOT|HEADER\.FIELDS|HEADER|TEXT|MIME", re.IGNORECASE)
_PARTIAL = re.compile(rb"<([0-9]{1,10})\.([1-9][0-9]{0,9})>")
_FIELD_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]+")
_PLAIN_FIELD = re.compile(rb"""[^\x00-\x20\x7f-\xff(){%*"\\]+""")


def parse_fetch(tag: str, args: Cursor, *, by_uid: bool) -> Fetch:
    args.space()
    numbers = args.sequence_set()
    args.space()
    items = read_items(args)
    changed_since, vanished, partial = _modifiers(args)
    if partial is not None and not by_uid:
        raise args.fault("PARTIAL belongs to UID FETCH")  # RFC 9394 §3.2
    args.end()
    return Fetch(tag, by_uid, numbers, tuple(dict.fromkeys(items)), changed_since, vanished, partial)


def read_items(args: Cursor) -> list[FetchItem]:
    """One item or a list of them."""
    if not args.take(b"("):
        return _macro_or_item(args)
    items = [*_macro_or_item(args)]
    while not args.take(b")"):
        args.space()
        if len(items) >= MAX_ITEMS:
            raise args.fault(f"At most {MAX_ITEMS} items were expected")
        items += _macro_or_item(args)
    return items


def _macro_or_item(args: Cursor) -> list[FetchItem]:
    """Macros inside parentheses are outside the grammar but harmless, and sent by some scripts."""
    name = args.word()
    if name in _MACROS:
        return [*_MACROS[name]]
    if name in ("BODY", "BODY.PEEK") and args.at(b"["):
        return [_section(args, peek=name == "BODY.PEEK")]
    if name in ("BINARY", "BINARY.PEEK", "BINARY.SIZE") and args.at(b"["):
        return [_binary(args, name)]
    if name in _OLD_NAMES:
        return [_OLD_NAMES[name]]
    if name not in _ATTRIBUTES:
        raise args.fault("A FETCH item was expected")
    if name == "PREVIEW" and args.take(b" ("):  # RFC 8970 §3: LAZY makes no difference, all are at hand
        if args.word() != "LAZY":
            raise args.fault("LAZY was expected")
        args.expect(b")")
    return [_ATTRIBUTES[name]]


def _section(args: Cursor, *, peek: bool) -> Section:
    args.expect(b"[")
    part = _part(args)
    text = ""
    fields: tuple[bytes, ...] = ()
    if not args.at(b"]"):
        if part:
            args.expect(b".")
        text = _section_text(args, nested=bool(part))
        if text.startswith("HEADER.FIELDS"):
            args.space()
            fields = _field_names(args)
    args.expect(b"]")
    names = tuple(name.decode("ascii").upper() for name in fields)
    return Section(_label(part, text, fields), part, text, names, _partial(args), peek)


def parse_section(text: bytes) -> Section:
    """The text of a section as it stands in a URL, "" for the whole message (RFC 5092 §11, enc-section)."""
    args = Cursor(Frame(b"[%b]" % text))
    section = _section(args, peek=True)
    args.end()
    return section


def _section_text(args: Cursor, *, nested: bool) -> str:
    found = _TEXT.match(args.text, args.pos)
    if found is None:
        raise args.fault("HEADER, HEADER.FIELDS, TEXT or MIME was expected")
    text = found[0].decode("ascii").upper()
    if text == "MIME" and not nested:
        raise args.fault("MIME belongs to a part; a part number was expected")  # RFC 9051 §6.4.5.1
    args.pos = found.end()
    return text


def _binary(args: Cursor, name: str) -> Section:
    """section-binary = "[" [section-part] "]"        RFC 3516 §7"""
    args.expect(b"[")
    part = _part(args)
    args.expect(b"]")
    size_only = name == "BINARY.SIZE"
    label = b"BINARY%b[%b]" % (b".SIZE" if size_only else b"", _print_part(part))
    partial = None if size_only else _partial(args)
    return Section(label, part, partial=partial, peek=name != "BINARY", binary=True, size_only=size_only)


def _part(args: Cursor) -> tuple[int, ...]:
    found = _PART.match(args.text, args.pos)
    if found is None:
        return ()
    args.pos = found.end()
    part = tuple(map(int, found[0].split(b".")))
    if len(part) > MAX_PART_DEPTH:
        raise args.fault(f"A part at most {MAX_PART_DEPTH} levels deep was expected")
    return part


def _field_names(args: Cursor) -> tuple[bytes, ...]:
    """header-list = "(" header-fld-name *(SP header-fld-name) ")"."""
    args.expect(b"(")
    names: list[bytes] = []
    while not names or not args.take(b")"):
        if names:
            args.space()
        if len(names) == MAX_HEADER_FIELDS:
            raise args.fault(f"At most {MAX_HEADER_FIELDS} field names were expected")
        name = args.astring()
        if not _FIELD_NAME.fullmatch(name):
            raise args.fault("The name of a header field was expected")
        names.append(name)
    return tuple(names)


def _partial(args: Cursor) -> tuple[int, int] | None:
    found = _PARTIAL.match(args.text, args.pos)
    if found is None:
        return None
    args.pos = found.end()
    return int(found[1]), int(found[2])


def _label(part: tuple[int, ...], text: str, fields: tuple[bytes, ...]) -> bytes:
    inner = b".".join(piece for piece in (_print_part(part), text.encode("ascii")) if piece)
    if fields:
        inner += b" (%b)" % b" ".join(map(_print_field, fields))
    return b"BODY[%b]" % inner


def _print_part(part: tuple[int, ...]) -> bytes:
    return b".".join(b"%d" % number for number in part)


def _print_field(name: bytes) -> bytes:
    if _PLAIN_FIELD.fullmatch(name):
        return name
    return b'"%b"' % name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def _modifiers(args: Cursor) -> tuple[int | None, bool, tuple[int, int] | None]:
    """fetch-modifier = "CHANGEDSINCE" SP mod-sequence / "VANISHED"        RFC 7162 §7
    / "PARTIAL" SP partial-range        RFC 9394 §4"""
    changed_since: int | None = None
    vanished = False
    partial: tuple[int, int] | None = None
    if args.take(b" ("):
        while True:
            name = args.word()
            if name == "CHANGEDSINCE" and changed_since is None:
                args.space()
                changed_since = args.number64()
            elif name == "VANISHED":
                vanished = True
            elif name == "PARTIAL" and partial is None:
                args.space()
                partial = args.places()
            else:
                raise args.fault("CHANGEDSINCE, VANISHED or PARTIAL was expected")
            if args.take(b")"):
                break
            args.space()
    return changed_since, vanished, partial
