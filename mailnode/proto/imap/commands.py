"""What a client may ask, as values: one class per command, the fields in the order of the grammar.

``parse`` makes them and ``mailnode.imap.commands`` carries them out. Mailbox names are Unicode and in the
spelling that the store keeps; strings that may be anything (passwords, header text) were decoded by the parser.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from mailnode.octets import Octets
from mailnode.proto.imap.search_keys import SearchKey
from mailnode.proto.imap.sequence_set import SequenceSet


@dataclass(frozen=True, slots=True)
class Command:
    """Every command begins with the tag that its answer carries."""

    tag: str


class Capability(Command):
    __slots__ = ()


class Noop(Command):
    __slots__ = ()


class Logout(Command):
    __slots__ = ()


class StartTls(Command):
    __slots__ = ()


class Namespace(Command):
    __slots__ = ()


class Check(Command):
    __slots__ = ()


class Close(Command):
    __slots__ = ()


class Unselect(Command):
    __slots__ = ()


class Idle(Command):
    __slots__ = ()


class Unauthenticate(Command):
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Compress(Command):
    mechanism: str  # upper case


@dataclass(frozen=True, slots=True)
class Id(Command):
    fields: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Enable(Command):
    names: tuple[str, ...]  # upper case


@dataclass(frozen=True, slots=True)
class Login(Command):
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Authenticate(Command):
    mechanism: str  # upper case
    initial: bytes | None  # decoded; b"" when the client sent "=", None when it sent nothing (RFC 4959 §3)


@dataclass(frozen=True, slots=True)
class StatusItems:
    """STATUS attributes in the order asked, upper case, each once."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetadataItems:
    """Annotations by name in lower case, with those below down to ``depth`` levels (None: all), and none of more than
    ``max_size`` octets (RFC 5464 §4.2)."""

    entries: tuple[str, ...]
    max_size: int | None = None
    depth: int | None = 0


@dataclass(frozen=True, slots=True)
class List(Command):
    """LIST in both its forms; ``extended`` is False for the plain one of RFC 3501."""

    reference: str
    patterns: tuple[str, ...]
    extended: bool = False
    subscribed: bool = False
    recursive_match: bool = False
    special_use: bool = False
    return_subscribed: bool = False
    return_children: bool = False
    return_special_use: bool = False
    return_my_rights: bool = False
    return_status: StatusItems | None = None
    return_metadata: MetadataItems | None = None


@dataclass(frozen=True, slots=True)
class Lsub(Command):
    reference: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Status(Command):
    mailbox: str
    items: StatusItems


@dataclass(frozen=True, slots=True)
class Qresync:
    """What the client remembers of the mailbox (RFC 7162 §3.2.5)."""

    uid_validity: int
    modseq: int
    known_uids: SequenceSet | None = None
    match_numbers: SequenceSet | None = None
    match_uids: SequenceSet | None = None


@dataclass(frozen=True, slots=True)
class Select(Command):
    mailbox: str
    read_only: bool  # True for EXAMINE
    condstore: bool = False
    qresync: Qresync | None = None


@dataclass(frozen=True, slots=True)
class Create(Command):
    mailbox: str
    special_uses: tuple[str, ...] = ()  # as "\\Sent" (RFC 6154 §3)


