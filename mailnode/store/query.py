"""What can be asked of a search: values, without a word of IMAP, of the web client or of SQL.

Doors translate their own language into these; `store.search` answers them. Text is compared as
substrings without case (Unicode case folding); dates are in seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailnode.store.ranges import Range


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Query


@dataclass(frozen=True, slots=True)
class HasFlag:
    """The system flag with this bit is set."""

    bit: int


@dataclass(frozen=True, slots=True)
class HasKeyword:
    keyword: str


@dataclass(frozen=True, slots=True)
class Uids:
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """Internal date, from ``start`` inside to ``stop`` outside; None is open."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Saved:
    """When it came into its mailbox, likewise; the internal date where that was not noted (RFC 8514 §4.3)."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Sent:
    """The Date field, likewise; messages without one never match."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class SentDay:
    """The Date field as it is written, its zone passed over (RFC 9051 §6.4.4): ``start`` and ``stop`` are the days'
    beginnings in UTC."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Larger:
    size: int


@dataclass(frozen=True, slots=True)
class Smaller:
    size: int


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """Modseq at least this (RFC 7162 §3.1.5)."""

    modseq: int


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """Some part is an attachment."""


@dataclass(frozen=True, slots=True)
class Header:
    """A field of this name (lower case) whose decoded value has the text; "" asks for the field alone."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class BodyText:
    """Somewhere in the decoded text of the body."""

    text: str


@dataclass(frozen=True, slots=True)
class AnyText:
    """Somewhere in the decoded header or body."""

    text: str


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """The same question not so exact (RFC 6203): of a text every word is sought, in any order and as it may be
    misspelt (see `store.index.fuzzy`); everything else is as exact as ever."""

    part: Query


@dataclass(frozen=True, slots=True)
class EmailId:
    """This message of the store, wherever it has been copied to."""

    message_id: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages of one conversation."""

    key: str


Query = (
    All
    | And
    | Or
    | Not
    | HasFlag
    | HasKeyword
    | Uids
    | Received
    | Saved
    | Sent
    | SentDay
    | Larger
    | Smaller
    | ChangedSince
    | HasAttachment
    | Header
    | BodyText
    | AnyText
    | Fuzzy
    | EmailId
    | Conversation
)
