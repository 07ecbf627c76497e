"""A carrier: takes claims from its lane, one after another, to the first host that will have them.

The connection of the last message is used again while it lives. One that the host has closed in
between is no failure: the host is simply called again. Then the hosts of the route are tried in
order; one that cannot be reached, or that says "later" about a recipient, leaves that recipient to
the next host (RFC 5321 §5.1 wants at least two addresses tried).

What a host must prove is the domain's wish (``demand``), and the message's: one that requires TLS goes
only to hosts that prove their names and promise the same (RFC 8689 §4.2.1); one whose header says
"TLS-Required: No" goes although the domain's policy is not met (§5), but not against what the administrator wants of
a transport. Neither says anything about the other messages of the lane.

Transports may change while mail waits for them. A connection is used for what has the same way as the message that
it was opened for, and what is found out about one way says nothing about those behind it that have another one now.

The way is looked for before there is a place for a connection or room for a message: a DNS that is slow about some
domains keeps no others waiting.

A carrier that no host lets in while others of its lane are served, or may yet be, was one too many: it
gives its claim back to them and goes home.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mailnode import log
from mailnode.message import headers
from mailnode.queue.envelope import Claim, ClaimedRecipient, Ended
from mailnode.queue.outcome import Deferred, Failed, TlsLevel, Way
from mailnode.relay import attempt
from mailnode.relay.connection import CONNECT_TIMEOUT, CannotConnect, Connection, Manner, cannot_reach, open_connection
from mailnode.relay.demand import NO_POLICY, Demand
from mailnode.relay.lane import Lane
from mailnode.relay.racing import Unreachable, contenders, reach
from mailnode.relay.route import Host, Route

MAX_MESSAGES, MAX_AGE = 1000, 300.0  # of one connection, in messages and seconds
MAX_TRIED = 5  # hosts of one attempt
AHEAD_FOR = 10.0  # seconds in which a way that was looked for ahead is still taken
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

    @property
    def requires_tls(self) -> bool:
        return self.claim.envelope.requiretls

    @property
    def waives_tls(self) -> bool:
        """RFC 8689 §5: the sender would rather have it delivered than protected. REQUIRETLS says the contrary."""
        if self.requires_tls:
            return False
        found = headers.get(self.content, b"tls-required")
        return found is not None and found.strip().lower() == b"no"

    def give_up(self, reason: Deferred | Failed) -> None:
        """End everybody who is left; a reason of their own comes first."""
        self.ended += [Ended(one, self.reasons.get(one.id, reason)) for one in self.left]
        self.left = []


@dataclass(slots=True)
class _Call:
    """One search for a host: those that are left, and what was said against the others.

    ``unfit``: why hosts were left out that may be there; ``for_tls``: the last one that was tried failed for that.
    """

    work: _Work
    route: Route
    hosts: list[Host]
    way: object  # as `Router.way_of` has it
    tries: int = 0
    refused: Deferred | None = None
    unfit: Deferred | Failed | None = None
    for_tls: bool = False

    def __post_init__(self) -> None:
        if self.route.unfit and not self.work.waives_tls:
            self.unfit = Deferred("4.7.5", self.route.unfit[0][1])
        elif self.work.requires_tls and not self.hosts:
            self.unfit = Failed("5.7.10", "No host of the destination proves its name, and the message requires it")

    def refuse(self, error: CannotConnect) -> None:
        if error.tls and self.work.requires_tls:  # another host that could not be reached may do
            why = f"The message requires TLS, and {error.way.host} cannot: {error.reply.text}"
            self.unfit = Failed("5.7.10", why, way=error.way)
        else:
            self.refused, self.for_tls = _reason(error), bool(error.tls)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A way that was found before there was a place. ``until`` is of the monotonic clock."""

    destination: str
    way: object  # as `Router.way_of` has it
    route: Route
    until: float

    def serves(self, destination: str, way: object) -> bool:
        return (self.destination, self.way) == (destination, way) and time.monotonic() < self.until


def _wanted(route: Route, work: _Work) -> list[Host]:
    """The hosts that the message may go to, each with what it must prove to this message."""
    if work.waives_tls and route.smarthost is None:
        every = [*route.hosts, *(host for host, _ in route.unfit)]
        return [replace(host, demand=host.demand.waived()) for host in every]
    if not work.requires_tls:
        return list(route.hosts)
    return [replace(host, demand=_required(host, route)) for host in route.hosts if _may_prove(host, route)]


