"""What one client wants to hear of between its commands (RFC 5465), and what of it waits to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mailnode.proto.imap.commands import FetchItem
from mailnode.proto.imap.watching import Event, EventGroup

_BY_DEFAULT = frozenset({Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE, Event.FLAG_CHANGE})
OF_SELECTED = frozenset({"SELECTED", "SELECTED-DELAYED"})


@dataclass(frozen=True, slots=True)
class Other:
    """A mailbox of somebody else, as the user calls it."""

    name: str
    owner_id: int
    is_readable: bool


class Watch:
    """Made anew by each NOTIFY; ``groups`` is None before the first one, when news come with commands only."""

    __slots__ = (
        "_selected",
        "breadth",
        "fresh",
        "groups",
        "is_immediate",
        "items",
        "metadata",
        "others",
        "own",
        "seen",
        "stale",
        "wakings",
    )

    def __init__(
        self,
        groups: Sequence[EventGroup] | None,
        *,
        metadata: bool = False,
        seen: dict[int, int] | None = None,
        others: dict[int, Other] | None = None,
    ) -> None:
        chosen = next((group for group in groups or () if group.source.kind in OF_SELECTED), None)
        told = _BY_DEFAULT if groups is None else chosen.events if chosen is not None else frozenset[Event]()
        self.groups = None if groups is None else [group for group in groups if group.source.kind not in OF_SELECTED]
        self._selected = told
        self.is_immediate = chosen is not None and chosen.source.kind == "SELECTED" and Event.MESSAGE_EXPUNGE in told
        self.items: tuple[FetchItem, ...] = chosen.items if chosen is not None else ()
        self.metadata = metadata  # METADATA was enabled: notes that others change are told (RFC 5464 §4.1)
        # Whose journals are read, and up to which modseq what happened outside of the selected mailbox was told; the
        # user's own comes first.
        self.seen = seen or {}
        self.others = others or {}  # others' mailboxes as the client was told of them, by id
        self.breadth = 0  # how many names there are, as last looked at
        self.stale = False  # mail has changed since
        self.own: set[int] = set()  # modseqs of this session's changes: it knows of them (RFC 5465 §5)
        self.fresh: list[int] = []  # new messages of the selected mailbox that are yet to be fetched
        self.wakings: list[Callable[[], None]] = []  # what ends each of them

    @property
    def pushes(self) -> bool:
        """True when something is told although no command runs."""
        return self.groups is not None and bool(self.groups or self._selected)

    @property
    def has_news(self) -> bool:
        return self.stale or bool(self.fresh)

    @property
    def is_about_more(self) -> bool:
        """True when something other than the selected mailbox is watched."""
        return bool(self.groups) or self.metadata

    def forget_wakings(self) -> None:
        for end in self.wakings:
            end()
        self.wakings = []

    def tells(self, event: Event) -> bool:
        """Whether this is told of the selected mailbox."""
        return event in self._selected

    def arrived(self, uids: Iterable[int]) -> None:
        """Messages have come into the selected mailbox, and the client has been told how many there are."""
        if self.items:
            self.fresh += uids


NOT_WATCHING = Watch(None)
"""Of every session that has asked for nothing; never changed, as nothing wakes it."""
