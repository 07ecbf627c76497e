"""Public keys as the DNS has them, and what they say about a digest.

A record that cannot be used raises `BadKey` with the reason. RFC 6376 §3.6.1; RFC 8301 §3.2 (RSA keys have
1,024 to 4,096 bits here, and SHA-1 is dead); RFC 8463 (Ed25519).

An RSA exponent of more than 64 bits is refused: nobody has one, and a stranger could make us compute for long.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from mailnode.senderauth import tags
from mailnode.senderauth.dkim_keys import Algorithm

MIN_BITS, MAX_BITS, MAX_EXPONENT_BITS = 1024, 4096, 64
MAX_RECORD = 16_384  # octets

PublicKey = rsa.RSAPublicKey | ed25519.Ed25519PublicKey

_PKCS1, _SHA256 = padding.PKCS1v15(), Prehashed(hashes.SHA256())
_HASHES, _SERVICES = ("sha256",), ("*", "email")


class BadKey(Exception):
    """The record gives no key for this use; ``str(error)`` says why in a few words."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key that may be used for mail. ``exact``: i= must have the domain of d= (flag s)."""

    key: PublicKey
    algorithm: Algorithm
    testing: bool = False
    exact: bool = False

    def verifies(self, signature: bytes, digest: bytes) -> bool:
        """Whether ``signature`` is this key's over the SHA-256 ``digest``."""
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(signature, digest, _PKCS1, _SHA256)
            else:
                self.key.verify(signature, digest)  # RFC 8463 §3: the hash is what is signed
        except InvalidSignature:
            return False
        return True


@lru_cache(maxsize=2000)
def read(record: bytes) -> KeyRecord:
    """The key in a TXT record. Raises BadKey."""
    found = tags.parse(record) if len(record) <= MAX_RECORD else None
    if found is None or "p" not in found:
        raise BadKey("not a key record")
    if "v" in found and (found["v"] != "DKIM1" or next(iter(found)) != "v"):
        raise BadKey("unknown version of key record")
    algorithm = found.get("k", "rsa")
    if algorithm not in ("rsa", "ed25519"):
        raise BadKey("unknown key type")
    if "h" in found and not set(_HASHES) & set(tags.listed(found["h"])):
        raise BadKey("the key is not for SHA-256")
    if not set(_SERVICES) & set(tags.listed(found.get("s", "*"))):
        raise BadKey("the key is not for mail")
    flags = tags.listed(found.get("t", ""))
    key = _rsa(_octets(found["p"])) if algorithm == "rsa" else _ed25519(_octets(found["p"]))
    return KeyRecord(key, "rsa" if algorithm == "rsa" else "ed25519", "y" in flags, "s" in flags)


def _octets(value: str) -> bytes:
    if not value:
        raise BadKey("the key is revoked")
    octets = tags.from_base64(value)
    if octets is None:
        raise BadKey("the key is not base64")
    return octets


def _rsa(octets: bytes) -> rsa.RSAPublicKey:
    try:  # RFC 6376 §3.6.1 says PKCS #1 and shows SubjectPublicKeyInfo: both are read here
        key = serialization.load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey("not an RSA key") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise BadKey("not an RSA key")
    if key.key_size < MIN_BITS:
        raise BadKey(f"the key has only {key.key_size} bits")  # RFC 8301 §3.2
    if key.key_size > MAX_BITS or key.public_numbers().e.bit_length() > MAX_EXPONENT_BITS:
        raise BadKey("the key is too large")
    return key


def _ed25519(octets: bytes) -> ed25519.Ed25519PublicKey:
    try:
        return ed25519.Ed25519PublicKey.from_public_bytes(octets)
    except ValueError:
        raise BadKey("not an Ed25519 key") from None
