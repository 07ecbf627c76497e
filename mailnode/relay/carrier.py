"""A carrier: takes claims from its lane, one after another, to the first host that will have them.

The connection of the last message is used again while it lives. One that the host has closed in
between is no failure: the host is simply called again. Then the hosts of the route are tried in
order; one that cannot be reached, or that says "later" about a recipient, leaves that recipient to
the next host (RFC 5321 §5.1 wants at least two addresses tried).

A carrier that no host lets in while others of its lane are served, or may yet be, was one too many: it
gives its claim back to them and goes home.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from mailnode import log
from mailnode.proto.replies import Reply
from mailnode.queue.envelope import Claim, ClaimedRecipient, Ended
from mailnode.queue.outcome import Deferred, Failed
from mailnode.relay import attempt
from mailnode.relay.connection import CannotConnect, Connection, open_connection
from mailnode.relay.lane import Lane
from mailnode.relay.route import Host, Route

MAX_MESSAGES, MAX_AGE = 1000, 300.0  # of one connection, in messages and seconds
MAX_TRIED = 5  # hosts of one attempt
PLAIN_FOR = 3600.0  # seconds without TLS for a host whose handshake failed

_log = log.get("relay")


@dataclass(slots=True)
class _Work:
    """One claim on its way: who has ended, and who is left with the reason of the last host."""

    claim: Claim
    content: bytes
    left: list[ClaimedRecipient]
    ended: list[Ended] = field(default_factory=list)
    reasons: dict[int, Deferred] = field(default_factory=dict)

    def give_up(self, reason: Deferred | Failed) -> None:
        """End everybody who is left; a reason of their own comes first."""
        self.ended += [Ended(one, self.reasons.get(one.id, reason)) for one in self.left]
        self.left = []


async def carry(lane: Lane) -> None:
    """A carrier's life; it begins when there is a place for one more connection."""
    carrier = _Carrier(lane)
    async with lane.means.places:
        try:
            while not carrier.unwelcome and (claim := await lane.next_claim()) is not None:
                await carrier.take(claim)
        finally:
            carrier.hang_up()


class _Carrier:
    """One connection at a time, and the messages that go through it."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.means = lane.means
        self.connection: Connection | None = None
        self.opened = 0.0
        self.unwelcome = False  # no host will have this carrier, but others of the lane are served

    async def take(self, claim: Claim) -> None:
        """Bring the claim to its end. Whatever goes wrong on our side defers it and never fails it."""
        work = _Work(claim, b"", list(claim.recipients))
        try:
            async with self.means.rooms.taken(claim.envelope.size):
                work.content = await self.means.load(claim)
                await self._bring(work)
        except Exception:
            _log.exception("relay failed", queue_id=claim.envelope.id)
            work.give_up(Deferred("4.3.0", "Internal error"))
        self.lane.end(work.ended)

    async def _bring(self, work: _Work) -> None:
        tried: list[Host] = []
        if self._reusable():
            tried = await self._send(work)
        if not work.left:
            return
        route = await self.means.router.route(work.claim.destination)
        if not isinstance(route, Route):
            work.give_up(route)
            self.lane.unreachable(route)
            return
        refused: Deferred | None = None
        for host in [host for host in route.hosts if host not in tried][:MAX_TRIED]:
            refused = await self._connect(host)
            if refused is None:
                tried += await self._send(work)
                if not work.left:
                    return
        if tried or refused is None:
            work.give_up(refused or Deferred("4.4.1", "No host was reached"))
        elif self.lane.hopeful:
            self.unwelcome, work.left = True, []
            self.lane.give_back(work.claim)
        else:
            work.give_up(refused)
            self.lane.unreachable(refused)

    def _reusable(self) -> bool:
        """True while the connection may take another message; one that may not is hung up."""
        connection = self.connection
        if connection is None:
            return False
        old = connection.sent >= MAX_MESSAGES or time.monotonic() - self.opened > MAX_AGE
        if old or not connection.usable:
            self.hang_up()
        return self.connection is not None

    async def _send(self, work: _Work) -> list[Host]:
        """Use the open connection. Gives the host when it has had its say, [] when the connection was dead."""
        assert self.connection is not None
        connection = self.connection
        sent = await attempt.send(connection, work.claim.envelope, work.left, work.content)
        work.ended += sent.ended
        work.left = [recipient for recipient, _ in sent.left]
        work.reasons.update((recipient.id, reason) for recipient, reason in sent.left)
        if sent.ended:
            self.lane.went_well()
        alive = self._reusable()
        return [connection.host] if alive or sent.ended or connection.sent == 1 else []

    async def _connect(self, host: Host) -> Deferred | None:
        """Open a connection to the host; the reason where that is not possible."""
        self.hang_up()
        self.lane.opening += 1
        try:
            self.connection = await self._open(host)
        except CannotConnect as error:
            self.lane.turned_away()
            return _reason(error.reply, host)
        finally:
            self.lane.opening -= 1
        self.lane.connected += 1
        self.opened = time.monotonic()
        return None

    async def _open(self, host: Host) -> Connection:
        """With TLS where the host offers it; without, where its handshake fails (RFC 7435 §3)."""
        manner, plain = self.means.manner, self.means.plain
        if plain.get(host.address, 0) > time.monotonic():
            return await open_connection(host, manner.without_tls())
        try:
            return await open_connection(host, manner)
        except CannotConnect as error:
            if not error.tls or manner.needs_tls:
                raise
            _log.warning("TLS failed, going on without", host=host.name, error=error.reply.text)
        plain[host.address] = time.monotonic() + PLAIN_FOR
        return await open_connection(host, manner.without_tls())

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
            self.lane.connected -= 1


def _reason(reply: Reply, host: Host) -> Deferred:
    """Why there was no conversation. Even a 5xx greeting says nothing final about a message."""
    if reply.status.startswith("4."):
        return Deferred(reply.status, reply.text)
    return Deferred("4.4.1", str(reply), host.name)
