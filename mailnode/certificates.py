"""The servers' TLS certificates: one made at ``init``, or the administrator's own, and more for other names.

The one made here is self-signed and good enough for opportunistic TLS between mail servers (RFC 7435)
and for trying the program out. In ``certificates/`` of the data folder lie others, each as ``X.pem``, the
chain, with ``X.key`` beside it (or the key in the same file); a client that names a host (RFC 6066 §3, SNI)
is shown the certificate that has this name. One that has our own host name is also shown to clients that
name none, in place of the self-signed one.

`load` may be called again on the same context: connections that are open keep what they have, new ones
get the new certificates. `state` changes when a file does.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from mailnode import log
from mailnode.settings import BadSettings, Settings

if TYPE_CHECKING:
    from cryptography import x509

VALID_DAYS = 3650
_Seen = tuple[tuple[str, int, int], ...]  # paths, with what changes when a file does

_log = log.get("tls")


@dataclass(frozen=True, slots=True)
class Files:
    certificate: Path
    key: Path


def files(settings: Settings) -> Files:
    """Where certificate and key lie: the administrator's, else in the data folder. Raises BadSettings.

    There, one of `folder` that has our host name comes before the self-signed one.
    """
    own = (settings.tls_certificate, settings.tls_key)
    if own[0] and own[1]:
        return Files(own[0], own[1])
    if any(own):
        raise BadSettings("MAILNODE_TLS_CERTIFICATE and MAILNODE_TLS_KEY are set together or not at all")
    return _of_host(settings) or _self_made(settings)


def _self_made(settings: Settings) -> Files:
    place = settings.data_dir / "tls"
    return Files(place / "certificate.pem", place / "key.pem")


def is_self_made(settings: Settings) -> bool:
    """Whether clients that name no host are shown the one that `make` has made. Raises BadSettings."""
    return files(settings) == _self_made(settings)


def _of_host(settings: Settings) -> Files | None:
    """Of those that can be used now the one that ends last."""
    found: list[tuple[datetime, Files]] = []
    for where in _in_folder(settings):
        try:
            names, ends = _names_and_end(where.certificate)
            if settings.hostname.lower() in names and ends > datetime.now(UTC):
                _use(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), where)
                found.append((ends, where))
        except (OSError, ssl.SSLError, ValueError):
            continue
    return max(found, key=lambda one: one[0])[1] if found else None


def make(settings: Settings) -> bool:
    """Make a self-signed certificate for the host name, unless there is one already; True when made.

    It is made for when one of the folder has ended, too, but never where the administrator's own should lie: half of
    that pair may be there. Raises BadSettings.
    """
    own, where = files(settings).certificate == settings.tls_certificate, _self_made(settings)
    if own or (where.certificate.exists() and where.key.exists()):
        return False
    certificate, key = _self_signed(settings.hostname, datetime.now(UTC))
    where.key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write(where.key, key, 0o600)
    write(where.certificate, certificate, 0o644)
    return True


class ServerContext(ssl.SSLContext):
    """``end_point`` is the hash of the certificate in use that clients can bind a login to (RFC 5929 §4.1).

    ``by_name`` are the contexts of other names, of which ``*.example.com`` is one too. ``alpn`` are the protocols
    behind it that clients may choose from (RFC 7301), the preferred one first.
    """

    alpn: Sequence[str] = ()
    end_point = b""
    ends = datetime.max.replace(tzinfo=UTC)
    by_name: Mapping[str, ServerContext] = {}  # replaced as a whole
    known: Mapping[Path, _Known] = {}


@dataclass(frozen=True, slots=True)
class _Known:
    """What a pair of files held when it looked like ``seen``."""

    seen: _Seen
    names: Sequence[str]
    made: ServerContext


def _choose(connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
    """Called in the handshake: go on with the certificate of the name that the client gave (RFC 6066 §3)."""
    if name and isinstance(context, ServerContext):
        name = name.lower()
        found = context.by_name.get(name) or context.by_name.get(f"*.{name.partition('.')[2]}")
        if found is not None:
            connection.context = found


def context(settings: Settings, alpn: Sequence[str] = ()) -> ServerContext:
    """The server side of TLS for every door (RFC 8314 §4, RFC 9325 §3.1.1). Raises BadSettings."""
    made = _empty(settings, alpn)
    made.sni_callback = _choose
    load(made, settings)
    return made


def _empty(settings: Settings, alpn: Sequence[str] = ()) -> ServerContext:
    made = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    if alpn:
        made.alpn = alpn
        made.set_alpn_protocols(list(alpn))
    made.minimum_version = ssl.TLSVersion.TLSv1_3 if settings.tls_minimum == "1.3" else ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    if settings.tls_ciphers:
        try:
            made.set_ciphers(settings.tls_ciphers)
        except ssl.SSLError as error:
            raise BadSettings("MAILNODE_TLS_CIPHERS cannot be used: OpenSSL knows no such cipher") from error
    return made


def load(into: ssl.SSLContext, settings: Settings) -> None:
    """Read all certificates; the context keeps its old ones where the first cannot be used. Raises BadSettings."""
    _load_pair(into, settings, files(settings))
    if isinstance(into, ServerContext):
        into.by_name = _others(settings, into)


def _load_pair(into: ssl.SSLContext, settings: Settings, where: Files) -> None:
    try:
        if not isinstance(into, ServerContext) or into.end_point:  # a bad pair must not leave half of it in a used one
            _use(_empty(settings), where)
        end_point = _end_point(where.certificate)
        _use(into, where)
        if isinstance(into, ServerContext):
            into.end_point = end_point
    except FileNotFoundError as error:
        raise BadSettings(_missing(settings, where)) from error
    except (OSError, ssl.SSLError, ValueError) as error:
        raise BadSettings(f"The TLS certificate {where.certificate} cannot be used with its key: {error}") from error


def _use(context: ssl.SSLContext, where: Files) -> None:
    context.load_cert_chain(where.certificate, where.key, _no_password)


def _no_password() -> str:
    """Else OpenSSL asks at the terminal, and all connections wait until somebody answers there."""
    raise ValueError("the key has a password")


def _missing(settings: Settings, where: Files) -> str:
    """Which file of a pair is not there, and what is to be done about it."""
    what = "key" if where.certificate.exists() else "certificate"
    place = where.key if what == "key" else where.certificate
    said = f"There is no TLS {what} at {place}"
    if where == _self_made(settings):
        return f"{said}; run: mailnode init"
    if where.certificate == settings.tls_certificate:
        return f"{said}; put it there, or let MAILNODE_TLS_{what.upper()} name another file"
    return said


def _others(settings: Settings, into: ServerContext) -> Mapping[str, ServerContext]:
    """By name; of several certificates for one name the one that ends last.

    Only what has changed is read: each takes some milliseconds, and all connections wait. In place of one that cannot
    be used stays what the same file held before: it may be half written.
    """
    known: dict[Path, _Known] = {}
    for where in _in_folder(settings):
        before, seen = into.known.get(where.certificate), _seen((where.certificate, where.key))
        try:
            kept = before if before is not None and before.seen == seen else None
            known[where.certificate] = kept or _read(settings, where, seen, into.alpn)
        except (BadSettings, OSError, ValueError) as error:
            _log.error("certificate left out", file=str(where.certificate), error=str(error))
            if before is not None:
                known[where.certificate] = before
    into.known = known
    found: dict[str, ServerContext] = {}
    for one in known.values():
        found |= {name: one.made for name in one.names if name not in found or found[name].ends < one.made.ends}
    return found


def _read(settings: Settings, where: Files, seen: _Seen, alpn: Sequence[str]) -> _Known:
    made = _empty(settings, alpn)
    _load_pair(made, settings, where)
    names, made.ends = _names_and_end(where.certificate)
    return _Known(seen, names, made)


def folder(settings: Settings) -> Path:
    """Where the certificates of other names lie."""
    return settings.data_dir / "certificates"


def _in_folder(settings: Settings) -> list[Files]:
    found = sorted(folder(settings).glob("*.pem"))
    keys = [path.with_suffix(".key") for path in found]
    return [Files(path, key if key.exists() else path) for path, key in zip(found, keys, strict=True)]


@contextmanager
def _opened(certificate: Path) -> Iterator[x509.Certificate]:
    """The certificate of a file, to be looked at. Raises OSError, and ValueError for all that cannot be read of it."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        yield x509.load_pem_x509_certificate(certificate.read_bytes())
    except (
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        UnsupportedAlgorithm,
    ) as error:
        raise ValueError(str(error)) from error


