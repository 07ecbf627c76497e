"""FETCH of nothing but uids and flags, which a client asks for of a whole mailbox each time it opens one.

Most messages of a mailbox have the same flags, and their uids go up as their numbers do. So a line is written once for
a thousand neighbours, with room for the thousands of both numbers, and what is sent is made of that by replacing them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.fetch_rows import Plan, Rendered
from mailnode.imap.flag_text import flag_text
from mailnode.imap.selected import Selected
from mailnode.store import snapshot
from mailnode.store.ranges import Range
from mailnode.store.snapshot import Alike

NUMBER, UID, FLAGS = b"\x01", b"\x02", b"\x03"  # what stands for them in a pattern; no flag has such characters
SPAN = 1_000
SHORT = 16  # lines that are as soon written one by one
COMMON = 8  # of so many messages one may have unusual flags


def render(tx: Transaction, here: Selected, number: int, uids: range, plan: Plan) -> Rendered | None:
    """Lines for these uids of the view, the first of which has this message number; ``plan`` is of flags alone.

    None where a message has gone, or where many have flags of their own.
    """
    at = (here.owner_id, here.mailbox_id)
    unchanged = here.is_complete and snapshot.highest_modseq(tx, *at) == here.modseq
    found = snapshot.alike(tx, *at, uids.start, uids[-1], count=len(uids) if unchanged else None)
    if found.count != len(uids) or len(found.others) * COMMON > found.count:
        return None
    words = {found.keywords, *(keywords for _, _, keywords in found.others)}
    return Rendered(printed(pattern(plan), number, uids, found, here.recents), None, words)


def pattern(plan: Plan) -> bytes:
    """A line, from the template of the items: ``%d`` is the uid there, and ``%b`` what lies between FLAGS' brackets."""
    begin = b"* " + (UID + b" UIDFETCH (" if plan.uid_only else NUMBER + b" FETCH (")
    return begin + plan.template.replace(b"%d", UID).replace(b"%b", FLAGS) + b")\r\n"


def printed(pattern: bytes, number: int, uids: range, found: Alike, recents: Range) -> bytes:
    """Lines for uids without a gap. ``recents``: those that are \\Recent."""
    pieces: list[bytes] = []
    for run, text in _runs(uids, found, recents):
        pieces += _lines(pattern.replace(FLAGS, text), number + run.start - uids.start, run.start, len(run))
    return b"".join(pieces)


def _runs(uids: range, found: Alike, recents: Range) -> Iterator[tuple[range, bytes]]:
    """Stretches of the uids with the same flags, in order."""
    low, high = max(recents[0], uids.start), min(recents[1] + 1, uids.stop)
    if low < high:
        for part, recent in (
            (range(uids.start, low), False),
            (range(low, high), True),
            (range(high, uids.stop), False),
        ):
            yield from _parts(part, found, recent=recent)
    else:
        yield from _parts(uids, found, recent=False)


def _parts(uids: range, found: Alike, *, recent: bool) -> Iterator[tuple[range, bytes]]:
    usual = flag_text(found.bits, found.keywords, recent)
    begin = uids.start
    first = bisect_left(found.others, uids.start, key=lambda other: other[0])
    for uid, bits, keywords in found.others[first:]:
        if uid >= uids.stop:
            break
        yield range(begin, uid), usual
        yield range(uid, uid + 1), flag_text(bits, keywords, recent)
        begin = uid + 1
    yield range(begin, uids.stop), usual


def _lines(line: bytes, number: int, uid: int, count: int) -> Iterator[bytes]:
    """So many lines, counting from this number and this uid."""
    if count <= SHORT:
        yield _one_by_one(line, number, uid, count)
        return
    offset = (uid - number) % SPAN
    while count:
        many = min(count, SPAN - number % SPAN, SPAN - uid % SPAN)  # to where one of them has its next thousand
        if number < SPAN or uid < SPAN:
            yield _first(line, number, uid, many)
        else:
            text = _thousand(line, offset)
            width, at = len(text) // SPAN, number % SPAN
            stretch = text[at * width : (at + many) * width]
            yield stretch.replace(NUMBER, b"%d" % (number // SPAN)).replace(UID, b"%d" % (uid // SPAN))
        number, uid, count = number + many, uid + many, count - many


@lru_cache(maxsize=32)
def _thousand(line: bytes, offset: int) -> bytes:
    """The lines for the numbers of one thousand, each as long as the others; about 50 KB."""
    line = line.replace(NUMBER, NUMBER + b"\x03").replace(UID, UID + b"\x04")
    places = [(b"%03d" % number, b"%03d" % ((number + offset) % SPAN)) for number in range(SPAN)]
    return b"".join([line.replace(b"\x03", number).replace(b"\x04", uid) for number, uid in places])


def _one_by_one(line: bytes, number: int, uid: int, count: int) -> bytes:
    places = zip(range(number, number + count), range(uid, uid + count), strict=True)
    return b"".join([line.replace(NUMBER, b"%d" % number).replace(UID, b"%d" % uid) for number, uid in places])


_first = lru_cache(maxsize=32)(_one_by_one)  # where one of the numbers has no thousands; at most as many lines
