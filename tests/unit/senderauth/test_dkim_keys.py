"""DKIM keys and the records that publish them."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mailnode.senderauth import dkim_keys


def test_rsa_record_holds_the_public_key() -> None:
    pem = dkim_keys.make("rsa")
    value = dkim_keys.txt_value(pem)
    assert value.startswith("v=DKIM1; k=rsa; p=")
    public = serialization.load_der_public_key(base64.b64decode(value.rpartition("p=")[2]))
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048
    assert public == dkim_keys.read(pem).public_key()


def test_ed25519_record_holds_32_bytes() -> None:
    value = dkim_keys.txt_value(dkim_keys.make("ed25519"))
    assert value.startswith("v=DKIM1; k=ed25519; p=")
    assert len(base64.b64decode(value.rpartition("p=")[2])) == 32


def test_other_keys_are_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="neither"):
        dkim_keys.read(other.decode())