def _names_and_end(certificate: Path) -> tuple[Sequence[str], datetime]:
    return _names_and_end_of(certificate, _seen([certificate]))


@lru_cache(4096)
def _names_and_end_of(certificate: Path, _: _Seen) -> tuple[Sequence[str], datetime]:
    from cryptography import x509

    with _opened(certificate) as found:
        ends = found.not_valid_after_utc
        try:
            names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return [], ends
        return [name.lower() for name in names.get_values_for_type(x509.DNSName)], ends


def validity(certificate: Path) -> tuple[datetime, datetime]:
    """From when and until when it counts. Raises OSError and ValueError."""
    with _opened(certificate) as found:
        return found.not_valid_before_utc, found.not_valid_after_utc


def usable(settings: Settings, name: str) -> tuple[datetime, datetime]:
    """The same of a certificate in `folder` that has its key beside it. Raises OSError and ValueError."""
    where = folder(settings) / f"{name}.pem"
    key = where.with_suffix(".key")
    found = Files(where, key if key.exists() else where)
    return _validity_with_key(found, _seen((found.certificate, found.key)))


@lru_cache(4096)
def _validity_with_key(where: Files, _: _Seen) -> tuple[datetime, datetime]:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    with _opened(where.certificate) as found:
        try:
            key = load_pem_private_key(where.key.read_bytes(), None)
        except TypeError as error:
            raise ValueError("the key has a password") from error
        if found.public_key() != key.public_key():
            raise ValueError("the key is another's")
        return found.not_valid_before_utc, found.not_valid_after_utc


