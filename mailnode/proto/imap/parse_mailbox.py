"""Commands about one mailbox: STATUS, SELECT, EXAMINE, CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, and quotas."""

from __future__ import annotations

from mailnode.proto.imap.commands import (
    Create,
    Delete,
    GetQuota,
    GetQuotaRoot,
    Qresync,
    Rename,
    Select,
    Status,
    StatusItems,
    Subscribe,
    Unsubscribe,
)
from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.imap.sequence_set import SequenceSet

STATUS_NAMES = frozenset(
    {
        "MESSAGES",
        "RECENT",
        "UIDNEXT",
        "UIDVALIDITY",
        "UNSEEN",
        "DELETED",
        "DELETED-STORAGE",
        "SIZE",
        "HIGHESTMODSEQ",
        "APPENDLIMIT",
        "MAILBOXID",
    }
)
_SPECIAL_USES = {
    name.lower(): name for name in ("\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash")
}


def _one_mailbox(args: Cursor) -> str:
    args.space()
    mailbox = args.mailbox()
    args.end()
    return mailbox


def parse_delete(tag: str, args: Cursor) -> Delete:
    """delete = "DELETE" SP mailbox        RFC 9051 §9"""
    return Delete(tag, _one_mailbox(args))


def parse_subscribe(tag: str, args: Cursor) -> Subscribe:
    """subscribe = "SUBSCRIBE" SP mailbox        RFC 9051 §9"""
    return Subscribe(tag, _one_mailbox(args))


def parse_unsubscribe(tag: str, args: Cursor) -> Unsubscribe:
    """unsubscribe = "UNSUBSCRIBE" SP mailbox        RFC 9051 §9"""
    return Unsubscribe(tag, _one_mailbox(args))


def parse_get_quota_root(tag: str, args: Cursor) -> GetQuotaRoot:
    """getquotaroot = "GETQUOTAROOT" SP mailbox        RFC 9208 §7"""
    return GetQuotaRoot(tag, _one_mailbox(args))


def parse_get_quota(tag: str, args: Cursor) -> GetQuota:
    """getquota = "GETQUOTA" SP quota-root-name        RFC 9208 §7"""
    args.space()
    root = args.text_string()
    args.end()
    return GetQuota(tag, root)


def parse_rename(tag: str, args: Cursor) -> Rename:
    """rename = "RENAME" SP mailbox SP mailbox        RFC 9051 §9"""
    args.space()
    mailbox = args.mailbox()
    args.space()
    target = args.mailbox()
    args.end()
    return Rename(tag, mailbox, target)


def parse_create(tag: str, args: Cursor) -> Create:
    """create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]        RFC 6154 §6"""
    args.space()
    mailbox = args.mailbox()
    uses: list[str] = []
    if args.take(b" ("):
        if args.word() != "USE":
            raise args.fault("USE was expected")
        args.space()
        args.expect(b"(")
        while not args.take(b")"):
            if uses:
                args.space()
            uses.append(_special_use(args))
        args.expect(b")")
    args.end()
    return Create(tag, mailbox, tuple(dict.fromkeys(uses)))


def _special_use(args: Cursor) -> str:
    """use-attr = "\\All" / "\\Archive" / … / use-attr-ext, which is "\\" atom        RFC 6154 §6"""
    args.expect(b"\\")
    name = "\\" + args.atom()
    return _SPECIAL_USES.get(name.lower(), name)


def parse_status(tag: str, args: Cursor) -> Status:
    """status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"        RFC 9051 §9"""
    args.space()
    mailbox = args.mailbox()
    args.space()
    items = parse_status_items(args)
    args.end()
    return Status(tag, mailbox, items)


def parse_status_items(args: Cursor) -> StatusItems:
    """The parenthesised list of STATUS, used by LIST too (RFC 5819 §4)."""
    args.expect(b"(")
    names: dict[str, None] = {}
    while True:
        name = args.word()
        if name not in STATUS_NAMES:
            raise args.fault("A STATUS item was expected")
        names[name] = None
        if args.take(b")"):
            return StatusItems(tuple(names))
        args.space()


def parse_select(tag: str, args: Cursor) -> Select:
    """select = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]        RFC 4466 §6"""
    return _select(tag, args, read_only=False)


def parse_examine(tag: str, args: Cursor) -> Select:
    """examine = "EXAMINE" SP mailbox [SP "(" select-param *(SP select-param) ")"]        RFC 4466 §6"""
    return _select(tag, args, read_only=True)


def _select(tag: str, args: Cursor, *, read_only: bool) -> Select:
    args.space()
    mailbox = args.mailbox()
    condstore, qresync = False, None
    if args.take(b" ("):
        while True:
            name = args.word()
            if name == "CONDSTORE":
                condstore = True
            elif name == "QRESYNC" and qresync is None:
                qresync = _qresync(args)
            else:
                raise args.fault("CONDSTORE or QRESYNC was expected")
            if args.take(b")"):
                break
            args.space()
    args.end()
    return Select(tag, mailbox, read_only, condstore, qresync)


def _qresync(args: Cursor) -> Qresync:
    """SP "(" uidvalidity SP mod-sequence [SP known-uids] [SP "(" known-seq SP known-uids ")"] ")"    RFC 7162 §7"""
    args.space()
    args.expect(b"(")
    validity = args.nonzero()
    args.space()
    modseq = args.number64()
    known: SequenceSet | None = None
    numbers: SequenceSet | None = None
    uids: SequenceSet | None = None
    if args.at(b" ") and not args.at(b" ("):
        args.space()
        known = args.sequence_set()
    if args.take(b" ("):
        numbers = args.sequence_set()
        args.space()
        uids = args.sequence_set()
        args.expect(b")")
    args.expect(b")")
    return Qresync(validity, modseq, known, numbers, uids)