@dataclass(frozen=True, slots=True)
class Delete(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class Rename(Command):
    mailbox: str
    target: str


@dataclass(frozen=True, slots=True)
class Subscribe(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class Unsubscribe(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class GetQuota(Command):
    root: str


@dataclass(frozen=True, slots=True)
class GetQuotaRoot(Command):
    mailbox: str


class Attribute(enum.Enum):
    """FETCH items without arguments; the value is the name on the wire."""

    FLAGS = "FLAGS"
    UID = "UID"
    INTERNALDATE = "INTERNALDATE"
    SIZE = "RFC822.SIZE"
    ENVELOPE = "ENVELOPE"
    BODY = "BODY"
    BODYSTRUCTURE = "BODYSTRUCTURE"
    MODSEQ = "MODSEQ"
    PREVIEW = "PREVIEW"
    EMAILID = "EMAILID"
    THREADID = "THREADID"
    SAVEDATE = "SAVEDATE"


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of the message's text: BODY[...], BINARY[...] and the three old RFC822 names.

    ``text`` is "", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT" or "MIME". ``label`` is the item's
    name as the answer repeats it, without the partial range.
    """

    label: bytes
    part: tuple[int, ...] = ()
    text: str = ""
    fields: tuple[str, ...] = ()  # upper case
    partial: tuple[int, int] | None = None  # first octet, number of octets
    peek: bool = False
    binary: bool = False
    size_only: bool = False


FetchItem = Attribute | Section


@dataclass(frozen=True, slots=True)
class Fetch(Command):
    by_uid: bool
    numbers: SequenceSet
    items: tuple[FetchItem, ...]
    changed_since: int | None = None
    vanished: bool = False
    partial: tuple[int, int] | None = None  # places among the messages named (RFC 9394 §3.2)


class StoreMode(enum.Enum):
    SET = "FLAGS"
    ADD = "+FLAGS"
    REMOVE = "-FLAGS"


@dataclass(frozen=True, slots=True)
class Store(Command):
    by_uid: bool
    numbers: SequenceSet
    mode: StoreMode
    silent: bool
    flags: tuple[str, ...]
    unchanged_since: int | None = None


@dataclass(frozen=True, slots=True)
class SearchReturn:
    """RETURN options (RFC 4731 §3.1). ``RETURN ()`` means ALL.

    ``save`` keeps the result for ``$`` (RFC 5182). ``partial`` are places in the result, counted from its end when
    negative (RFC 9394 §3.1). ``update``: changes of the result are told from now on (RFC 5267 §4.3). ``relevancy``: how
    well each message fulfils the fuzzy keys (RFC 6203 §4)."""

    minimum: bool = False
    maximum: bool = False
    all: bool = False
    count: bool = False
    save: bool = False
    partial: tuple[int, int] | None = None
    update: bool = False
    relevancy: bool = False

    @property
    def answers(self) -> bool:
        """False when nothing but SAVE was asked for."""
        some = self.minimum or self.maximum or self.all or self.count or self.update or self.relevancy
        return some or self.partial is not None


@dataclass(frozen=True, slots=True)
class Search(Command):
    by_uid: bool
    key: SearchKey
    returns: SearchReturn | None = None  # None: the plain SEARCH answer
    charset: str | None = None  # as it was given


@dataclass(frozen=True, slots=True)
class SortKey:
    name: str  # upper case
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Sort(Command):
    by_uid: bool
    criteria: tuple[SortKey, ...]
    key: SearchKey
    returns: SearchReturn | None = None


@dataclass(frozen=True, slots=True)
class Thread(Command):
    by_uid: bool
    algorithm: str  # upper case
    key: SearchKey


@dataclass(frozen=True, slots=True)
class Copy(Command):
    by_uid: bool
    numbers: SequenceSet
    mailbox: str


@dataclass(frozen=True, slots=True)
class Move(Command):
    by_uid: bool
    numbers: SequenceSet
    mailbox: str


@dataclass(frozen=True, slots=True)
class Expunge(Command):
    uids: SequenceSet | None = None  # None: every message flagged \Deleted (RFC 4315 §2.1 has the other form)


@dataclass(frozen=True, slots=True)
class Url:
    """A piece of a message that is here already (RFC 4469 §3)."""

    text: bytes


@dataclass(frozen=True, slots=True)
class AppendMessage:
    """``parts``: the message is put together from these, with CATENATE, and ``data`` is still empty."""

    flags: tuple[str, ...]
    internal_date: datetime | None  # aware
    data: Octets
    binary: bool = False  # a literal8, which may hold NUL (RFC 3516 §4.4)
    utf8: bool = False  # said to have UTF-8 in its header (RFC 6855 §4)
    parts: tuple[Octets | Url, ...] = ()


@dataclass(frozen=True, slots=True)
class Append(Command):
    mailbox: str
    messages: tuple[AppendMessage, ...]


@dataclass(frozen=True, slots=True)
class Replace(Command):
    """APPEND and the removal of an older message in one (RFC 8508)."""

    by_uid: bool
    number: SequenceSet  # of one message
    mailbox: str
    message: AppendMessage


@dataclass(frozen=True, slots=True)
class Source:
    """A set of mailboxes (RFC 5465 §6), ``kind`` in upper case; ``mailboxes`` for those that name some."""

    kind: str
    mailboxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MultiSearch(Command):
    """ESEARCH (RFC 7377)."""

    sources: tuple[Source, ...]
    key: SearchKey
    returns: SearchReturn | None = None  # None means ALL
    charset: str | None = None
