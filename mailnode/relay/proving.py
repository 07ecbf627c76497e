"""What a domain wants its hosts to prove: DANE where the DNS is signed, else MTA-STS.

- DANE speaks for a host when the MX record and the host's addresses are vouched for by DNSSEC and it has
  TLSA records (RFC 7672 §2.2). It comes before MTA-STS, which may not override it (RFC 8461 §2).
- TLSA records that cannot be had although the host's zone is signed, or that are forged, make the host
  unfit: somebody may be hiding them (RFC 7672 §2.1.3).
- TLSA records of which none is usable here demand TLS, and prove nothing (RFC 7672 §2.2).
- Hosts that an enforced MTA-STS policy does not name are unfit (RFC 8461 §4.2, §5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from mailnode.queue.outcome import TlsLevel
from mailnode.relay import dane, demand
from mailnode.relay.demand import Demand
from mailnode.relay.sts import NOTHING, Looked, Policies
from mailnode.resolver import Answer, Resolver, Tlsa


@dataclass(frozen=True, slots=True)
class Named:
    """A host as the DNS names it. ``signed``: DNSSEC vouches for the way from the domain to its addresses;
    ``canonical`` is what the name is an alias for, else the name."""

    name: str
    canonical: str
    signed: bool


@dataclass(frozen=True, slots=True)
class Unfit:
    """A host that must not have the message; ``why`` is a sentence, ``demand`` tells the policy and the fault."""

    why: str
    demand: Demand


Verdict = Demand | Unfit


@dataclass(frozen=True, slots=True)
class Prover:
    """Asks the DNS and the domain's web server. Without ``policies`` there is no MTA-STS."""

    resolver: Resolver
    policies: Policies | None = None

    async def policy(self, domain: str) -> Looked:
        return await self.policies.of(domain) if self.policies is not None else NOTHING

    async def verdicts(self, domain: str, looked: Looked, hosts: Sequence[Named], port: int) -> list[Verdict]:
        """One for each host, in their order."""
        by_dane = await asyncio.gather(*[self._by_dane(domain, host, port) for host in hosts])
        return [
            found if found is not None else by_sts(domain, looked, host.name)
            for found, host in zip(by_dane, hosts, strict=True)
        ]

    async def _by_dane(self, domain: str, host: Named, port: int) -> Verdict | None:
        if not (host.signed and self.resolver.validates):
            return None
        for base in dict.fromkeys((host.canonical, host.name)):  # RFC 7672 §2.2.2: the alias's goal first
            answer = await self.resolver.tlsa(f"_{port}._tcp.{base}")
            if answer.temporary:
                fault = Demand(kind=demand.TLSA, fault="dnssec-invalid", why=f"no TLSA answer for {base}")
                return Unfit(f"The DNS gives no answer that is to be trusted about the TLSA records of {base}", fault)
            if answer.found and answer.authentic:
                return _of_records(answer, tuple(dict.fromkeys((base, host.name, domain))))
        return None


def _of_records(answer: Answer[Tlsa], names: tuple[str, ...]) -> Demand:
    lines = tuple(sorted(map(str, answer.records)))
    records = dane.usable(answer.records)
    if not records:
        return Demand(tls=True, kind=demand.TLSA, lines=lines, fault="tlsa-invalid", why="No TLSA record is usable")
    return Demand(TlsLevel.DANE, tls=True, names=names, tlsa=records, kind=demand.TLSA, lines=lines)


def by_sts(domain: str, looked: Looked, host: str) -> Verdict:
    """What the MTA-STS policy says of the host."""
    policy = looked.policy
    if policy is None:
        return Demand(kind=demand.STS, fault=looked.fault, why=looked.why) if looked.fault else demand.NONE
    if policy.mode == "none":
        return demand.NONE
    strict = policy.mode == "enforce"
    if policy.allows(host):
        return Demand(TlsLevel.STS, tls=True, strict=strict, kind=demand.STS, lines=policy.lines())
    why = f"The policy of {domain} (MTA-STS) does not name its host {host}"
    fault = Demand(kind=demand.STS, lines=policy.lines(), fault="validation-failure", why=why)
    return Unfit(why, fault) if strict else fault
