"""DKIM keys: made, read, and published in the DNS.

A private key is kept as unencrypted PKCS #8 PEM text. Two algorithms: RSA of 2048 bits, which
everybody verifies (RFC 8301 §3.2), and Ed25519 (RFC 8463), which is small and quick and which some
verifiers do not know; that is why a domain has one of each.
"""

from __future__ import annotations

import base64
from typing import Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

Algorithm = Literal["rsa", "ed25519"]
PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

ALGORITHMS: tuple[Algorithm, ...] = ("rsa", "ed25519")
RSA_BITS = 2048  # the largest whose record every DNS host takes; verifiers need not go above it


def make(algorithm: Algorithm) -> str:
    """A new private key as PEM text. An RSA key takes about 0.1 s to find."""
    key: PrivateKey
    if algorithm == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def read(pem: str) -> PrivateKey:
    """The key in ``pem``; raises ValueError where it is no RSA or Ed25519 key.

    The numbers of an RSA key are not proved again: they come from our own database.
    """
    key = serialization.load_pem_private_key(pem.encode("ascii"), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise ValueError("neither an RSA nor an Ed25519 key")
    return key


def algorithm_of(key: PrivateKey) -> Algorithm:
    return "rsa" if isinstance(key, rsa.RSAPrivateKey) else "ed25519"


def txt_value(pem: str) -> str:
    """What the TXT record at ``selector._domainkey.domain`` says (RFC 6376 §3.6.1)."""
    key = read(pem)
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    else:  # RFC 8463 §4: the 32 bytes alone, not wrapped in ASN.1
        public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k={algorithm_of(key)}; p={base64.b64encode(public).decode('ascii')}"
