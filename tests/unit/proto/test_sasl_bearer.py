"""OAUTHBEARER and XOAUTH2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto.sasl import Challenge, Token, begin

TOKEN = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="


@pytest.mark.parametrize(
    ("mechanism", "message", "name"),
    [
        ("OAUTHBEARER", f"n,a=user@example.com,\1host=server.example.com\1port=143\1auth=Bearer {TOKEN}\1\1",
         "user@example.com"),
        ("OAUTHBEARER", f"n,,\1auth=bearer {TOKEN}\1\1", ""),
        ("OAUTHBEARER", f"n,a=a=2Cb=3Dc,\1auth=Bearer {TOKEN}\1\1", "a,b=c"),
        ("XOAUTH2", f"user=user@example.com\1auth=Bearer {TOKEN}\1\1", "user@example.com"),
    ],
)  # fmt: skip
def test_a_token(mechanism: str, message: str, name: str) -> None:
    """RFC 7628 §4.1."""
    dialogue = begin(mechanism)
    assert dialogue.step(None) == Challenge(b"")
    found = dialogue.step(message.encode())
    assert isinstance(found, Token)
    assert (found.name, found.token) == (name, TOKEN)
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(
    ("mechanism", "message"),
    [
        ("OAUTHBEARER", b""),
        ("OAUTHBEARER", b"\1"),
        ("OAUTHBEARER", b"n,,\1\1"),
        ("OAUTHBEARER", b"n,,\1auth=Bearer x\1"),
        ("OAUTHBEARER", b"n,,\1auth=Basic x\1\1"),
        ("OAUTHBEARER", b"n,,\1auth=Bearer x y\1\1"),
        ("OAUTHBEARER", b"n,,\1auth=Bearer x\1auth=Bearer y\1\1"),
        ("OAUTHBEARER", b"p=tls-unique,,\1auth=Bearer x\1\1"),
        ("OAUTHBEARER", b"n,,\1auth=Bearer \xff\1\1"),
        ("XOAUTH2", b"auth=Bearer x\1\1"),
        ("XOAUTH2", b"user=a\1host=b\1\1"),
    ],
)
def test_what_is_none(mechanism: str, message: bytes) -> None:
    with pytest.raises(ProtocolError):
        begin(mechanism).step(message)


@given(st.sampled_from(["OAUTHBEARER", "XOAUTH2"]), st.binary(max_size=80) | st.text("n,a=\1uthBerx ").map(str.encode))
def test_any_bytes(mechanism: str, message: bytes) -> None:
    try:
        assert isinstance(begin(mechanism).step(message), Token)
    except ProtocolError:
        pass
