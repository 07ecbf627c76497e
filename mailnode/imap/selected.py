"""The selected mailbox as one session has been told of it.

Message numbers are agreed on between server and client, so this view changes only when the client is told:

- ``uids`` holds the messages that the client knows of, in order; a message's number is its place there.
- What others did is noted by ``note`` and told by ``tell``: new messages by EXISTS, removed ones by EXPUNGE, changed
  flags by FETCH. EXPUNGE shifts numbers, so it is never told during FETCH, STORE or SEARCH by number
  (RFC 9051 §7.5.1); until then a removed message keeps its number and has nothing to show.
- What this session did itself it has answered already: its modseqs are given to ``own`` and not told again.

``uids`` shares its blocks with other sessions; it is replaced, never changed in place. Of a large mailbox the oldest
ones are unread until a command needs them (`reaches_unread`), and were counted as of the modseq ``unread_since``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailnode.errors import ProtocolError
from mailnode.imap.contexts import Contexts
from mailnode.proto.imap.sequence_set import MAX_NUMBER, SequenceSet, merge
from mailnode.store.changes import Change, What
from mailnode.store.ranges import Range
from mailnode.store.rights import ALL, Access, Rights
from mailnode.store.uids import Uids


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told, in this order: EXPUNGE with these numbers, EXISTS, FETCH of these uids.

    ``appended`` are the uids that EXISTS stands for.
    """

    expunged: tuple[int, ...] = ()
    expunged_uids: tuple[int, ...] = ()
    exists: int | None = None
    appended: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()


