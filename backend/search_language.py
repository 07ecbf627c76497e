"""The language of the search box, in English and Chinese words, made into a query of the store.

    from: to: cc: subject: has:attachment filename: in: label: is:unread before: after: larger: smaller:
    发件人: 收件人: 抄送: 主题: 附件:有 文件名: 位于: 是:未读 早于: 晚于: 大于: 小于:

Words side by side must all match; ``OR`` between two lets either match; ``-`` in front forbids;
quotes keep blanks together. Full-width colons and quotes count as the ordinary ones. ``in:`` names a
mailbox and narrows the whole search.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from mailnode.store import query as q
from mailnode.store.flags import ANSWERED, DRAFT, FLAGGED, SEEN

MAX_TERMS = 50
WIDE = str.maketrans({"：": ":", "“": '"', "”": '"', "＂": '"', "　": " ", "－": "-"})
_TERM = re.compile(r'(?P<minus>-?)(?:(?P<name>[^\s":]{1,20}):)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))')
NAMES = {
    "发件人": "from",
    "收件人": "to",
    "抄送": "cc",
    "主题": "subject",
    "附件": "has",
    "包含": "has",
    "文件名": "filename",
    "位于": "in",
    "文件夹": "in",
    "标签": "label",
    "是": "is",
    "状态": "is",
    "早于": "before",
    "晚于": "after",
    "大于": "larger",
    "小于": "smaller",
}
STATES: dict[str, q.Query] = {
    "unread": q.Not(q.HasFlag(SEEN)),
    "read": q.HasFlag(SEEN),
    "starred": q.HasFlag(FLAGGED),
    "answered": q.HasFlag(ANSWERED),
    "draft": q.HasFlag(DRAFT),
    "forwarded": q.HasKeyword("$Forwarded"),
}
STATE_NAMES = {
    "未读": "unread", "已读": "read", "星标": "starred", "已加星标": "starred", "已回复": "answered", "草稿": "draft",
    "已转发": "forwarded",
}  # fmt: skip
SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_SIZE = re.compile(r"([0-9]{1,12})\s*([kmg]?)b?\Z", re.I)
_DATE = re.compile(r"([0-9]{4})[-/.年]?([0-9]{1,2})[-/.月]?([0-9]{1,2})日?\Z")


class BadQuery(Exception):
    """A term cannot be read; ``str(error)`` says which and why."""


@dataclass(slots=True)
class Parsed:
    """``inside`` and ``outside`` are names of mailboxes; ``words`` are to be marked in what is found."""

    query: q.Query
    inside: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def parse(text: str, *, utc_offset: int = 0) -> Parsed:
    """Read the search box. ``utc_offset`` in minutes east says where days begin. Raises BadQuery."""
    terms = list(_TERM.finditer(text.translate(WIDE)))
    if len(terms) > MAX_TERMS:
        raise BadQuery(f"At most {MAX_TERMS} words")
    reader = _Reader(timezone(timedelta(minutes=utc_offset)))
    for term in terms:
        reader.take(term)
    return reader.done()


class _Reader:
    """What has been read so far: groups that must all match, each of alternatives."""

    def __init__(self, zone: timezone) -> None:
        self.zone = zone
        self.groups: list[list[q.Query]] = []
        self.either = False
        self.parsed = Parsed(q.All())
        self.readers: dict[str, Callable[[str], q.Query]] = {
            "from": lambda value: q.Header("from", value),
            "to": lambda value: q.Header("to", value),
            "cc": lambda value: q.Header("cc", value),
            "subject": lambda value: q.Header("subject", value),
            "filename": lambda value: q.And((q.HasAttachment(), q.BodyText(value))),
            "label": q.HasKeyword,
            "has": _has,
            "is": _is,
            "before": lambda value: q.Received(None, self.day(value)),
            "after": lambda value: q.Received(self.day(value), None),
            "larger": lambda value: q.Larger(_size(value)),
            "smaller": lambda value: q.Smaller(_size(value)),
        }

    def take(self, term: re.Match[str]) -> None:
        if term[0] in ("OR", "或") and self.groups:
            self.either = True
            return
        value = term["quoted"] if term["quoted"] is not None else term["bare"]
        name = (term["name"] or "").lower()
        name = NAMES.get(name, name)
        if name == "in":
            (self.parsed.outside if term["minus"] else self.parsed.inside).append(value)
            return
        if name and name not in self.readers:  # a word with a colon in it, such as a time
            name, value = "", f"{term['name']}:{value}"
        if not value.strip():
            return
        found = self.readers[name](value) if name else q.AnyText(value)
        if not term["minus"] and name in ("", "from", "to", "cc", "subject", "filename"):
            self.parsed.words.append(value)
        self._add(q.Not(found) if term["minus"] else found)

    def _add(self, found: q.Query) -> None:
        if self.either:
            self.groups[-1].append(found)
        else:
            self.groups.append([found])
        self.either = False

    def done(self) -> Parsed:
        parts = tuple(group[0] if len(group) == 1 else q.Or(tuple(group)) for group in self.groups)
        self.parsed.query = parts[0] if len(parts) == 1 else q.And(parts)
        return self.parsed

    def day(self, value: str) -> int:
        """The first second of a day."""
        found = _DATE.match(value)
        try:
            if found is None:
                raise ValueError(value)
            start = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=self.zone)
            return int(start.astimezone(UTC).timestamp())
        except (ValueError, OverflowError) as error:
            raise BadQuery(f"{value} is not a day; write 2026-01-31") from error


def _has(value: str) -> q.Query:
    if value.lower() not in ("attachment", "attachments", "有", "附件"):
        raise BadQuery(f"has:{value} is not known; there is has:attachment")
    return q.HasAttachment()


def _is(value: str) -> q.Query:
    state = STATES.get(STATE_NAMES.get(value, value.lower()))
    if state is None:
        raise BadQuery(f"is:{value} is not known; there are {', '.join(STATES)}")
    return state


def _size(value: str) -> int:
    found = _SIZE.match(value)
    if found is None:
        raise BadQuery(f"{value} is not a size; write 500k or 5M")
    return int(found[1]) * SIZES[found[2].lower()]
