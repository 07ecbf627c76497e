"""What the records of a domain depend on, gathered in one value."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from sqlalchemy.orm import Session

from mailnode.directory import dkim_rotation, domains
from mailnode.senderauth import dkim_keys
from mailnode.settings import Listen, Settings

OUTSIDE = ("192.0.2.1", "2001:db8::1")  # documentation addresses: nothing is sent to them (RFC 5737, RFC 3849)


@dataclass(frozen=True, slots=True)
class DkimRecord:
    """``value`` is the whole TXT record of ``selector._domainkey``. A ``coming`` key signs once the record is there,
    a ``retired`` one has signed what is still on its way (see `dkim_rotation`)."""

    selector: str
    value: str
    state: str = dkim_rotation.ACTIVE


@dataclass(frozen=True, slots=True)
class Plan:
    """Names are in A-labels and lower case, without final dots.

    ``addresses`` are the host's, as text. ``ports`` has the port of each client protocol that is
    served, by the names that the settings use (imaps, submission …).
    """

    domain: str
    hostname: str
    addresses: tuple[str, ...]
    keys: tuple[DkimRecord, ...]
    ports: tuple[tuple[str, int], ...] = ()
    smarthost: str | None = None
    sts_mode: str = "testing"

    def port(self, protocol: str) -> int | None:
        return dict(self.ports).get(protocol)


PROTOCOLS = ("imaps", "imap", "submissions", "submission", "pop3s", "pop3")


def plan(tx: Session, settings: Settings, name: str) -> Plan:
    """Everything for one domain. Raises NoSuchDomain."""
    keys = dkim_rotation.published(tx, name)
    listens = {protocol: getattr(settings, f"listen_{protocol}") for protocol in PROTOCOLS}
    return Plan(
        domain=domains.domain(tx, name).name,
        hostname=settings.hostname.rstrip(".").lower(),
        addresses=host_addresses(settings.listen_smtp),
        keys=tuple(DkimRecord(key.selector, dkim_keys.txt_value(key.private_key), key.state) for key in keys),
        ports=tuple((protocol, listens[protocol][0].port) for protocol in PROTOCOLS if listens[protocol]),
        smarthost=settings.smarthost.host if settings.smarthost else None,
        sts_mode=settings.sts_mode,
    )


def host_addresses(listens: tuple[Listen, ...]) -> tuple[str, ...]:
    """Where others reach this host: the addresses that port 25 listens on; for a wildcard, its outward ones."""
    found: dict[str, None] = {}
    for listen in listens:
        try:
            address = ip_address(listen.host)
        except ValueError:
            continue
        if not address.is_unspecified:
            found[str(address)] = None
        else:
            found.update(dict.fromkeys(_outward(address)))
    return tuple(found or _outward(IPv4Address(0)) or ("127.0.0.1",))


def _outward(unspecified: IPv4Address | IPv6Address) -> list[str]:
    """The machine's own address on the way to the Internet, of one family or, for ``::``, of both."""
    families = [(socket.AF_INET, OUTSIDE[0]), (socket.AF_INET6, OUTSIDE[1])]
    found = []
    for family, target in families[: 1 if unspecified.version == 4 else 2]:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((target, 53))  # a datagram socket only chooses its route
                found.append(str(probe.getsockname()[0]))
            except OSError:
                continue
    return found
