"""LIST in its plain and extended form, and LSUB.

    list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]      RFC 9051 §9
    list-select-opts = "(" [list-select-option *(SP list-select-option)] ")"                 RFC 5258 §6
    mbox-or-pat      = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"
    list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"

Options: SUBSCRIBED, REMOTE, RECURSIVEMATCH and SPECIAL-USE select; SUBSCRIBED, CHILDREN, SPECIAL-USE
(RFC 6154 §2), MYRIGHTS (RFC 8440 §3), STATUS (RFC 5819 §4) and METADATA (RFC 9590 §5) are returned.
"""

from __future__ import annotations

from mailnode.proto.imap.commands import List, Lsub, MetadataItems, StatusItems
from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.imap.parse_mailbox import parse_status_items
from mailnode.proto.imap.parse_metadata import read_metadata_items

MAX_PATTERNS = 20

_SELECTION = frozenset({"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"})
_RETURN = frozenset({"SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "MYRIGHTS"})


def parse_lsub(tag: str, args: Cursor) -> Lsub:
    """lsub = "LSUB" SP mailbox SP list-mailbox        RFC 3501 §9"""
    args.space()
    reference = args.reference()
    args.space()
    pattern = args.list_mailbox()
    args.end()
    return Lsub(tag, reference, pattern)


def parse_list(tag: str, args: Cursor) -> List:
    args.space()
    selection = _options(args, _SELECTION) if args.take(b"(") else None
    if selection in ({"RECURSIVEMATCH"}, {"RECURSIVEMATCH", "REMOTE"}):
        # RECURSIVEMATCH needs another option to say what is matched.  RFC 5258 §3.1
        raise args.fault("RECURSIVEMATCH with another selection option was expected")
    if selection is not None:
        args.space()
    reference = args.reference()
    args.space()
    many = args.take(b"(")
    patterns = _patterns(args) if many else [args.list_mailbox()]
    returned, status, metadata = _returned(args)
    args.end()
    chosen = selection or set()
    return List(
        tag,
        reference,
        tuple(patterns),
        extended=many or selection is not None or returned is not None,
        subscribed="SUBSCRIBED" in chosen,
        recursive_match="RECURSIVEMATCH" in chosen,
        special_use="SPECIAL-USE" in chosen,
        return_subscribed="SUBSCRIBED" in (returned or ()),
        return_children="CHILDREN" in (returned or ()),
        return_special_use="SPECIAL-USE" in (returned or ()),
        return_my_rights="MYRIGHTS" in (returned or ()),
        return_status=status,
        return_metadata=metadata,
    )


def _options(args: Cursor, known: frozenset[str]) -> set[str]:
    """Option names up to the closing parenthesis; the opening one has been read."""
    names: set[str] = set()
    while not args.take(b")"):
        if names:
            args.space()
        name = args.word()
        if name not in known:
            raise args.fault("A known LIST option was expected")
        names.add(name)
    return names


def _patterns(args: Cursor) -> list[str]:
    patterns = [args.list_mailbox()]
    while not args.take(b")"):
        args.space()
        if len(patterns) == MAX_PATTERNS:
            raise args.fault(f"At most {MAX_PATTERNS} patterns were expected")
        patterns.append(args.list_mailbox())
    return patterns


def _returned(args: Cursor) -> tuple[set[str] | None, StatusItems | None, MetadataItems | None]:
    status: StatusItems | None = None
    metadata: MetadataItems | None = None
    if not args.at(b" "):
        return None, None, None
    args.space()
    if args.at_end():
        return None, None, None
    if args.word() != "RETURN":
        raise args.fault("RETURN was expected")
    args.space()
    args.expect(b"(")
    names: set[str] = set()
    while not args.take(b")"):
        if names or status or metadata:
            args.space()
        name = args.word()
        if name == "STATUS":
            args.space()
            status = parse_status_items(args)
        elif name == "METADATA":
            args.space()
            metadata = read_metadata_items(args)
        elif name in _RETURN:
            names.add(name)
        else:
            raise args.fault("A known LIST option was expected")
    return names, status, metadata
