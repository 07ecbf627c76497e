"""A client's search keys as the store's questions (RFC 9051 §6.4.4, RFC 5032, RFC 8474, RFC 8514).

Numbers, ``$`` and \\Recent are the session's own, so they become uids here; everything else the store answers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from mailnode.errors import ProtocolError
from mailnode.imap import object_ids
from mailnode.imap.selected import Selected
from mailnode.proto.imap import search_keys as k
from mailnode.proto.imap.commands import SearchReturn, SortKey
from mailnode.proto.imap.flags import RECENT
from mailnode.store import flags as stored
from mailnode.store import query as q

_ONE_DAY = timedelta(days=1)


def question(here: Selected, key: k.SearchKey) -> q.Query:
    """Raises ProtocolError for what has no meaning in the mailbox."""
    return _Translator(here, int(time.time())).query(key)


def asks_modseq(key: k.SearchKey) -> bool:
    return _asks(key, k.ModSeq)


def asks_relevancy(key: k.SearchKey, returns: SearchReturn | None = None, criteria: Sequence[SortKey] = ()) -> bool:
    """Raises ProtocolError where nothing gives it: without a fuzzy key it must not be asked (RFC 6203 §4, §6)."""
    asked = (returns is not None and returns.relevancy) or any(each.name == "RELEVANCY" for each in criteria)
    if asked and not _asks(key, k.Fuzzy):
        raise ProtocolError("RELEVANCY needs a FUZZY search key")
    return asked


def asks_age(key: k.SearchKey) -> bool:
    """True when messages come and go in the result as time passes (RFC 5032)."""
    return _asks(key, k.Age)


def _asks(key: k.SearchKey, kind: type[k.ModSeq | k.Age | k.Fuzzy]) -> bool:
    if isinstance(key, kind):
        return True
    match key:
        case k.And(keys):
            return any(_asks(part, kind) for part in keys)
        case k.Or(left, right):
            return _asks(left, kind) or _asks(right, kind)
        case k.Not(inner) | k.Fuzzy(inner):
            return _asks(inner, kind)
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
            case k.Fuzzy(inner):
                return q.Fuzzy(self.query(inner))
            case k.Numbers(numbers, by_uid):
                return q.Uids(tuple(self.here.among(numbers, by_uid=by_uid)))
            case k.HasFlag(flag):
                return self.flag(flag)
            case k.Day(when, day, sent):
                start, stop = _span(when, day)
                return q.SentDay(start, stop) if sent else q.Received(start, stop)
            case k.SavedDay(when, day):
                return q.Saved(*_span(when, day))
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
        case k.EmailId(text):
            return q.EmailId(object_ids.message_of(text))
        case k.ThreadId(text):
            return q.Conversation(object_ids.conversation_of(text))
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