def state(settings: Settings) -> _Seen:
    """What the files look like from outside; something else when one has changed."""
    made = _self_made(settings)
    default = (settings.tls_certificate or made.certificate, settings.tls_key or made.key)
    return _seen(dict.fromkeys([*default, *_flat(_in_folder(settings))]))


def _seen(paths: Iterable[Path]) -> _Seen:
    """Without those that are not there."""
    found = []
    for path in paths:
        try:
            there = path.stat()
        except OSError:
            continue
        found.append((str(path), there.st_mtime_ns, there.st_ino))
    return tuple(found)


def _flat(pairs: Iterable[Files]) -> Iterator[Path]:
    for pair in pairs:
        yield from (pair.certificate, pair.key)


def _end_point(certificate: Path) -> bytes:
    """By the hash that signed it; MD5, SHA-1 and signatures without one count as SHA-256 (RFC 5929 §4.1)."""
    from cryptography.hazmat.primitives import hashes

    with _opened(certificate) as found:
        signed = found.signature_hash_algorithm
        weak = signed is None or isinstance(signed, hashes.MD5 | hashes.SHA1)
        return found.fingerprint(hashes.SHA256() if weak or signed is None else signed)


def expires(settings: Settings) -> datetime:
    """When the certificate ends. Raises BadSettings."""
    where = files(settings).certificate
    try:
        return validity(where)[1]
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


def write(path: Path, content: bytes, mode: int) -> None:
    """A whole file or none, readable by whom ``mode`` says from its first moment."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
