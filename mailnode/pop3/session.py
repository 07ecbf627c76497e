"""One POP3 session: its state, and the lock on the maildrop that it holds (RFC 1939 §3).

AUTHORIZATION until somebody has logged in, TRANSACTION until QUIT; UPDATE is what QUIT does. Only state stands here:
``dispatch`` decides which command may run, and its handlers change it.
"""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Sequence
from typing import Protocol

from mailnode.context import Context
from mailnode.directory import dialogue
from mailnode.directory.login import LoggedIn
from mailnode.pop3 import maildrop
from mailnode.pop3.maildrop import Maildrop
from mailnode.proto import pop3
from mailnode.proto.sasl import Binding

RENEW = 20  # seconds between two renewals of the maildrop's lock


class Wire(Protocol):
    """The connection, as the session sees it."""

    peer: str

    def write(self, data: bytes) -> None: ...

    async def send(self, reply: bytes) -> None: ...

    async def line(self) -> bytes: ...

    async def begin_tls(self, context: ssl.SSLContext) -> None: ...

    def bindings(self) -> Sequence[Binding]: ...


class Session:
    """One client's state. ``over`` ends the connection after the running command.

    ``language`` is the client's choice, "" until it makes one; ``deleted`` are message numbers.
    """

    __slots__ = (
        "_owner",
        "_renewed_at",
        "context",
        "deleted",
        "drop",
        "language",
        "name",
        "over",
        "tls",
        "user",
        "utf8",
        "wire",
    )

    def __init__(self, context: Context, wire: Wire, *, tls: bool) -> None:
        self.context = context
        self.wire = wire
        self.tls = tls
        self.utf8 = False
        self.language = ""
        self.over = False
        self.name = ""  # what USER has said
        self.user: LoggedIn | None = None
        self.drop: Maildrop | None = None
        self.deleted: set[int] = set()
        self._owner = secrets.token_hex(16)
        self._renewed_at = 0.0

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """How the client may log in now; not at all before TLS, unless the settings let the loopback through."""
        return dialogue.offered(self.context.settings, self.context.authenticator, self.wire.peer, tls=self.tls)

    def write(self, data: bytes) -> None:
        self.wire.write(data)

    async def enter(self, user: LoggedIn) -> bytes:
        """Somebody has logged in: TRANSACTION begins. Raises MaildropInUse."""
        self.drop = await self.context.offload.write(
            lambda tx: maildrop.opened(tx, user.user_id, self._owner, int(time.time()))
        )
        self.user = user
        self._renewed_at = time.monotonic()
        return pop3.ok(f"{len(self.drop.items)} messages")

    async def keep_lock(self) -> None:
        """Renew the lease of the maildrop where it is time for that."""
        drop = self.drop
        if drop is not None and time.monotonic() - self._renewed_at > RENEW:
            await self.context.offload.write(lambda tx: maildrop.lock(tx, drop.user_id, self._owner, int(time.time())))
            self._renewed_at = time.monotonic()

    async def update(self) -> None:
        """UPDATE: what was marked is removed and committed (RFC 1939 §6)."""
        drop = self.drop
        if drop is not None:
            items = [drop.items[number - 1] for number in self.deleted]
            await self.context.offload.write(lambda tx: maildrop.remove(tx, drop, items, self._owner))
            self.drop = None

    async def leave(self) -> None:
        """The connection has ended without QUIT: nothing is removed, the maildrop is free (RFC 1939 §6)."""
        drop, self.drop = self.drop, None
        if drop is not None:
            await self.context.offload.write(lambda tx: maildrop.unlock(tx, drop.user_id, self._owner))
