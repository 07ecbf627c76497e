"""BIND zone files (RFC 1035 §5): the domain's, and the reverse ones of the host's addresses.

``named-checkzone`` accepts them as they are. The host serves as name server in them, so that they
can be loaded at once; whoever has name servers elsewhere enters the records there, or changes NS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from mailnode.resolver import reverse_name
from mailnode.zone.plan import Plan
from mailnode.zone.records import Record, pointers, records

MAX_STRING = 255  # octets of one string of a TXT record, RFC 1035 §3.3.14
IPV4_LABELS, IPV6_LABELS = 3, 16  # what of a reverse name is the zone: a /24, a /64


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """``name`` of the zone without final dot, and the text of its file."""

    name: str
    text: str


def zone_file(plan: Plan, now: datetime) -> ZoneFile:
    """The domain's zone. Records that belong to other zones stand in it as comments."""
    everything = records(plan)
    own = [record for record in everything if is_within(record.name, plan.domain)]
    foreign = [record for record in everything if record not in own]
    lines = [*_head(plan, plan.domain, now), *(_line(record, plan.domain) for record in own)]
    if foreign:
        lines += ["", "; These belong to other zones:"]
        lines += [f"; {_line(record, '')}" for record in foreign]
    return ZoneFile(plan.domain, "\n".join(lines) + "\n")


def reverse_zones(plan: Plan, now: datetime) -> tuple[ZoneFile, ...]:
    """One zone for each /24 or /64 that the host has addresses in."""
    zones: dict[str, list[Record]] = {}
    for address, record in zip(plan.addresses, pointers(plan), strict=True):
        zones.setdefault(reverse_zone_of(address), []).append(record)
    return tuple(ZoneFile(name, _reverse_text(plan, name, found, now)) for name, found in zones.items())


def reverse_zone_of(address: str) -> str:
    """``2.0.192.in-addr.arpa`` for 192.0.2.1."""
    labels = reverse_name(address).split(".")
    drop = 4 - IPV4_LABELS if ip_address(address).version == 4 else 32 - IPV6_LABELS
    return ".".join(labels[drop:])


def _reverse_text(plan: Plan, name: str, found: Iterable[Record], now: datetime) -> str:
    return "\n".join([*_head(plan, name, now), *(_line(record, name) for record in found)]) + "\n"


def serial(now: datetime) -> int:
    """YYYYMMDDnn (RFC 1912 §2.2), where nn grows through the day, so that a later file has a larger one."""
    day = now.astimezone(UTC)
    return int(f"{day:%Y%m%d}") * 100 + (day.hour * 60 + day.minute) * 100 // 1440


def txt_strings(value: str) -> str:
    """A TXT record's text as quoted strings of at most 255 octets each."""
    octets = value.encode("utf-8")
    parts = [octets[at : at + MAX_STRING] for at in range(0, len(octets), MAX_STRING)] or [b""]
    return " ".join(f'"{_escaped(part)}"' for part in parts)


def is_within(name: str, zone: str) -> bool:
    return name == zone or name.endswith("." + zone)


def _escaped(part: bytes) -> str:
    """RFC 1035 §5.1: quote and backslash behind a backslash, what is not printable ASCII as \\DDD."""
    escaped = re.sub(rb'(["\\])', rb"\\\1", part)
    return "".join(chr(octet) if 32 <= octet < 127 else f"\\{octet:03d}" for octet in escaped)


def _head(plan: Plan, zone: str, now: datetime) -> list[str]:
    """TTL, SOA and NS. The timers are those that RFC 1912 §2.2 advises for a small zone."""
    return [
        f"$ORIGIN {zone}.",
        "$TTL 3600",
        f"@ IN SOA {plan.hostname}. postmaster.{plan.domain}. ({serial(now)} 7200 3600 1209600 300)",
        f"@ IN NS {plan.hostname}.",
    ]


def _line(record: Record, zone: str) -> str:
    value = txt_strings(record.value) if record.type == "TXT" else record.value
    return f"{_relative(record.name, zone)} {record.ttl} IN {record.type} {value}"


def _relative(name: str, zone: str) -> str:
    if name == zone:
        return "@"
    return name.removesuffix("." + zone) if zone and name.endswith("." + zone) else f"{name}."
