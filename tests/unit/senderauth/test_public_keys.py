"""RSA keys as others publish them: which sizes are taken, and in both forms that are about."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailnode.senderauth import public_keys
from mailnode.senderauth.public_keys import BadKey


def record(bits: int, exponent: int = 65_537, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
    """With a modulus of so many bits; nobody could sign with it."""
    key = rsa.RSAPublicNumbers(exponent, (1 << (bits - 1)) | 1).public_key()
    return b"v=DKIM1; p=" + base64.b64encode(key.public_bytes(Encoding.DER, form))


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
@pytest.mark.parametrize("bits", [1024, 2048, 4096])
def test_sizes_that_must_be_verified(bits: int, form: PublicFormat) -> None:
    """RFC 8301 §3.2; RFC 6376 §3.6.1"""
    assert public_keys.read(record(bits, form=form)).algorithm == "rsa"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (record(512), "the key has only 512 bits"),
        (record(1016), "the key has only 1016 bits"),
        (record(4104), "the key is too large"),
        (record(2048, exponent=(1 << 65) + 1), "the key is too large"),
    ],
)
def test_sizes_that_prove_nothing_or_cost_too_much(text: bytes, reason: str) -> None:
    with pytest.raises(BadKey, match=reason):
        public_keys.read(text)
