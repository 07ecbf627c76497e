"""The records that a domain needs so that mail comes in, goes out trusted, and clients find their settings.

| purpose | record | RFC |
| --- | --- | --- |
| mx, host | MX of the domain, A and AAAA of the host | RFC 5321 §5.1 |
| ptr | the host's name for its addresses, in the reverse zone | RFC 1912 §2.1 |
| spf | who may send for the domain | RFC 7208 |
| dkim | the public halves of the signing keys | RFC 6376, RFC 8463 |
| dmarc | what to do with mail that fails both | RFC 9989 |
| mta-sts, tls-rpt | that others should insist on TLS, and where to report | RFC 8461, RFC 8460 |
| srv | where clients find IMAP, POP3 and submission | RFC 6186, RFC 8314 §5.1 |
| autoconfig, autodiscover | where clients ask for all settings at once | |

Without ``mx`` and ``host`` nothing arrives; the others make mail trusted or easier.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import get_args

from mailnode.directory.lookup import DMARC_REPORTS, TLS_REPORTS
from mailnode.resolver import reverse_name
from mailnode.settings import StsMode
from mailnode.zone.plan import Plan

TTL = 3600
STS_TRIED, STS_ENFORCED = 86_400, 1_209_600  # seconds; weeks protect who is attacked meanwhile (RFC 8461 §10.2)
NEEDED = frozenset({"mx", "host"})
_OUR_ID = re.compile(r"[0-9a-f]{20}")
SERVICES = (  # by protocol: the label, and the priority; implicit TLS comes first (RFC 8314 §5.1)
    ("imaps", "_imaps._tcp", 0),
    ("imap", "_imap._tcp", 10),
    ("submissions", "_submissions._tcp", 0),
    ("submission", "_submission._tcp", 10),
    ("pop3s", "_pop3s._tcp", 10),
    ("pop3", "_pop3._tcp", 20),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One record. ``name`` is absolute without the final dot; ``value`` is in presentation form, where names
    end in a dot and a TXT record is its plain text, neither quoted nor split."""

    name: str
    type: str
    value: str
    purpose: str
    ttl: int = TTL
    state: str = ""  # of a key

    @property
    def needed(self) -> bool:
        return self.purpose in NEEDED


def records(plan: Plan) -> tuple[Record, ...]:
    """Everything for the domain, in the order in which to enter it."""
    domain, host = plan.domain, f"{plan.hostname}."
    return (
        Record(domain, "MX", f"10 {host}", "mx"),
        *(Record(plan.hostname, _family(one), one, "host") for one in plan.addresses),
        Record(domain, "TXT", _spf(plan), "spf"),
        *(
            Record(f"{key.selector}._domainkey.{domain}", "TXT", key.value, "dkim", state=key.state)
            for key in plan.keys
        ),
        Record(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=quarantine; rua=mailto:{DMARC_REPORTS}@{domain}", "dmarc"),
        Record(f"_mta-sts.{domain}", "TXT", f"v=STSv1; id={policy_id(plan)}", "mta-sts"),
        Record(f"mta-sts.{domain}", "CNAME", host, "mta-sts"),
        Record(f"_smtp._tls.{domain}", "TXT", f"v=TLSRPTv1; rua=mailto:{TLS_REPORTS}@{domain}", "tls-rpt"),
        *_services(plan),
        Record(f"autoconfig.{domain}", "CNAME", host, "autoconfig"),
        Record(f"autodiscover.{domain}", "CNAME", host, "autodiscover"),
        Record(f"_autodiscover._tcp.{domain}", "SRV", f"0 0 443 {host}", "autodiscover"),
        *pointers(plan),
    )


def pointers(plan: Plan) -> tuple[Record, ...]:
    """The PTR records; they belong to whoever the addresses are lent by."""
    return tuple(Record(reverse_name(one), "PTR", f"{plan.hostname}.", "ptr") for one in plan.addresses)


def mta_sts_policy(plan: Plan) -> str:
    """The file at https://mta-sts.DOMAIN/.well-known/mta-sts.txt (RFC 8461 §3.2)."""
    max_age = STS_ENFORCED if plan.sts_mode == "enforce" else STS_TRIED
    return f"version: STSv1\r\nmode: {plan.sts_mode}\r\nmx: {plan.hostname}\r\nmax_age: {max_age}\r\n"


def policy_id(plan: Plan) -> str:
    """Another policy has another id, so that senders fetch it anew (RFC 8461 §3.1)."""
    return hashlib.sha256(mta_sts_policy(plan).encode()).hexdigest()[:20]


def is_of_other_policy(plan: Plan, found: str) -> bool:
    """Whether this id was made here for a policy that is not the plan's.

    Of the other modes it is known for certain. Of a host name that has changed it cannot be, but 20 hexadecimal digits
    with a letter among them are what is made here; ids that are given by hand are times, as in the example of RFC 8461
    §3.1, or numbers. Which policy such a one belongs to cannot be told: the policy's text does not hold it.
    """
    if found == policy_id(plan):
        return False
    modes = {policy_id(replace(plan, sts_mode=mode)) for mode in get_args(StsMode)}
    return found in modes or (_OUR_ID.fullmatch(found) is not None and not found.isdecimal())


def _family(address: str) -> str:
    return "A" if ip_address(address).version == 4 else "AAAA"


def _spf(plan: Plan) -> str:
    """The domain's MX hosts may send for it, and the smarthost if there is one; others should not."""
    if plan.smarthost is None:
        return "v=spf1 mx -all"
    try:
        also = f"ip{ip_address(plan.smarthost).version}:{plan.smarthost}"
    except ValueError:
        also = f"a:{plan.smarthost}"
    return f"v=spf1 mx {also} -all"


def _services(plan: Plan) -> list[Record]:
    """Where a protocol is not served the root as target says so (RFC 6186 §3.4)."""
    found = []
    for protocol, label, priority in SERVICES:
        port = plan.port(protocol)
        value = f"{priority} 1 {port} {plan.hostname}." if port else "0 0 0 ."
        found.append(Record(f"{label}.{plan.domain}", "SRV", value, "srv"))
    return found
