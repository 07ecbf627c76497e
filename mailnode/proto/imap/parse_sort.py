"""SORT and THREAD (RFC 5256 §5, RFC 5957 §4, RFC 6203 §6), with the return options of RFC 5267.

sort   = "SORT" [SP "RETURN" SP "(" options ")"] SP "(" sort-key *(SP sort-key) ")" SP charset 1*(SP search-key)
thread = "THREAD" SP thread-alg SP charset 1*(SP search-key)
"""

from __future__ import annotations

from mailnode.proto.imap.commands import Sort, SortKey, Thread
from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.imap.parse_search import read_keys, read_returns

MAX_SORT_KEYS = 20
SORT_KEYS = frozenset(
    {"ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO", "RELEVANCY"}
)
ALGORITHMS = frozenset({"ORDEREDSUBJECT", "REFERENCES"})


def parse_sort(tag: str, args: Cursor, *, by_uid: bool) -> Sort:
    args.space()
    returns = read_returns(args)
    args.expect(b"(")
    criteria = [_sort_key(args)]
    while not args.take(b")"):
        args.space()
        if len(criteria) == MAX_SORT_KEYS:
            raise args.fault(f"At most {MAX_SORT_KEYS} sort keys were expected")
        criteria.append(_sort_key(args))
    args.space()
    charset = args.astring().decode("ascii", "replace").upper()
    args.space()
    return Sort(tag, by_uid, tuple(criteria), read_keys(args, charset), returns)


def _sort_key(args: Cursor) -> SortKey:
    name = args.word()
    reverse = name == "REVERSE"
    if reverse:
        args.space()
        name = args.word()
    if name not in SORT_KEYS:
        raise args.fault("A sort key was expected")
    return SortKey(name, reverse)


def parse_thread(tag: str, args: Cursor, *, by_uid: bool) -> Thread:
    args.space()
    algorithm = args.word()
    if algorithm not in ALGORITHMS:
        raise args.fault("ORDEREDSUBJECT or REFERENCES was expected")
    args.space()
    charset = args.astring().decode("ascii", "replace").upper()
    args.space()
    return Thread(tag, by_uid, algorithm, read_keys(args, charset))
