"""Commands that change messages: STORE, COPY, MOVE, EXPUNGE and APPEND."""

from __future__ import annotations

from datetime import datetime

from mailnode.octets import Octets
from mailnode.proto.imap.commands import Append, AppendMessage, Copy, Expunge, Move, Replace, Store, StoreMode, Url
from mailnode.proto.imap.cursor import MAX_FLAGS, Cursor
from mailnode.proto.imap.dates import parse_date_time
from mailnode.proto.imap.flags import unique
from mailnode.proto.imap.sequence_set import SequenceSet

MAX_PARTS = 1_000

_STORE_ITEMS = {
    name + silent: (mode, bool(silent))
    for name, mode in (("FLAGS", StoreMode.SET), ("+FLAGS", StoreMode.ADD), ("-FLAGS", StoreMode.REMOVE))
    for silent in ("", ".SILENT")
}


def parse_copy(tag: str, args: Cursor, *, by_uid: bool) -> Copy:
    """copy = "COPY" SP sequence-set SP mailbox        RFC 9051 §9"""
    args.space()
    numbers = args.sequence_set()
    args.space()
    mailbox = args.mailbox()
    args.end()
    return Copy(tag, by_uid, numbers, mailbox)


def parse_move(tag: str, args: Cursor, *, by_uid: bool) -> Move:
    """move = "MOVE" SP sequence-set SP mailbox        RFC 9051 §9"""
    args.space()
    numbers = args.sequence_set()
    args.space()
    mailbox = args.mailbox()
    args.end()
    return Move(tag, by_uid, numbers, mailbox)


def parse_expunge(tag: str, args: Cursor) -> Expunge:
    """expunge = "EXPUNGE"        RFC 9051 §9"""
    args.end()
    return Expunge(tag)


def parse_uid_expunge(tag: str, args: Cursor) -> Expunge:
    """uid-expunge = "UID" SP "EXPUNGE" SP sequence-set        RFC 4315 §4"""
    args.space()
    uids = args.sequence_set()
    args.end()
    return Expunge(tag, uids)


def parse_store(tag: str, args: Cursor, *, by_uid: bool) -> Store:
    """store = "STORE" SP sequence-set [SP "(" "UNCHANGEDSINCE" SP mod-sequence ")"] SP store-att-flags

    store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))        RFC 7162 §7
    """
    args.space()
    numbers = args.sequence_set()
    args.space()
    unchanged_since: int | None = None
    if args.take(b"("):
        if args.word() != "UNCHANGEDSINCE":
            raise args.fault("UNCHANGEDSINCE was expected")
        args.space()
        unchanged_since = args.number64()
        args.expect(b")")
        args.space()
    item = _STORE_ITEMS.get(args.word())
    if item is None:
        raise args.fault("FLAGS, +FLAGS or -FLAGS was expected")
    args.space()
    flags = args.flag_list() if args.at(b"(") else _bare_flags(args)
    args.end()
    return Store(tag, by_uid, numbers, *item, unique(flags), unchanged_since)


def _bare_flags(args: Cursor) -> list[str]:
    flags = [args.flag()]
    while args.at(b" ") and len(flags) < MAX_FLAGS:
        args.space()
        if args.at_end():
            break
        flags.append(args.flag())
    return flags


def parse_append(tag: str, args: Cursor) -> Append:
    """append = "APPEND" SP mailbox 1*append-message        RFC 3502 §6.3.11

    append-message = [SP flag-list] [SP date-time] SP append-data
    append-data = literal / literal8 / "UTF8" SP "(" literal8 ")" / "CATENATE" SP "(" cat-part *(SP cat-part) ")"
    """
    args.space()
    mailbox = args.mailbox()
    messages = [_append_message(args)]
    while not args.at_end():
        messages.append(_append_message(args))
    return Append(tag, mailbox, tuple(messages))


def parse_replace(tag: str, args: Cursor, *, by_uid: bool) -> Replace:
    """replace = "REPLACE" SP seq-number SP mailbox append-message        RFC 8508 §5"""
    args.space()
    number = args.nonzero()
    args.space()
    mailbox = args.mailbox()
    message = _append_message(args)
    args.end()
    return Replace(tag, by_uid, SequenceSet(((number, number),)), mailbox, message)


def _append_message(args: Cursor) -> AppendMessage:
    args.space()
    flags: list[str] = []
    moment: datetime | None = None
    if args.at(b"("):
        flags = args.flag_list()
        args.space()
    if args.at(b'"'):
        moment = parse_date_time(args.string())
        args.space()
    if args.take_word(b"CATENATE ("):
        parts, binary = _parts(args)
        return AppendMessage(unique(flags), moment, b"", binary, parts=parts)
    data, binary, utf8 = _literal(args)
    return AppendMessage(unique(flags), moment, data, binary, utf8)


def _literal(args: Cursor) -> tuple[Octets, bool, bool]:
    """literal / literal8 / "UTF8" SP "(" literal8 ")"; whether it may hold NUL, and whether UTF-8 was said."""
    utf8 = args.take_word(b"UTF8 (")  # RFC 6855 §4
    binary = args.at(b"~")
    data = args.message()
    if utf8:
        args.expect(b")")
    return data, binary, utf8


def _parts(args: Cursor) -> tuple[tuple[Octets | Url, ...], bool]:
    """cat-part *(SP cat-part) ")", cat-part = "TEXT" SP literal / "URL" SP astring        RFC 4469 §5

    The literal may be a literal8 (RFC 3516) and one of RFC 6855 §4.
    """
    parts: list[Octets | Url] = []
    binary = False
    while not parts or not args.take(b")"):
        if parts:
            args.space()
        if len(parts) == MAX_PARTS:
            raise args.fault(f"At most {MAX_PARTS} parts were expected")
        if args.take_word(b"URL "):
            parts.append(Url(args.astring()))
        else:
            if not args.take_word(b"TEXT ") and args.at_literal():
                raise args.fault("TEXT or URL was expected")
            data, may_hold_nul, _ = _literal(args)
            parts.append(data)
            binary = binary or may_hold_nul
    return tuple(parts), binary
