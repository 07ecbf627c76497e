"""Transports: for some domains mail leaves another way than by their MX records.

A transport is for one domain, for all domains below one (``*.example.org``), or for all (``*``); the most
exact one counts. It names a host to hand the mail to, or a local address to send from, or both. Without
any, ``MAILNODE_SMARTHOST`` counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.directory.addresses import normal_domain
from mailnode.directory.models import Transport
from mailnode.errors import BadDomainName, BadTransport, ChangedMeanwhile, NoSuchTransport

EVERYTHING = "*"
TLS = ("opportunistic", "required", "verified")


@dataclass(frozen=True, slots=True)
class Exit:
    """How mail leaves; the fields are those of `Transport`."""

    pattern: str
    host: str = ""
    port: int = 25
    tls: str = "opportunistic"
    implicit: bool = False
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Exits:
    """All transports at one moment, by pattern."""

    by_pattern: Mapping[str, Exit] = field(default_factory=dict)

    def of(self, destination: str) -> Exit | None:
        """For a domain in its one spelling, or an address literal."""
        if not self.by_pattern:
            return None
        found = self.by_pattern.get(destination)
        above = destination
        while found is None and above:
            above = above.partition(".")[2]
            found = self.by_pattern.get(f"*.{above}")
        return found or self.by_pattern.get(EVERYTHING)

    @property
    def wide(self) -> list[str]:
        """The patterns of all domains below one, the most exact first."""
        return sorted((one for one in self.by_pattern if one.startswith("*.")), key=len, reverse=True)


_t = Transport.__table__.c
_ALL = select(_t.pattern, _t.host, _t.port, _t.tls, _t.implicit, _t.login, _t.password, _t.source)


def exits(tx: Session) -> Exits:
    """For the relay."""
    return Exits({row[0]: Exit(*row) for row in tx.connection().execute(_ALL)})


def transports(tx: Session) -> list[Transport]:
    return list(tx.scalars(select(Transport).order_by(Transport.pattern)))


def transport(tx: Session, pattern: str) -> Transport:
    """Raises NoSuchTransport."""
    try:
        found = tx.scalars(select(Transport).where(Transport.pattern == normal_pattern(pattern))).one_or_none()
    except BadDomainName:
        found = None
    if found is None:
        raise NoSuchTransport
    return found


def put(tx: Session, wanted: Exit, *, if_version: int | None = None, only_new: bool = False) -> Transport:
    """Make or replace the transport of a pattern. A password that is not given stays, while the login is the same.
    ``only_new``: where there is one it stays.

    Raises BadDomainName, BadTransport, ChangedMeanwhile.
    """
    pattern = normal_pattern(wanted.pattern)
    _check(wanted)
    found = tx.scalars(select(Transport).where(Transport.pattern == pattern).with_for_update()).one_or_none()
    if if_version is not None and (found is None or found.version != if_version):
        raise ChangedMeanwhile
    if only_new and found is not None:
        raise ChangedMeanwhile
    kept = found.password if found is not None and found.login == wanted.login and found.host == wanted.host else None
    if found is None:
        found = Transport(pattern=pattern, version=0)
        tx.add(found)
    found.host, found.port, found.tls, found.implicit = wanted.host, wanted.port, wanted.tls, wanted.implicit
    found.login, found.source = wanted.login, wanted.source
    found.password = (wanted.password if wanted.password is not None else kept) if wanted.login else None
    found.version += 1
    tx.flush()
    return found


def remove(tx: Session, pattern: str) -> None:
    """Raises NoSuchTransport."""
    tx.delete(transport(tx, pattern))


def normal_pattern(text: str) -> str:
    """Raises BadDomainName."""
    if text == EVERYTHING:
        return text
    return f"*.{normal_domain(text[2:])}" if text.startswith("*.") else normal_domain(text)


def _check(wanted: Exit) -> None:
    if wanted.tls not in TLS or not 1 <= wanted.port <= 65535:
        raise BadTransport
    if not wanted.host and (not wanted.source or wanted.login or wanted.implicit):
        raise BadTransport("A transport names a host to send to, or an address to send from")
    if wanted.login and wanted.tls == "required":
        raise BadTransport("A password is sent only to a host that proves its name: TLS is verified then")
    try:
        if wanted.source:
            ip_address(wanted.source)
    except ValueError:
        raise BadTransport("The source is no IP address") from None
    if wanted.host and not _is_host(wanted.host):
        raise BadTransport("The host is neither a name nor an IP address")


def _is_host(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        try:
            normal_domain(text)
        except BadDomainName:
            return False
    return True
