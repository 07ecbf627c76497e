"""Questions to the DNS: asynchronous, cached, and with three ways of not finding kept apart.

An `Answer` is a value, never an exception: FOUND, NO_RECORDS (the name exists, this type does not),
NO_DOMAIN (the name does not exist) or TEMPORARY (nobody knows now; ask later, bounce nothing).

Rules that cannot be seen below:

- Names are absolute; the search list of the machine is never tried.
- Answers and refusals are kept for their TTL (RFC 2308 §5 for refusals), at least 1 second and at
  most an hour; TEMPORARY is kept for a few seconds, so that a dead server is not asked by every
  message of a queue run (RFC 9520 §3.2).
- Several callers that ask the same question at the same time share one query.
- A name that cannot be a domain name (empty or overlong labels) is NO_DOMAIN without a query.
- ``authentic`` is said only by a resolver whose word counts: one on this machine, or one that the
  administrator vouches for; anybody in between could have set the bit (RFC 7672 §2.2). What such a
  resolver finds forged it does not give away: that is TEMPORARY.

``dns`` is imported here and nowhere else.  Records: RFC 1035, SRV: RFC 2782, AAAA: RFC 3596, TLSA: RFC 6698.
"""

from __future__ import annotations

import asyncio
import enum
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import dns.reversename

from mailnode.settings import parse_listen

T = TypeVar("T")

MAX_CACHED = 20_000
MIN_TTL, MAX_TTL, FAILURE_TTL = 1, 3600, 5
TIMEOUT, LIFETIME = 3.0, 10.0  # seconds for one server and for the whole question


class Status(enum.Enum):
    """How a question ended."""

    FOUND = "found"
    NO_RECORDS = "no records"
    NO_DOMAIN = "no such domain"
    TEMPORARY = "temporary failure"


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """Records of one type. ``canonical`` is the name at the end of the CNAMEs, without a final dot."""

    status: Status
    records: tuple[T, ...] = ()
    canonical: str = ""
    ttl: int = FAILURE_TTL
    authentic: bool = False  # a resolver that we believe vouches for DNSSEC (AD, RFC 4035 §3.2.3)

    @property
    def found(self) -> bool:
        return self.status is Status.FOUND

    @property
    def temporary(self) -> bool:
        return self.status is Status.TEMPORARY


@dataclass(frozen=True, slots=True)
class Mx:
    """A mail exchanger; ``host`` is "" in the null MX (RFC 7505)."""

    preference: int
    host: str


@dataclass(frozen=True, slots=True)
class Srv:
    """A service's place; ``host`` is "" where the service is decidedly not there (RFC 2782)."""

    priority: int
    weight: int
    port: int
    host: str


@dataclass(frozen=True, slots=True)
class Tlsa:
    """What a host's certificate is known by (RFC 6698 §2.1)."""

    usage: int
    selector: int
    matching: int
    data: bytes

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching} {self.data.hex()}"


MxAnswer = Answer[Mx]
SrvAnswer = Answer[Srv]
TextAnswer = Answer[bytes]
NameAnswer = Answer[str]


def _name(value: dns.name.Name) -> str:
    return value.to_text(omit_final_dot=True).rstrip(".").lower()


_READ: dict[str, Callable[[Any], object]] = {
    "A": lambda rdata: rdata.address,
    "AAAA": lambda rdata: rdata.address,
    "MX": lambda rdata: Mx(rdata.preference, _name(rdata.exchange)),
    "TXT": lambda rdata: b"".join(rdata.strings),
    "SRV": lambda rdata: Srv(rdata.priority, rdata.weight, rdata.port, _name(rdata.target)),
    "PTR": lambda rdata: _name(rdata.target),
    "NS": lambda rdata: _name(rdata.target),
    "CNAME": lambda rdata: _name(rdata.target),
    "TLSA": lambda rdata: Tlsa(rdata.usage, rdata.selector, rdata.mtype, bytes(rdata.cert)),
}


@dataclass(slots=True)
class _Cached:
    answer: Answer[Any]
    until: float


@dataclass(slots=True)
class _Cache:
    """The last answers, oldest use dropped first."""

    clock: Callable[[], float]
    rows: OrderedDict[tuple[str, str], _Cached] = field(default_factory=OrderedDict)

    def get(self, key: tuple[str, str]) -> Answer[Any] | None:
        row = self.rows.get(key)
        if row is None:
            return None
        if row.until <= self.clock():
            del self.rows[key]
            return None
        self.rows.move_to_end(key)
        return row.answer

    def put(self, key: tuple[str, str], answer: Answer[Any]) -> None:
        self.rows[key] = _Cached(answer, self.clock() + answer.ttl)
        while len(self.rows) > MAX_CACHED:
            self.rows.popitem(last=False)


