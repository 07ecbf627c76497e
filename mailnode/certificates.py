"""The servers' TLS certificate: one made at ``init``, or the administrator's own.

The one made here is self-signed and good enough for opportunistic TLS between mail servers (RFC 7435)
and for trying the program out. `load` may be called again on the same context: connections that are
open keep what they have, new ones get the new certificate.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from mailnode.settings import BadSettings, Settings

VALID_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Files:
    certificate: Path
    key: Path


def files(settings: Settings) -> Files:
    """Where certificate and key lie: the administrator's, else in the data folder. Raises BadSettings."""
    own = (settings.tls_certificate, settings.tls_key)
    if own[0] and own[1]:
        return Files(own[0], own[1])
    if any(own):
        raise BadSettings("MAILNODE_TLS_CERTIFICATE and MAILNODE_TLS_KEY are set together or not at all")
    folder = settings.data_dir / "tls"
    return Files(folder / "certificate.pem", folder / "key.pem")


def make(settings: Settings) -> bool:
    """Make a self-signed certificate for the host name, unless there is one already; True when made."""
    where = files(settings)
    if where.certificate.exists() and where.key.exists():
        return False
    certificate, key = _self_signed(settings.hostname, datetime.now(UTC))
    where.key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(where.key, key, 0o600)
    _write(where.certificate, certificate, 0o644)
    return True


class ServerContext(ssl.SSLContext):
    """``end_point`` is the hash of the certificate in use that clients can bind a login to (RFC 5929 §4.1)."""

    end_point = b""


def context(settings: Settings) -> ServerContext:
    """The server side of TLS for every door (RFC 8314 §4, RFC 9325 §3.1.1). Raises BadSettings."""
    made = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    load(made, settings)
    return made


def load(into: ssl.SSLContext, settings: Settings) -> None:
    """Read certificate and key; the context keeps its old ones where they cannot be used. Raises BadSettings."""
    where = files(settings)
    try:  # on a fresh context first, so that a bad pair does not leave half of it in the used one
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(where.certificate, where.key)
        into.load_cert_chain(where.certificate, where.key)
        if isinstance(into, ServerContext):
            into.end_point = _end_point(where.certificate)
    except FileNotFoundError as error:
        raise BadSettings(f"There is no TLS certificate at {where.certificate}; run: mailnode init") from error
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(f"The TLS certificate {where.certificate} cannot be used with its key: {error}") from error


def _end_point(certificate: Path) -> bytes:
    """By the hash that signed it; MD5, SHA-1 and signatures without one count as SHA-256 (RFC 5929 §4.1)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    signed = found.signature_hash_algorithm
    weak = signed is None or isinstance(signed, hashes.MD5 | hashes.SHA1)
    return found.fingerprint(hashes.SHA256() if weak or signed is None else signed)


def expires(settings: Settings) -> datetime:
    """When the certificate ends. Raises BadSettings."""
    from cryptography import x509

    where = files(settings).certificate
    try:
        return x509.load_pem_x509_certificate(where.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        raise BadSettings(f"The TLS certificate {where} cannot be read: {error}") from error


def _self_signed(hostname: str, now: datetime) -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hostname[:64])])
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    try:
        names.insert(0, x509.IPAddress(ip_address(hostname)))
    except ValueError:
        names.insert(0, x509.DNSName(hostname))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private


def _write(path: Path, content: bytes, mode: int) -> None:
    """A whole file or none, readable by whom ``mode`` says from its first moment."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
