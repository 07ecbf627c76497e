"""One POP3 session: its state, and what each command does in it (RFC 1939 §3).

AUTHORIZATION until somebody has logged in, TRANSACTION until QUIT; UPDATE is what QUIT does.
Commands return their reply; the connection writes it.
"""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from mailnode import log
from mailnode.context import Context
from mailnode.errors import MailError, NoSuchMessage, ProtocolError
from mailnode.peers import is_loopback
from mailnode.pop3 import maildrop
from mailnode.pop3.maildrop import Item, Maildrop
from mailnode.pop3.refusals import code_of
from mailnode.proto import pop3, sasl
from mailnode.proto.pop3 import Command

RENEW = 20  # seconds between two renewals of the maildrop's lock
_log = log.get("pop3")


class Wire(Protocol):
    """The connection, as the session sees it."""

    peer: str

    def write(self, data: bytes) -> None: ...

    async def line(self) -> bytes: ...

    async def begin_tls(self, context: ssl.SSLContext) -> None: ...


class Session:
    """One client's state. ``over`` ends the connection after the running command."""

    __slots__ = ("_name", "_owner", "_renewed_at", "context", "deleted", "drop", "over", "tls", "wire")

    def __init__(self, context: Context, wire: Wire, *, tls: bool) -> None:
        self.context = context
        self.wire = wire
        self.tls = tls
        self.over = False
        self.drop: Maildrop | None = None
        self.deleted: set[int] = set()  # message numbers
        self._name = ""  # what USER has said
        self._owner = secrets.token_hex(16)
        self._renewed_at = 0.0

    async def execute(self, line: bytes) -> bytes:
        """Carry out one command line; always returns a reply."""
        try:
            command = pop3.parse(line)
            handler = (TRANSACTION if self.drop else AUTHORIZATION).get(command.name)
            if handler is None:
                known = command.name in AUTHORIZATION or command.name in TRANSACTION
                return pop3.err("Not now" if known else "This command is not known here")
            await self._keep_lock()
            return await handler(self, command)
        except ProtocolError as error:
            return pop3.err(str(error))
        except MailError as error:
            return pop3.err(error.public, code_of(error))
        except ConnectionResetError:
            raise
        except Exception:
            _log.exception("command failed", peer=self.wire.peer)
            return pop3.err("Something went wrong here; try again later", "SYS/TEMP")

    async def leave(self) -> None:
        """The connection has ended without QUIT: nothing is removed, the maildrop is free (RFC 1939 §6)."""
        drop, self.drop = self.drop, None
        if drop is not None:
            await self.context.offload.write(lambda tx: maildrop.unlock(tx, drop.user_id, self._owner))

    @property
    def may_log_in(self) -> bool:
        """A password in plain text travels under TLS only, unless the settings let the loopback through."""
        return self.tls or (self.context.settings.auth_without_tls == "loopback" and is_loopback(self.wire.peer))

    async def _keep_lock(self) -> None:
        drop = self.drop
        if drop is not None and time.monotonic() - self._renewed_at > RENEW:
            await self.context.offload.write(lambda tx: maildrop.lock(tx, drop.user_id, self._owner, int(time.time())))
            self._renewed_at = time.monotonic()

    # AUTHORIZATION

    async def capa(self, command: Command) -> bytes:
        """RFC 2449 §5; what a client may use now."""
        offered = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER"]
        if self.drop is None and self.may_log_in:
            offered += ["USER", f"SASL {' '.join(sasl.MECHANISMS)}"]
        if self.drop is None and not self.tls:
            offered.append("STLS")
        return pop3.listing("What can be done", [*offered, "IMPLEMENTATION Mailnode"])

    async def stls(self, command: Command) -> bytes:
        """The OK travels in plain text and is the last that does (RFC 2595 §4)."""
        command.nothing()
        if self.tls:
            return pop3.err("TLS is in use already")
        self.wire.write(pop3.ok("Begin TLS now"))
        self._name = ""
        await self.wire.begin_tls(self.context.tls)
        self.tls = True
        return b""

    async def user(self, command: Command) -> bytes:
        self._require_safety()
        self._name = command.rest.decode("utf-8", "replace").strip()
        return pop3.ok("And the password?") if self._name else pop3.err("USER takes a name")

    async def password(self, command: Command) -> bytes:
        """RFC 1939 §7: the whole rest of the line is the password, blanks too."""
        self._require_safety()
        name, self._name = self._name, ""
        if not name:
            return pop3.err("USER comes first")
        return await self._log_in(name, command.rest.decode("utf-8", "replace"))

    async def auth(self, command: Command) -> bytes:
        """RFC 5034 §4, with an initial response or without."""
        words = command.words
        if not words:
            return pop3.listing("Mechanisms", sasl.MECHANISMS)
        self._require_safety()
        mechanism = sasl.begin(words[0].decode("ascii", "replace"))
        step = mechanism.step(sasl.decode_initial(words[1]) if len(words) > 1 else None)
        while isinstance(step, sasl.Challenge):
            self.wire.write(b"+ " + sasl.encode_challenge(step.data) + b"\r\n")
            step = mechanism.step(sasl.decode_response(await self.wire.line()))
        if step.acting_as not in ("", step.name):
            return pop3.err("Nobody may act as somebody else here", "AUTH")
        return await self._log_in(step.name, step.password)

    def _require_safety(self) -> None:
        if not self.may_log_in:
            raise ProtocolError("Begin TLS first")

    async def _log_in(self, name: str, password: str) -> bytes:
        who = await self.context.authenticator.check(name, password, self.wire.peer)
        self.drop = await self.context.offload.write(
            lambda tx: maildrop.opened(tx, who.user_id, self._owner, int(time.time()))
        )
        self._renewed_at = time.monotonic()
        return pop3.ok(f"{len(self.drop.items)} messages")

    # TRANSACTION

    def _open(self) -> Maildrop:
        assert self.drop is not None
        return self.drop

    def _left(self) -> list[tuple[int, Item]]:
        items = enumerate(self._open().items, 1)
        return [(number, item) for number, item in items if number not in self.deleted]

    def _item(self, number: int) -> Item:
        """Raises NoSuchMessage for a number that is none, or whose message is marked deleted."""
        items = self._open().items
        if not 1 <= number <= len(items) or number in self.deleted:
            raise NoSuchMessage
        return items[number - 1]

    async def stat(self, command: Command) -> bytes:
        command.nothing()
        left = self._left()
        return pop3.ok(f"{len(left)} {sum(item.size for _, item in left)}")

    async def list(self, command: Command) -> bytes:
        if command.rest:
            number = command.number()
            return pop3.ok(f"{number} {self._item(number).size}")
        return pop3.listing("Sizes", (f"{number} {item.size}" for number, item in self._left()))

    async def uidl(self, command: Command) -> bytes:
        drop = self._open()
        if command.rest:
            number = command.number()
            return pop3.ok(f"{number} {drop.uidl(self._item(number))}")
        return pop3.listing("Unique ids", (f"{number} {drop.uidl(item)}" for number, item in self._left()))

    async def retr(self, command: Command) -> bytes:
        drop, item = self._open(), self._item(command.number())
        return await self.context.offload.read(
            lambda tx: pop3.ok(f"{item.size} octets") + pop3.stuffed(maildrop.read(tx, drop, item))
        )

    async def top(self, command: Command) -> bytes:
        number, lines = command.numbers(2)
        drop, item = self._open(), self._item(number)
        return await self.context.offload.read(
            lambda tx: pop3.ok("The top") + pop3.stuffed(pop3.top(maildrop.read(tx, drop, item), lines))
        )

    async def dele(self, command: Command) -> bytes:
        number = command.number()
        self._item(number)
        self.deleted.add(number)
        return pop3.ok("Removed at QUIT")

    async def rset(self, command: Command) -> bytes:
        command.nothing()
        self.deleted.clear()
        return pop3.ok("Nothing will be removed")

    async def noop(self, command: Command) -> bytes:
        command.nothing()
        return pop3.ok()

    async def quit(self, command: Command) -> bytes:
        """UPDATE: what was marked is removed and committed before the answer (RFC 1939 §6)."""
        command.nothing()
        self.over = True
        drop = self.drop
        if drop is not None:
            items = [drop.items[number - 1] for number in self.deleted]
            await self.context.offload.write(lambda tx: maildrop.remove(tx, drop, items, self._owner))
            self.drop = None
        return pop3.ok("Goodbye")


Handler = Callable[[Session, Command], Awaitable[bytes]]
AUTHORIZATION: dict[str, Handler] = {
    "CAPA": Session.capa,
    "STLS": Session.stls,
    "USER": Session.user,
    "PASS": Session.password,
    "AUTH": Session.auth,
    "QUIT": Session.quit,
}
TRANSACTION: dict[str, Handler] = {
    "CAPA": Session.capa,
    "STAT": Session.stat,
    "LIST": Session.list,
    "UIDL": Session.uidl,
    "RETR": Session.retr,
    "TOP": Session.top,
    "DELE": Session.dele,
    "RSET": Session.rset,
    "NOOP": Session.noop,
    "QUIT": Session.quit,
}