class Resolver:
    """Asks the servers of ``nameservers`` (``host:port`` or ``host``), else the machine's own.

    ``validates``: whether to believe them in what they say of DNSSEC; None: when all are on this machine.
    """

    def __init__(
        self,
        nameservers: Sequence[str] = (),
        *,
        timeout: float = TIMEOUT,
        lifetime: float = LIFETIME,
        clock: Callable[[], float] = time.monotonic,
        validates: bool | None = None,
    ) -> None:
        self._resolver = _stub(nameservers, timeout, lifetime)
        self.validates = _all_here(self._resolver) if validates is None else validates
        self._cache = _Cache(clock)
        self._asking: dict[tuple[str, str], asyncio.Future[Answer[Any]]] = {}

    async def mx(self, name: str) -> MxAnswer:
        return await self._ask(name, "MX")

    async def a(self, name: str) -> NameAnswer:
        return await self._ask(name, "A")

    async def aaaa(self, name: str) -> NameAnswer:
        return await self._ask(name, "AAAA")

    async def txt(self, name: str) -> TextAnswer:
        """Each record's strings joined without a space (RFC 7208 §3.3)."""
        return await self._ask(name, "TXT")

    async def srv(self, name: str) -> SrvAnswer:
        return await self._ask(name, "SRV")

    async def tlsa(self, name: str) -> Answer[Tlsa]:
        return await self._ask(name, "TLSA")

    async def ns(self, name: str) -> NameAnswer:
        return await self._ask(name, "NS")

    async def cname(self, name: str) -> NameAnswer:
        return await self._ask(name, "CNAME")

    async def ptr(self, address: str) -> NameAnswer:
        """Names of an IP address; raises ValueError where ``address`` is none."""
        return await self._ask(reverse_name(address), "PTR")

    def kept(self, name: str, kind: str) -> Answer[Any] | None:
        """The answer that need not be waited for, if there is one."""
        return self._cache.get((name.rstrip(".").lower(), kind))

    def forget(self) -> None:
        """Drop every kept answer (`mailnode dns check` wants the truth of this moment)."""
        self._cache.rows.clear()

    async def _ask(self, name: str, kind: str) -> Answer[Any]:
        key = (name.rstrip(".").lower(), kind)
        kept = self._cache.get(key)
        if kept is not None:
            return kept
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.ensure_future(self._query(*key))
            self._asking[key] = asking
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        # A caller that gives up must not take the others' answer with it.
        return await asyncio.shield(asking)

    async def _query(self, name: str, kind: str) -> Answer[Any]:
        try:
            absolute = dns.name.from_text(name + "." if name else "..")  # the root is no domain of anybody's
        except (dns.exception.DNSException, UnicodeError):
            return Answer(Status.NO_DOMAIN)
        answer = await self._resolve(absolute, kind)
        self._cache.put((name, kind), answer)
        return answer

    async def _resolve(self, name: dns.name.Name, kind: str) -> Answer[Any]:
        try:
            reply = await self._resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN as error:
            replies = list(error.kwargs["responses"].values())
            return Answer(Status.NO_DOMAIN, ttl=_negative_ttl(replies), authentic=all(map(self._vouched, replies)))
        except (dns.exception.DNSException, OSError, ValueError):
            return Answer(Status.TEMPORARY)
        canonical = _name(reply.canonical_name)
        authentic = self._vouched(reply.response)
        if reply.rrset is None:
            return Answer(Status.NO_RECORDS, (), canonical, _negative_ttl([reply.response]), authentic)
        read = _READ[kind]
        records = tuple(read(rdata) for rdata in reply.rrset)
        return Answer(Status.FOUND, records, canonical, _bounded(reply.rrset.ttl), authentic)

    def _vouched(self, reply: dns.message.Message) -> bool:
        return self.validates and bool(reply.flags & dns.flags.AD)


def reverse_name(address: str) -> str:
    """The name under in-addr.arpa or ip6.arpa that stands for an IP address."""
    return _name(dns.reversename.from_address(str(ipaddress.ip_address(address))))


def _bounded(ttl: int) -> int:
    return max(MIN_TTL, min(ttl, MAX_TTL))


def _negative_ttl(replies: Any) -> int:
    """How long a refusal holds: the lesser of the SOA's TTL and its MINIMUM field (RFC 2308 §5)."""
    for reply in replies:
        for rrset in reply.authority:
            if rrset.rdtype == dns.rdatatype.SOA:
                return _bounded(min(rrset.ttl, rrset[0].minimum))
    return FAILURE_TTL


def _stub(nameservers: Sequence[str], timeout: float, lifetime: float) -> dns.asyncresolver.Resolver:
    try:
        stub = dns.asyncresolver.Resolver(configure=not nameservers)
    except dns.resolver.NoResolverConfiguration:
        stub = dns.asyncresolver.Resolver(configure=False)
        stub.nameservers = ["127.0.0.1"]
    if nameservers:
        stub.nameservers = [dns.nameserver.Do53Nameserver(*_host_port(text)) for text in nameservers]
    stub.timeout, stub.lifetime = timeout, lifetime
    stub.use_edns(0, 0, 1232)
    stub.flags = dns.flags.RD | dns.flags.AD  # AD in a query asks for AD in the reply: RFC 6840 §5.7
    return stub


def _all_here(stub: dns.asyncresolver.Resolver) -> bool:
    places = [server if isinstance(server, str) else getattr(server, "address", "") for server in stub.nameservers]
    try:
        return bool(places) and all(ipaddress.ip_address(place).is_loopback for place in places)
    except ValueError:  # a URL (DNS over HTTPS)
        return False


def _host_port(text: str) -> tuple[str, int]:
    """``192.0.2.1``, ``192.0.2.1:5353``, ``2001:db8::1`` or ``[2001:db8::1]:5353``."""
    try:
        return str(ipaddress.ip_address(text.strip("[]"))), 53
    except ValueError:
        listen = parse_listen(text)
        return listen.host, listen.port
