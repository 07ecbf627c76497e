"""ESEARCH: a search in several mailboxes (RFC 7377 §3).

esearch = "ESEARCH" [SP "IN" SP "(" source *(SP source) ")"] [SP "RETURN" SP "(" options ")"]
          [SP "CHARSET" SP charset] 1*(SP search-key)
source  = "selected" / "selected-delayed" / "inboxes" / "personal" / "subscribed" /
          ("subtree" / "subtree-one" / "mailboxes") SP (mailbox / "(" mailbox *(SP mailbox) ")")    RFC 5465 §6
"""

from __future__ import annotations

from collections.abc import Set

from mailnode.proto.imap.commands import MultiSearch, Source
from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.imap.parse_search import read_charset, read_keys, read_returns

MAX_SOURCES = 50
MAX_MAILBOXES = 200
_ALONE = frozenset({"SELECTED", "SELECTED-DELAYED", "INBOXES", "PERSONAL", "SUBSCRIBED"})
_WITH_NAMES = frozenset({"SUBTREE", "SUBTREE-ONE", "MAILBOXES"})
_KINDS = _ALONE | _WITH_NAMES


def parse_multisearch(tag: str, args: Cursor) -> MultiSearch:
    args.space()
    sources = [Source("SELECTED")]
    if args.text[args.pos : args.pos + 4].upper() == b"IN (":
        args.pos += 4
        sources = [read_source(args, _KINDS)]
        while not args.take(b")"):
            args.space()
            if len(sources) == MAX_SOURCES:
                raise args.fault(f"At most {MAX_SOURCES} sources were expected")
            sources.append(read_source(args, _KINDS))
        args.space()
    returns = read_returns(args)
    charset = read_charset(args)
    return MultiSearch(tag, tuple(sources), read_keys(args, charset or "UTF-8"), returns, charset)


def read_source(args: Cursor, kinds: Set[str]) -> Source:
    """One set of mailboxes, of these kinds."""
    kind = args.word()
    if kind not in kinds:
        raise args.fault("A set of mailboxes such as personal was expected")
    if kind in _ALONE:
        return Source(kind)
    args.space()
    if not args.take(b"("):
        return Source(kind, (args.mailbox(),))
    names = [args.mailbox()]
    while not args.take(b")"):
        args.space()
        if len(names) == MAX_MAILBOXES:
            raise args.fault(f"At most {MAX_MAILBOXES} mailboxes were expected")
        names.append(args.mailbox())
    return Source(kind, tuple(names))
