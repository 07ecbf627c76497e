"""How a delivery step ended: the one vocabulary of relay, delivery, queue and bounces.

The names follow the Action field of a delivery report (RFC 3464 §2.3.3). ``status`` is an enhanced
status code (RFC 3463). ``text`` says it in words; where ``remote`` names a host, the words are that
host's reply, code and all. ``way`` is the connection over which it was said, where there was one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from mailnode.findings import Finding


class TlsLevel(enum.StrEnum):
    """How a connection was protected, and by what the host's name was proved."""

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"  # in cipher, to whoever answered (RFC 7435)
    STS = "mta-sts"  # RFC 8461
    DANE = "dane"  # RFC 7672
    CERTIFICATE = "certificate"  # the name that the administrator gave, by a certificate

    @property
    def verified(self) -> bool:
        return self not in (TlsLevel.NONE, TlsLevel.OPPORTUNISTIC)


@dataclass(frozen=True, slots=True)
class Way:
    """The connection of an attempt. ``tls`` is version and cipher, "" in clear."""

    host: str
    address: str
    level: TlsLevel = TlsLevel.NONE
    tls: str = ""

    def __str__(self) -> str:
        place = self.host if self.address in self.host else f"{self.host} [{self.address}]"
        if self.level is TlsLevel.NONE:
            return f"{place} without TLS"
        proof = f"verified by {_PROOFS[self.level]}" if self.level.verified else "name not verified"
        return f"{place} with {self.tls}, {proof}"


_PROOFS = {TlsLevel.STS: "MTA-STS", TlsLevel.DANE: "DANE", TlsLevel.CERTIFICATE: "its certificate"}


@dataclass(frozen=True, slots=True)
class Delivered:
    """Taken: into ``mailbox`` here, or by ``remote``.

    ``reports``: success is reported by those further on, a host that speaks DSN (RFC 3461 §5.2.2) or the
    targets of an alias. ``finding``: why it went into this mailbox.
    """

    status: str = "2.0.0"
    text: str = ""
    remote: str = ""
    reports: bool = False
    way: Way | None = field(default=None, compare=False)
    mailbox: str = field(default="", compare=False)
    finding: Finding | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Expanded:
    """The recipient stood for others; the message goes to ``targets`` instead."""

    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now; the same may succeed later."""

    status: str
    text: str
    remote: str = ""
    way: Way | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """Never."""

    status: str
    text: str
    remote: str = ""
    way: Way | None = field(default=None, compare=False)


# What is left once aliases have been followed to their end.
Ending = Delivered | Deferred | Failed
Outcome = Ending | Expanded


def said(outcome: Deferred | Failed) -> str:
    """The outcome in one line for people, with the host whose words they are."""
    return f"{outcome.remote} said: {outcome.text}" if outcome.remote else outcome.text