def _may_prove(host: Host, route: Route) -> bool:
    """RFC 8689 §4.2.1: the host's name comes from a policy, from a signed zone, or from the administrator."""
    return host.demand.level.verified or host.signed or route.smarthost is not None


def _required(host: Host, route: Route) -> Demand:
    if host.demand.level.verified:
        return replace(host.demand, strict=True)
    return replace(host.demand, level=TlsLevel.CERTIFICATE, tls=True)


def _no_promise(way: Way) -> Failed:
    return Failed("5.7.30", f"{way.host} does not promise to send on with TLS only (REQUIRETLS)", way=way)


async def carry(lane: Lane) -> None:
    """A carrier's life; it begins when there is a way, and a place for one more connection."""
    carrier = _Carrier(lane)
    if not await carrier.finds_way():
        return
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
        self.way: object = None  # what the connection serves, as `Router.way_of` has it
        self.waived = False  # the connection proves less than the domain wants
        self.ahead: _Ahead | None = None
        self.unwelcome = False  # no host will have this carrier, but others of the lane are served

    async def finds_way(self) -> bool:
        """Whether there is a way for what waits; where there is none, all of that has ended."""
        async with self.lane.looking, self.means.looks:
            router, destination = self.means.router, self.lane.next_destination
            if destination is None:
                return False
            try:
                way = router.way_of(destination)
                route = await router.route(destination)
            except Exception:  # is told of with the message
                return True
            if isinstance(route, Route):
                self.ahead = _Ahead(destination, way, route, time.monotonic() + AHEAD_FOR)
                return True
            if router.lane_of(destination) != self.lane.destination:  # a transport has changed: the message ends alone
                return True
            self.lane.unreachable(route)
            return False

    async def _route(self, destination: str, way: object) -> Route | Deferred | Failed:
        ahead, self.ahead = self.ahead, None
        if ahead is not None and ahead.serves(destination, way):
            return ahead.route
        return await self.means.router.route(destination)

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
        if self._reusable() and self._fits(work):
            tried = await self._send(work)
        if not work.left:
            return
        destination = work.claim.destination
        way = self.means.router.way_of(destination)
        route = await self._route(destination, way)
        if not isinstance(route, Route):
            work.give_up(route)
            self._unreachable(work, route)
            return
        call = _Call(work, route, [host for host in _wanted(route, work) if host not in tried], way)
        while call.hosts and call.tries < MAX_TRIED:
            if await self._connect(call):
                assert self.connection is not None
                tried += await self._send(work)
                if not work.left:
                    return
        self._end(call, tried)

    def _end(self, call: _Call, tried: Sequence[Host]) -> None:
        """No host is left; what that means for the message, and for those behind it."""
        work, refused = call.work, call.refused
        reason = refused or call.unfit or Deferred("4.4.1", "No host was reached")
        if not tried and isinstance(call.unfit, Deferred):
            self._count_unfit(call.route, work.claim.destination)
        if tried or refused is None or call.for_tls or work.requires_tls:
            work.give_up(reason)
        elif self.lane.hopeful:
            self.unwelcome, work.left = True, []
            self.lane.give_back(work.claim)
        else:
            work.give_up(reason)
            self._unreachable(work, reason)

    def _unreachable(self, work: _Work, reason: Deferred | Failed) -> None:
        """The others of the lane end with the same reason, while they have the same way."""
        if self.means.router.lane_of(work.claim.destination) == self.lane.destination:
            self.lane.unreachable(reason)

    def _reusable(self) -> bool:
        """True while the connection may take another message; one that may not is hung up."""
        connection = self.connection
        if connection is None:
            return False
        most = min(connection.features.most_messages or MAX_MESSAGES, MAX_MESSAGES)
        old = connection.sent >= most or time.monotonic() - self.opened > MAX_AGE
        if old or not connection.usable:
            self.hang_up()
        return self.connection is not None

    def _fits(self, work: _Work) -> bool:
        """Whether the open connection is as the message wants it; one that is not is hung up."""
        assert self.connection is not None
        fits = self.connection.promises_tls if work.requires_tls else not self.waived or work.waives_tls
        fits = fits and self.way == self.means.router.way_of(work.claim.destination)
        if not fits:
            self.hang_up()
        return fits

    async def _send(self, work: _Work) -> list[Host]:
        """Use the open connection. Gives the host when it has had its say, [] when the connection was dead."""
        assert self.connection is not None
        connection = self.connection
        begun = time.monotonic()
        sent = await attempt.send(connection, work.claim.envelope, work.left, work.content)
        answers = [one.outcome for one in sent.ended] + [reason for _, reason in sent.left]
        self.lane.heard(answers, time.monotonic() - begun)
        work.ended += sent.ended
        work.left = [recipient for recipient, _ in sent.left]
        work.reasons.update((recipient.id, reason) for recipient, reason in sent.left)
        alive = self._reusable()
        return [connection.host] if alive or sent.ended or connection.sent == 1 else []

    async def _connect(self, call: _Call) -> bool:
        """Open a connection to the next of the hosts; False, with the reason noted, where that is not possible."""
        self.hang_up()
        self.lane.opening += 1
        call.tries += 1
        try:
            host, reached = await self._reach(call)
            connection = await self._open(call, host, reached)
        except CannotConnect as error:
            self.lane.turned_away(str(error.reply))
            call.refuse(error)
            return False
        finally:
            self.lane.opening -= 1
        self.connection, self.opened, self.way = connection, time.monotonic(), call.way
        self.lane.connected += 1
        self.waived = host.demand.kind != NO_POLICY and call.work.waives_tls
        if call.work.requires_tls and not connection.promises_tls:
            call.unfit = _no_promise(connection.way)
            return False
        return True

    async def _reach(self, call: _Call) -> tuple[Host, socket.socket]:
        some = contenders(call.hosts)
        try:
            host, reached = await reach(some, call.route.source, CONNECT_TIMEOUT)
        except Unreachable as error:
            call.hosts = [one for one in call.hosts if one not in some]
            raise cannot_reach(some[-1], error.errors[-1]) from error
        call.hosts.remove(host)
        return host, reached

    async def _open(self, call: _Call, host: Host, reached: socket.socket) -> Connection:
        """As the host's demand wants it; without one, with TLS where the host offers it, and in clear where its
        handshake fails (RFC 7435 §3)."""
        manner = replace(self.means.manner, smarthost=call.route.smarthost, source=call.route.source)
        wanted = manner.demand(host)
        if not wanted.tls and self.means.plain.get(host.address, 0) > time.monotonic():
            return await self._opened(call, host, manner.without_tls(), reached)
        try:
            return await self._opened(call, host, manner, reached)
        except CannotConnect as error:
            if not error.tls or (wanted.tls and wanted.strict):
                raise
            _log.warning("TLS failed, going on without", host=host.name, error=error.reply.text)
        if wanted.tls:  # of a policy that is being tested
            return await self._open(call, replace(host, demand=wanted.waived()), await self._again(call, host))
        self.means.plain[host.address] = time.monotonic() + PLAIN_FOR
        return await self._opened(call, host, manner.without_tls(), await self._again(call, host))

    async def _again(self, call: _Call, host: Host) -> socket.socket:
        try:
            return (await reach([host], call.route.source, CONNECT_TIMEOUT))[1]
        except Unreachable as error:
            raise cannot_reach(host, error.errors[-1]) from error

    async def _opened(self, call: _Call, host: Host, manner: Manner, reached: socket.socket) -> Connection:
        """Open, and count how TLS went: not of hosts that the administrator has named."""
        counts = call.route.smarthost is None
        wanted, domain = manner.demand(host), call.work.claim.destination
        try:
            connection = await open_connection(host, manner, reached)
        except CannotConnect as error:
            if counts and error.tls:
                self.means.tally.add(domain, host.name, host.address, wanted, error.tls, error.reply.text)
            raise
        if counts:
            fault = wanted.fault or ("" if connection.way.tls else "starttls-not-supported")
            self.means.tally.add(domain, host.name, host.address, wanted, fault, wanted.why)
        return connection

    def _count_unfit(self, route: Route, domain: str) -> None:
        """A session with each host that the domain's policy has kept us from."""
        for host, why in route.unfit:
            self.means.tally.add(domain, host.name, host.address, host.demand, host.demand.fault, why)

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
            self.lane.connected -= 1


def _reason(error: CannotConnect) -> Deferred:
    """Why there was no conversation. Even a 5xx greeting says nothing final about a message."""
    reply, way = error.reply, error.way
    if reply.status.startswith("4."):
        return Deferred(reply.status, reply.text, way=way)
    return Deferred("4.4.1", str(reply), way.host, way)
