"""What a host has to prove before a message is shown to it, and where that demand comes from.

In the words of RFC 7435: without a demand TLS is taken where it is offered and proves nothing. A demand
comes from the receiving domain (DANE, RFC 7672; MTA-STS, RFC 8461), from the administrator (a transport
or a smarthost), or from the sender (REQUIRETLS, RFC 8689).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from functools import cache

from mailnode.queue.outcome import TlsLevel
from mailnode.resolver import Tlsa

STS, TLSA, NO_POLICY = "sts", "tlsa", "no-policy-found"  # kinds of policies: RFC 8460 §4.4


@dataclass(frozen=True, slots=True)
class Demand:
    """``level`` is what is reached when the demand is met. ``tls``: never in clear. ``strict``: no conversation
    without; else the failure is counted and the message goes all the same (MTA-STS in testing mode).

    ``names`` are those that a certificate may bear, the first one is asked for by SNI; () is the host's own.
    ``kind`` and ``lines`` name the policy for reports, ``fault`` and ``why`` what was wrong with finding it.
    """

    level: TlsLevel = TlsLevel.OPPORTUNISTIC
    tls: bool = False
    strict: bool = True
    names: tuple[str, ...] = ()
    tlsa: tuple[Tlsa, ...] = ()
    kind: str = NO_POLICY
    lines: tuple[str, ...] = ()
    fault: str = ""
    why: str = ""

    @property
    def by_certificate(self) -> bool:
        """True where the certificate must come from an authority that is known here."""
        return self.level in (TlsLevel.STS, TlsLevel.CERTIFICATE)

    def waived(self) -> Demand:
        """TLS where it can be had; the policy is still the one that was found."""
        return replace(self, level=TlsLevel.OPPORTUNISTIC, tls=False, tlsa=())


NONE = Demand()
BY_CERTIFICATE = Demand(TlsLevel.CERTIFICATE, tls=True)


class NotProven(ssl.SSLError):
    """TLS is there, and the host is not who it should be."""


@cache
def unverified() -> ssl.SSLContext:
    """TLS that hides what is said and proves nothing."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@cache
def verified() -> ssl.SSLContext:
    """TLS to whom a known authority calls by the name. ``SSL_CERT_FILE`` names others than the system's."""
    return ssl.create_default_context()


def failure(error: OSError) -> str:
    """The kind of failure, by the names of RFC 8460 §4.3."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return "validation-failure"
    return _FAILURES.get(error.verify_code, "certificate-not-trusted")


# OpenSSL's numbers: has expired, is not valid yet, another name, another address.
_FAILURES = {
    10: "certificate-expired",
    9: "certificate-expired",
    62: "certificate-host-mismatch",
    64: "certificate-host-mismatch",
}
