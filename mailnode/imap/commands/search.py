"""SEARCH and UID SEARCH (RFC 9051 §6.4.4, RFC 4731, RFC 5032): the client's keys into the store's questions.

Numbers and \\Recent are this session's own, so they become uids here; everything else the store answers. What the
session has not been told of yet is not found either.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from mailnode.imap.selected import Selected
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap import search_keys as k
from mailnode.proto.imap.commands import Search, SearchReturn
from mailnode.proto.imap.flags import RECENT
from mailnode.proto.imap.responses import Reply
from mailnode.proto.imap.sequence_set import print_set
from mailnode.store import flags as stored
from mailnode.store import messages
from mailnode.store import query as q
from mailnode.store import search as searching

_ONE_DAY = timedelta(days=1)


async def search(session: Session, command: Search) -> Reply:
    here, user_id = session.here, session.user_id
    with_modseq = _asks_modseq(command.key)
    if with_modseq:
        session.wire.write(b"".join(session.want_modseqs()))
    question = _Translator(here, int(time.time())).query(command.key)
    uids = await session.shared.searches.run(
        user_id,
        lambda: session.context.offload.read(lambda tx: searching.find(tx, user_id, here.mailbox_id, question)),
    )
    known = _known(here, uids)
    found = known if command.by_uid else _numbers(here, known)
    modseq = await _highest(session, _told(known, command.returns)) if with_modseq and known else None
    if command.returns is None:
        line = responses.search(found, modseq)
    else:
        results = _results(found, command.returns)
        if modseq is not None:
            results.append(("MODSEQ", b"%d" % modseq))
        line = responses.esearch(command.tag, results, by_uid=command.by_uid)
    return responses.ok(command, "Done", [line])


def _known(here: Selected, uids: list[int]) -> list[int]:
    """Without what came after the last news."""
    return uids[: bisect_right(uids, here.uids[-1])] if here.uids else []


def _numbers(here: Selected, uids: list[int]) -> list[int]:
    if len(uids) * 8 < len(here.uids):
        return [number for number in map(here.number, uids) if number]
    numbers = dict(zip(here.uids, range(1, len(here.uids) + 1), strict=True))
    return [numbers[uid] for uid in uids if uid in numbers]


def _results(found: Sequence[int], wanted: SearchReturn) -> list[tuple[str, bytes]]:
    """MIN, MAX and ALL are left out when nothing was found (RFC 4731 §3.1)."""
    results: list[tuple[str, bytes]] = []
    if wanted.minimum and found:
        results.append(("MIN", b"%d" % found[0]))
    if wanted.maximum and found:
        results.append(("MAX", b"%d" % found[-1]))
    if wanted.all and found:
        results.append(("ALL", print_set(found)))
    if wanted.count:
        results.append(("COUNT", b"%d" % len(found)))
    return results


def _told(found: list[int], wanted: SearchReturn | None) -> list[int]:
    """The messages that MODSEQ is about: those that the answer names (RFC 4731 §3.2)."""
    if wanted is None or wanted.all or wanted.count:
        return found
    return found[: wanted.minimum] + found[len(found) - wanted.maximum :]


async def _highest(session: Session, uids: Sequence[int]) -> int:
    ranges = session.here.ranges_of(uids)
    rows = await session.context.offload.read(
        lambda tx: [*messages.rows(tx, session.user_id, session.here.mailbox_id, ranges, ("modseq",))]
    )
    return max((row[0] for row in rows), default=0)


def _asks_modseq(key: k.SearchKey) -> bool:
    match key:
        case k.ModSeq():
            return True
        case k.And(keys):
            return any(map(_asks_modseq, keys))
        case k.Or(left, right):
            return _asks_modseq(left) or _asks_modseq(right)
        case k.Not(inner):
            return _asks_modseq(inner)
        case _:
            return False


class _Translator:
    def __init__(self, here: Selected, now: int) -> None:
        self.here = here
        self.now = now

    def query(self, key: k.SearchKey) -> q.Query:
        match key:
            case k.And(keys):
                return q.And(tuple(map(self.query, keys)))
            case k.Or(left, right):
                return q.Or((self.query(left), self.query(right)))
            case k.Not(inner):
                return q.Not(self.query(inner))
            case k.Numbers(numbers, by_uid):
                return q.Uids(tuple(self.here.among(numbers, by_uid=by_uid)))
            case k.HasFlag(flag):
                return self.flag(flag)
            case k.Day(when, day, sent):
                start, stop = _span(when, day)
                return q.SentDay(start, stop) if sent else q.Received(start, stop)
            case k.Age(seconds, older):
                # YOUNGER: within the last so many seconds, the border inside (RFC 5032 §3).
                border = self.now - seconds
                return q.Received(None, border + 1) if older else q.Received(border, None)
            case _:
                return _plain(key)

    def flag(self, flag: str) -> q.Query:
        if flag == RECENT:
            return q.Uids((self.here.recents,) if self.here.first_recent else ())
        bits = stored.flags(flag)
        return q.HasFlag(bits.bits) if bits.bits else q.HasKeyword(flag)


def _plain(key: k.SearchKey) -> q.Query:
    match key:
        case k.Header(name, text):
            return q.Header(name.lower(), text)
        case k.Text(text, header_too):
            return q.AnyText(text) if header_too else q.BodyText(text)
        case k.Larger(octets):
            return q.Larger(octets)
        case k.Smaller(octets):
            return q.Smaller(octets)
        case k.ModSeq(at_least):
            return q.ChangedSince(at_least)
        case _:
            return q.All()


def _span(when: k.When, day: date) -> tuple[int | None, int | None]:
    """Days are days in UTC: the zone of dates does not count (RFC 9051 §6.4.4), and INTERNALDATE is given in UTC."""
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    stop = start + int(_ONE_DAY.total_seconds())
    match when:
        case k.When.BEFORE:
            return None, start
        case k.When.ON:
            return start, stop
        case k.When.SINCE:
            return start, None
