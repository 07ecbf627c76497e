"""SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS (RFC 4314 §7)."""

from __future__ import annotations

from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.imap.sharing import KNOWN, OBSOLETE, DeleteAcl, GetAcl, ListRights, MyRights, SetAcl

MAX_IDENTIFIER = 322  # characters: an address with the sign of a negative


def parse_set_acl(tag: str, args: Cursor) -> SetAcl:
    """setacl = "SETACL" SP mailbox SP identifier SP mod-rights"""
    mailbox, identifier = _both(args)
    args.space()
    text = args.text_string()
    args.end()
    mode = text[:1] if text[:1] in ("+", "-") else "="
    return SetAcl(tag, mailbox, identifier, mode, _rights(args, text.removeprefix(mode)))


def parse_delete_acl(tag: str, args: Cursor) -> DeleteAcl:
    """deleteacl = "DELETEACL" SP mailbox SP identifier"""
    mailbox, identifier = _both(args)
    args.end()
    return DeleteAcl(tag, mailbox, identifier)


def parse_list_rights(tag: str, args: Cursor) -> ListRights:
    """listrights = "LISTRIGHTS" SP mailbox SP identifier"""
    mailbox, identifier = _both(args)
    args.end()
    return ListRights(tag, mailbox, identifier)


def parse_get_acl(tag: str, args: Cursor) -> GetAcl:
    """getacl = "GETACL" SP mailbox"""
    return GetAcl(tag, _mailbox(args))


def parse_my_rights(tag: str, args: Cursor) -> MyRights:
    """myrights = "MYRIGHTS" SP mailbox"""
    return MyRights(tag, _mailbox(args))


def _mailbox(args: Cursor) -> str:
    args.space()
    name = args.mailbox()
    args.end()
    return name


def _both(args: Cursor) -> tuple[str, str]:
    """The identifier as it was written. What can be no name is no grammar either (RFC 4314 §3)."""
    args.space()
    mailbox = args.mailbox()
    args.space()
    identifier = args.text_string()
    if not identifier.removeprefix("-") or not identifier.isprintable() or len(identifier) > MAX_IDENTIFIER:
        raise args.fault("The name of a user, a domain or anyone was expected")
    return mailbox, identifier


def _rights(args: Cursor, letters: str) -> frozenset[str]:
    """A right that is not known is never passed over (RFC 4314 §3.1)."""
    for letter in letters:
        if letter not in KNOWN and letter not in OBSOLETE:
            raise args.fault(f"Rights of {KNOWN} were expected")
    return frozenset("".join(OBSOLETE.get(letter, letter) for letter in letters))
