"""DANE: whether the certificate that a host shows is the one that its TLSA records name.

For mail two usages count (RFC 7672 §3.1): DANE-EE(3) names the host's own certificate or key, whatever
else the certificate says; DANE-TA(2) names an authority of the domain's choice, which must have signed
a certificate for the host's name that holds today. PKIX-TA(0) and PKIX-EE(1) are of no use here (§3.1.3).
RFC 6698 §2.1 (selectors and matching types), RFC 7671 §5, §9 (which digests count).
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from mailnode.relay.demand import NotProven
from mailnode.resolver import Tlsa

DANE_TA, DANE_EE = 2, 3
SIZES = {0: 0, 1: 32, 2: 64}  # octets of the data, by matching type; 0 is the thing itself
MAX_CHAIN = 10
_UNREADABLE = (ValueError, x509.InvalidVersion)  # what reading a certificate raises


def usable(records: Iterable[Tlsa]) -> tuple[Tlsa, ...]:
    """Those of the records that say something here; without any, TLS is demanded and nothing is proved."""
    return tuple(
        one
        for one in records
        if one.usage in (DANE_TA, DANE_EE)
        and one.selector in (0, 1)
        and one.matching in SIZES
        and len(one.data) == (SIZES[one.matching] or len(one.data))
        and one.data
    )


def chain_of(tls: ssl.SSLObject) -> list[bytes]:
    """The certificates as the peer sent them, in DER, its own first. Python names this from 3.13 on."""
    inner: Any = tls if hasattr(tls, "get_unverified_chain") else tls._sslobj  # type: ignore[attr-defined]
    return [one if isinstance(one, bytes) else one.public_bytes(2) for one in inner.get_unverified_chain() or ()]


def check(chain: Sequence[bytes], records: Sequence[Tlsa], names: Sequence[str], now: datetime | None = None) -> None:
    """Raises NotProven unless one of the records names this chain. ``names`` may stand in it for DANE-TA."""
    try:
        found = [x509.load_der_x509_certificate(one) for one in chain[:MAX_CHAIN]]
    except _UNREADABLE as error:
        raise NotProven(f"the certificate cannot be read: {error}") from error
    if not found:
        raise NotProven("the host shows no certificate")
    if any(one.usage == DANE_EE and matches(one, found[0]) for one in records):
        return
    authorities = [certificate for certificate in found if _is_named(certificate, records)] + _whole(records)
    moment = now or datetime.now(UTC)
    if not any(_signed(found, authority, name, moment) for authority in authorities for name in names):
        raise NotProven("no TLSA record names the certificate")


def matches(record: Tlsa, certificate: x509.Certificate) -> bool:
    """RFC 6698 §2.1.2, §2.1.3."""
    if record.selector == 0:
        data = certificate.public_bytes(Encoding.DER)
    else:
        try:
            data = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (
            ValueError,
            UnsupportedAlgorithm,
        ):  # a key that nobody knows: whoever sends the chain puts in what it likes
            return False
    if record.matching:
        data = (hashlib.sha256 if record.matching == 1 else hashlib.sha512)(data).digest()
    return data == record.data


def _is_named(certificate: x509.Certificate, records: Iterable[Tlsa]) -> bool:
    return any(one.usage == DANE_TA and matches(one, certificate) for one in records)


def _whole(records: Iterable[Tlsa]) -> list[x509.Certificate]:
    """Authorities that stand whole in a record: the host need not send those (RFC 7671 §5.2.2)."""
    found = []
    for one in records:
        if (one.usage, one.selector, one.matching) == (DANE_TA, 0, 0):
            try:
                found.append(x509.load_der_x509_certificate(one.data))
            except _UNREADABLE:
                continue
    return found


def _signed(chain: Sequence[x509.Certificate], authority: x509.Certificate, name: str, now: datetime) -> bool:
    """Whether the authority has signed the first certificate of the chain for the name, straight or through others."""
    anything = ExtensionPolicy.permit_all()
    authorities = anything.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    leaf = anything.require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
    try:
        verifier = (
            PolicyBuilder()
            .store(Store([authority]))
            .time(now)
            .extension_policies(ca_policy=authorities, ee_policy=leaf)
            .build_server_verifier(x509.DNSName(name))
        )
        verifier.verify(chain[0], list(chain[1:]))
    except (VerificationError, ValueError, UnsupportedAlgorithm):
        return False
    return True
