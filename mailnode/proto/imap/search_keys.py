"""What SEARCH looks for, as a tree of values (RFC 9051 §6.4.4).

The many names of the wire become few shapes: SEEN and KEYWORD are both ``HasFlag``, NEW is an ``And``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date

from mailnode.proto.imap.sequence_set import SequenceSet


@dataclass(frozen=True, slots=True)
class Everything:
    """ALL."""


@dataclass(frozen=True, slots=True)
class And:
    keys: tuple[SearchKey, ...]


@dataclass(frozen=True, slots=True)
class Or:
    left: SearchKey
    right: SearchKey


@dataclass(frozen=True, slots=True)
class Not:
    key: SearchKey


@dataclass(frozen=True, slots=True)
class HasFlag:
    """A system flag (``\\Seen``), a keyword, or ``\\Recent``."""

    flag: str


@dataclass(frozen=True, slots=True)
class Numbers:
    numbers: SequenceSet
    by_uid: bool


@dataclass(frozen=True, slots=True)
class Header:
    """The field ``name`` (upper case) holds ``text``; an empty text asks whether there is such a field."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """BODY, or TEXT with ``header_too``."""

    text: str
    header_too: bool


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Matched not so exactly, and with a relevancy (RFC 6203 §3)."""

    key: SearchKey


class When(enum.Enum):
    BEFORE = "BEFORE"
    ON = "ON"
    SINCE = "SINCE"


@dataclass(frozen=True, slots=True)
class Day:
    """The day of arrival, or the day in the Date field when ``sent``; time and zone do not count."""

    when: When
    day: date
    sent: bool


@dataclass(frozen=True, slots=True)
class SavedDay:
    """The day on which the message came into this mailbox (RFC 8514 §4.3)."""

    when: When
    day: date


@dataclass(frozen=True, slots=True)
class Age:
    """OLDER or YOUNGER than so many seconds (RFC 5032 §3)."""

    seconds: int
    older: bool


@dataclass(frozen=True, slots=True)
class Larger:
    octets: int


@dataclass(frozen=True, slots=True)
class Smaller:
    octets: int


@dataclass(frozen=True, slots=True)
class ModSeq:
    """Changed at this mod-sequence or later (RFC 7162 §3.1.5). The entry name is read and does not count: we keep
    one mod-sequence per message."""

    at_least: int


@dataclass(frozen=True, slots=True)
class EmailId:
    """RFC 8474 §6."""

    id: str


@dataclass(frozen=True, slots=True)
class ThreadId:
    id: str


SearchKey = (
    Everything | And | Or | Not | Fuzzy | HasFlag | Numbers | Header | Text | Day | SavedDay | Age | Larger | Smaller
    | ModSeq | EmailId | ThreadId
)  # fmt: skip