class Selected:
    """One session's view of one mailbox."""

    __slots__ = (
        "_appended",
        "_changed",
        "_gone",
        "_own",
        "contexts",
        "first_recent",
        "keywords",
        "last_recent",
        "mailbox_id",
        "modseq",
        "name",
        "owner_id",
        "read_only",
        "rights",
        "saved",
        "seen_modseq",
        "uid_validity",
        "uids",
        "unread_since",
    )

    def __init__(
        self,
        *,
        mailbox_id: int,
        name: str,
        uid_validity: int,
        uids: Sequence[int],
        modseq: int,
        seen_modseq: int,
        first_recent: int = 0,
        last_recent: int = MAX_NUMBER,
        keywords: frozenset[str] = frozenset(),
        read_only: bool = False,
        owner_id: int = 0,
        rights: Rights = ALL,
    ) -> None:
        self.owner_id = owner_id  # everything that the store keeps of the mailbox begins with it
        self.mailbox_id = mailbox_id
        self.rights = rights  # the reader's, as last looked at
        self.name = name
        self.uid_validity = uid_validity
        self.uids = uids if isinstance(uids, Uids) else Uids.of(uids)
        self.modseq = modseq  # the mailbox's highest, as last told
        self.seen_modseq = self.unread_since = seen_modseq  # the user's: the journal was read up to here
        self.first_recent = first_recent  # messages from this uid on are \Recent to this session,
        self.last_recent = last_recent  # up to this one; first_recent is 0 when none is
        self.keywords = keywords
        self.read_only = read_only
        self.saved: Sequence[int] = ()  # uids: what $ stands for (RFC 5182)
        self.contexts = Contexts()  # searches that are kept up to date
        self._gone: set[int] = set()
        self._appended: dict[int, None] = {}
        self._changed: set[int] = set()
        self._own: set[int] = set()

    @property
    def access(self) -> Access:
        return Access(self.owner_id, self.mailbox_id, self.rights)

    # Numbers and uids

    def number(self, uid: int) -> int:
        """The message number, or 0 for a uid that the client does not know."""
        return self.uids.place(uid) + 1

    def between(self, low: int, high: int) -> Sequence[int]:
        """The view's uids from ``low`` to ``high``, both inside."""
        return self.uids[self.uids.left(low) : self.uids.right(high)]

    def reaches_unread(self, numbers: SequenceSet, *, by_uid: bool) -> bool:
        """True when uids are needed for these that have not been read yet."""
        if not self.uids.unread:
            return False
        found = numbers.resolve(self.uids[-1] if by_uid else len(self.uids))
        known_from = self.uids.low if by_uid else self.uids.unread + 1
        return numbers.saved or bool(found and found[0][0] < known_from)

    def pick(self, numbers: SequenceSet, *, by_uid: bool) -> list[Range]:
        """Ranges of uids, sorted, none beyond the last message that the client knows.

        Raises ProtocolError for a message number that is not in use (RFC 9051 §9, seq-number).
        """
        count = len(self.uids)
        if numbers.saved:
            return self.ranges_of([uid for uid in self.saved if self.number(uid)])
        if not count:
            if not by_uid and any(low > 1 for low, _ in numbers.ranges):
                raise ProtocolError("The mailbox has no messages")
            return []
        if by_uid:
            last = self.uids[-1]
            return [(low, min(high, last)) for low, high in numbers.resolve(last) if low <= last]
        found = numbers.resolve(count)
        if found and found[-1][1] > count:
            raise ProtocolError(f"The mailbox has {count} messages")
        return [(self.uids[low - 1], self.uids[high - 1]) for low, high in found]

    def among(self, numbers: SequenceSet, *, by_uid: bool) -> list[Range]:
        """The same for SEARCH, which finds nothing where there is nothing, and minds no number."""
        if by_uid or numbers.saved:
            return self.pick(numbers, by_uid=True)
        count = len(self.uids)
        return [
            (self.uids[low - 1], self.uids[min(high, count) - 1])
            for low, high in numbers.resolve(count)
            if low <= count
        ]

    def count(self, uids: Sequence[Range]) -> int:
        """How many of the view's messages lie in the ranges."""
        return sum(self.uids.right(high) - self.uids.left(low) for low, high in uids)

    @property
    def recent(self) -> int:
        return self.count([self.recents]) if self.first_recent else 0

    @property
    def recents(self) -> Range:
        """The uids that are \\Recent to this session; nothing lies in them when none is."""
        return (self.first_recent, self.last_recent) if self.first_recent else (1, 0)

    def claimed(self, low: int, high: int) -> None:
        """New messages that this session is the first to be told of (RFC 3501 §2.3.2). When others have been told of
        some in between, these are \\Recent to nobody, for only one stretch is kept."""
        if low > high:
            return
        if not self.recent:
            self.first_recent = low
        elif low > self.last_recent + 1:
            return
        self.last_recent = high

    @property
    def has_gone(self) -> bool:
        """True while messages have been removed without the client having been told."""
        return bool(self._gone)

    @property
    def gone(self) -> list[int]:
        """Removed messages of which the client has not been told, in order."""
        return sorted(self._gone)

    @property
    def changed(self) -> frozenset[int]:
        """Messages with changed flags of which the client has not been told."""
        return frozenset(self._changed)

    @property
    def own_modseqs(self) -> frozenset[int]:
        """This session's own changes that the journal has yet to show."""
        return frozenset(self._own)

    def note_incomplete(self) -> None:
        """The mailbox was changed in a way that this view will not learn of."""
        self._own.add(0)

    @property
    def is_complete(self) -> bool:
        """True when the client knows of every message that was there at ``modseq``."""
        return not (self._gone or self._appended or self._own)

    # What happened

    def own(self, modseq: int) -> None:
        """A change to this mailbox that this session made and answers itself; 0 for none."""
        if modseq > self.seen_modseq + 1:
            self._own.add(modseq)
        self.skip(modseq)
        self.modseq = max(self.modseq, modseq)

    def skip(self, modseq: int) -> None:
        """A change elsewhere that this session made. A user's changes are numbered without gaps, so nothing else has
        happened if it is the very next one, and the journal need not be asked."""
        if modseq == self.seen_modseq + 1:
            self.seen_modseq = modseq

    def note(self, changes: Iterable[Change], latest: int) -> None:
        """Take in the journal of this mailbox after ``seen_modseq``, complete up to ``latest``."""
        for change in changes:
            latest = max(latest, change.modseq)
            self.modseq = max(self.modseq, change.modseq)
            if change.what is What.APPENDED:
                self._appended[change.uid] = None
            elif change.modseq in self._own and (change.what is not What.EXPUNGED or self.number(change.uid)):
                continue
            elif change.what is What.EXPUNGED:
                self._note_gone(change.uid)  # also of a message of others that this session expunged unseen
            elif change.what is What.FLAGS:
                self._changed.add(change.uid)
        self.seen_modseq = max(self.seen_modseq, latest)
        self._own = {modseq for modseq in self._own if modseq > self.seen_modseq}

    def _note_gone(self, uid: int) -> None:
        self._changed.discard(uid)
        if self.number(uid):
            self._gone.add(uid)
        else:
            self._appended.pop(uid, None)  # came and went between two looks

    def tell(self, *, expunge: bool, arrivals: bool = True, flags: bool = True) -> News:
        """What is to be said now; afterwards it counts as said. What is not to be said waits."""
        numbers: list[int] = []
        uids: list[int] = []
        if expunge and self._gone:
            uids = sorted(self._gone)
            numbers = self.forget(uids)
        known = self.uids[-1] if self.uids else 0
        fresh = sorted(uid for uid in self._appended if uid > known) if arrivals else []
        if arrivals:
            self._appended = {}
        if fresh:
            self.uids = self.uids.with_more(fresh)
        changed = sorted(uid for uid in self._changed if uid not in self._gone and uid <= known) if flags else []
        if flags:
            self._changed = set()
        return News(tuple(numbers), tuple(uids), len(self.uids) if fresh else None, tuple(fresh), tuple(changed))

    def forget(self, uids: Iterable[int]) -> list[int]:
        """Take sorted uids out of the view. Returns their numbers for EXPUNGE, each once those before it are gone."""
        gone: list[int] = []
        numbers: list[int] = []
        for uid in uids:
            self._gone.discard(uid)
            self._changed.discard(uid)
            place = self.uids.place(uid)
            if place >= 0:
                numbers.append(place + 1 - len(gone))
                gone.append(uid)
        if gone:
            self.uids = self.uids.without(gone)
        return numbers

    def ranges_of(self, uids: Iterable[int]) -> list[Range]:
        """The fewest ranges that hold these sorted uids and no other uid of the view: for asking the store."""
        found: list[Range] = []
        last_place = -2
        for uid in uids:
            place = self.uids.left(uid)
            if place == last_place + 1 and found:
                found[-1] = (found[-1][0], uid)
            else:
                found.append((uid, uid))
            last_place = place
        return merge(found)
