"""The state of one IMAP session (RFC 9051 §3): who is logged in, what is selected, what is switched on.

Only state stands here. The connection drives it, ``dispatch`` decides which command may run, and
``commands`` change it.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session as Transaction

from mailnode.context import Context
from mailnode.directory import dialogue
from mailnode.directory.login import LoggedIn
from mailnode.group_commit import Prepare
from mailnode.imap.selected import Selected
from mailnode.imap.shared import Shared
from mailnode.imap.watch import NOT_WATCHING, Watch
from mailnode.proto.imap import responses
from mailnode.proto.sasl import Binding
from mailnode.store import changes, quota

T = TypeVar("T")
CAPABILITIES = ("IMAP4rev1", "IMAP4rev2", "LITERAL+", "SASL-IR", "ID", "ENABLE", "IDLE")
AFTER_LOGIN = (
    "NAMESPACE",
    "CHILDREN",
    "UIDPLUS",
    "UNSELECT",
    "MOVE",
    "ESEARCH",
    "SEARCHRES",
    "SORT",
    "SORT=DISPLAY",
    "ESORT",
    "I18NLEVEL=1",
    "SEARCH=FUZZY",
    "MULTISEARCH",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "PARTIAL",
    "PREVIEW",
    "SAVEDATE",
    "OBJECTID",
    "REPLACE",
    "UTF8=ACCEPT",
    "UIDONLY",
    "UNAUTHENTICATE",
    "INPROGRESS",
    "METADATA",
    "LIST-METADATA",
    "NOTIFY",
    "CONTEXT=SEARCH",
    "CONTEXT=SORT",
    "CONDSTORE",
    "QRESYNC",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "STATUS=SIZE",
    "WITHIN",
    "BINARY",
    "CATENATE",
    "URL-PARTIAL",
    "MULTIAPPEND",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "QUOTA=RES-MESSAGE",
    "ACL",
    "RIGHTS=texk",
    "LIST-MYRIGHTS",
)


class Wire(Protocol):
    """The connection, as commands see it."""

    def write(self, data: bytes) -> None: ...

    async def written(self) -> None: ...

    async def line(self) -> bytes | None: ...

    async def begin_tls(self, context: ssl.SSLContext) -> None: ...

    def bindings(self) -> Sequence[Binding]: ...

    def begin_compression(self) -> None: ...

    def logged_in(self, message_size: int) -> None: ...

    def logged_out(self) -> None: ...

    def wake(self) -> None: ...


class Session:
    """One client's state. ``over`` ends the connection after the running command."""

    __slots__ = (
        "_forget_wakings",
        "accept",
        "compressed",
        "condstore",
        "context",
        "idling",
        "over",
        "peer",
        "qresync",
        "rev2",
        "selected",
        "shared",
        "stale",
        "tls",
        "uid_only",
        "user",
        "utf8",
        "watch",
        "wire",
    )

    def __init__(self, context: Context, shared: Shared, wire: Wire, *, tls: bool) -> None:
        self.context = context
        self.shared = shared
        self.wire = wire
        self.tls = tls
        self.peer = ""
        self.user: LoggedIn | None = None
        self.selected: Selected | None = None
        self.compressed = False
        self.condstore = False  # the client wants mod-sequences (RFC 7162 §3.1)
        self.qresync = False  # and uids instead of numbers for what is gone (RFC 7162 §3.2)
        self.rev2 = False  # IMAP4rev2 was enabled: no \\Recent, and ESEARCH for every search
        self.accept = False  # UTF8=ACCEPT was enabled
        self.utf8 = False  # mailbox names are UTF-8, by one or the other
        self.uid_only = False  # UIDONLY was enabled: message numbers are not used any more
        self.idling: str | None = None  # the tag of a running IDLE
        self.stale = False  # the user's mail has changed since the client was last told
        self.over = False
        self.watch = NOT_WATCHING  # what the client wants to hear of between commands (NOTIFY)
        self._forget_wakings: Callable[[], None] | None = None

    @property
    def user_id(self) -> int:
        """The user who has logged in; ``dispatch`` has made sure that there is one."""
        assert self.user is not None
        return self.user.user_id

    @property
    def who(self) -> LoggedIn:
        """The same with the address, for asking what the user may do."""
        assert self.user is not None
        return self.user

    @property
    def here(self) -> Selected:
        """The selected mailbox; ``dispatch`` has made sure that there is one."""
        assert self.selected is not None
        return self.selected

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """How the client may log in now; not at all before TLS, unless the settings let the loopback through."""
        return dialogue.offered(self.context.settings, self.context.authenticator, self.peer, tls=self.tls)

    def capabilities(self) -> Sequence[str]:
        if self.user is not None:
            limit = f"APPENDLIMIT={self.context.settings.message_size_limit}"
            offered = [*CAPABILITIES, *AFTER_LOGIN, limit]
            return offered if self.compressed else [*offered, "COMPRESS=DEFLATE"]
        offered = list(CAPABILITIES)
        if not self.tls:
            offered.append("STARTTLS")
        offered += [f"AUTH={name}" for name in self.mechanisms] or ["LOGINDISABLED"]
        return offered

    def log_out(self) -> None:
        """As it was before the user logged in, but for TLS and compression (RFC 8437 §2)."""
        self.leave()
        self.stop_watching()
        self.user = None
        self.condstore = self.qresync = self.rev2 = self.accept = self.utf8 = self.uid_only = False
        self.wire.logged_out()

    def renamed(self, asked: str, name: str) -> list[bytes]:
        """A LIST line when a mailbox is not called as the client wrote it (RFC 9051 §6.3.4)."""
        if asked == name or not self.rev2:
            return []
        return [responses.list_line(name, (), utf8=self.utf8, old_name=asked)]

    def want_modseqs(self) -> list[bytes]:
        """Switch mod-sequences on. What the client must hear the first time (RFC 7162 §3.1, CONDSTORE enabling)."""
        first, self.condstore = not self.condstore, True
        if not first or self.selected is None:
            return []
        return [responses.untagged_ok("The highest mod-sequence", f"HIGHESTMODSEQ {self.selected.modseq}")]

    def enter(self, mailbox: Selected) -> None:
        """Select a mailbox, and hear of every change to its owner's mail from now on."""
        self.leave()
        self.selected = mailbox
        self._forget_wakings = self.context.waker.subscribe(mailbox.owner_id, self._changed)

    def leave(self) -> None:
        """Nothing is selected any more."""
        if self.selected is not None:
            self.shared.views.keep(self.selected.owner_id, self.selected)
        self.selected = None
        self.stale = False
        self.watch.fresh.clear()
        if self._forget_wakings is not None:
            self._forget_wakings()
            self._forget_wakings = None

    @property
    def listens(self) -> bool:
        """True when the client is told of changes although no command runs."""
        return self.idling is not None or self.watch.pushes

    @property
    def has_news(self) -> bool:
        """True when something has happened since the client was last told."""
        return self.stale or self.watch.has_news

    async def write(self, step: Callable[[Transaction], T], *, prepare: Prepare | None = None) -> T:
        """Change the store. Of what this session does itself it is not told (RFC 5465 §5)."""
        write = self.context.offload.write
        if not self.watch.is_about_more:
            return await write(step, prepare=prepare)

        def noted(tx: Transaction) -> tuple[int, T, int]:
            return quota.held(tx, self.user_id), step(tx), changes.latest(tx, self.user_id)

        before, result, after = await write(noted, prepare=prepare)
        self.watch.own.update(range(before + 1, after + 1))
        return result

    def begin_watching(self, watch: Watch) -> None:
        """Hear of every change to the mail that is watched, with a mailbox selected or without."""
        self.stop_watching()
        self.watch = watch
        if watch.pushes or watch.metadata:
            subscribe = self.context.waker.subscribe
            watch.wakings = [subscribe(owner_id, self._outside_changed) for owner_id in watch.seen]
            watch.stale = watch.is_about_more  # something may have happened before we listened

    def stop_watching(self) -> None:
        self.watch.forget_wakings()
        self.watch = NOT_WATCHING

    def _outside_changed(self) -> None:
        self.watch.stale = True
        self.wire.wake()

    def _changed(self) -> None:
        self.stale = True
        self.wire.wake()


def greeting(session: Session) -> bytes:
    """RFC 9051 §7.1.1: the capabilities come along, which saves the client a round trip."""
    return responses.untagged_ok("Mailnode ready", f"CAPABILITY {' '.join(session.capabilities())}")
