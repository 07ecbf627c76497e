"""Before and around logging in: ID, ENABLE, LOGIN, AUTHENTICATE."""

from __future__ import annotations

from mailnode.proto.imap.commands import Authenticate, Compress, Enable, Id, Login
from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.sasl import decode_initial

MAX_ID_FIELDS = 30  # RFC 2971 §3.3


def parse_id(tag: str, args: Cursor) -> Id:
    """id = "ID" SP ("(" [string SP nstring *(SP string SP nstring)] ")" / nil)        RFC 2971 §4"""
    args.space()
    if not args.take(b"("):
        if args.nstring() is not None:
            raise args.fault("A list or NIL was expected")
        args.end()
        return Id(tag, ())
    fields: list[tuple[str, str | None]] = []
    while not args.take(b")"):
        if fields:
            args.space()
        if len(fields) == MAX_ID_FIELDS:
            raise args.fault(f"At most {MAX_ID_FIELDS} fields were expected")
        name = args.decode(args.string())
        args.space()
        value = args.nstring()
        fields.append((name, None if value is None else args.decode(value)))
    args.end()
    return Id(tag, tuple(fields))


def parse_compress(tag: str, args: Cursor) -> Compress:
    """compress = "COMPRESS" SP algorithm        RFC 4978 §5"""
    args.space()
    mechanism = args.atom().upper()
    args.end()
    return Compress(tag, mechanism)


def parse_enable(tag: str, args: Cursor) -> Enable:
    """enable = "ENABLE" 1*(SP capability)        RFC 5161 §4"""
    names = []
    while not args.at_end():
        args.space()
        if args.at_end():
            break
        names.append(args.atom().upper())
    if not names:
        raise args.fault("The name of an extension was expected")
    return Enable(tag, tuple(names))


def parse_login(tag: str, args: Cursor) -> Login:
    """login = "LOGIN" SP userid SP password, both astring        RFC 9051 §9"""
    args.space()
    user = args.text_string()
    args.space()
    password = args.text_string()
    args.end()
    return Login(tag, user, password)


def parse_authenticate(tag: str, args: Cursor) -> Authenticate:
    """authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")]        RFC 4959 §5"""
    args.space()
    mechanism = args.atom().upper()
    initial = args.text[args.pos :].strip(b" ")
    if not initial:
        return Authenticate(tag, mechanism, None)
    args.space()
    return Authenticate(tag, mechanism, decode_initial(initial))
