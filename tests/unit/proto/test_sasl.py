"""The server's side of PLAIN and LOGIN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto.sasl import (
    MECHANISMS,
    Cancelled,
    Challenge,
    Credentials,
    UnknownMechanism,
    begin,
    decode_initial,
    decode_response,
    encode_challenge,
)


@pytest.mark.parametrize(
    ("response", "credentials"),
    [
        (b"\0me\0secret", Credentials("me", "secret")),
        (b"boss\0me\0secret", Credentials("me", "secret", "boss")),
        ("\0ä\0密码".encode(), Credentials("ä", "密码")),
    ],
)
def test_plain(response: bytes, credentials: Credentials) -> None:
    assert begin("plain").step(response) == credentials
    waiting = begin("PLAIN")
    assert waiting.step(None) == Challenge(b"")
    assert waiting.step(response) == credentials


@pytest.mark.parametrize(
    "response",
    [b"", b"me", b"me\0secret", b"\0me\0a\0b", b"\0\0secret", b"\0me\0", b"\0me\0\xff", b"\0" + b"x" * 400 + b"\0y"],
)
def test_bad_plain(response: bytes) -> None:
    with pytest.raises(ProtocolError):
        begin("PLAIN").step(response)


def test_login_with_and_without_initial_name() -> None:
    dialogue = begin("LOGIN")
    assert dialogue.step(None) == Challenge(b"Username:")
    assert dialogue.step(b"me") == Challenge(b"Password:")
    assert dialogue.step(b"secret") == Credentials("me", "secret")
    short = begin("LOGIN")
    assert short.step(b"me") == Challenge(b"Password:")
    assert short.step(b"secret") == Credentials("me", "secret")


def test_login_without_a_name() -> None:
    dialogue = begin("LOGIN")
    dialogue.step(None)
    with pytest.raises(ProtocolError):
        dialogue.step(b"")


def test_base64() -> None:
    assert encode_challenge(b"Username:") == b"VXNlcm5hbWU6"
    assert decode_response(b"bWU=") == b"me"
    assert decode_initial(b"=") == b""
    for bad in (b"=", b"bWU", b"bW U=", b"b\xff", b"bWU=\r", b"A" * 9000):
        with pytest.raises(ProtocolError):
            decode_response(bad)
    with pytest.raises(Cancelled):
        decode_response(b"*")
    with pytest.raises(UnknownMechanism):
        begin("CRAM-MD5")


def test_a_password_is_not_printed() -> None:
    assert "secret" not in repr(Credentials("me", "secret"))


@given(st.sampled_from(MECHANISMS), st.lists(st.binary(max_size=30) | st.none(), max_size=4))
def test_any_bytes(name: str, responses: list[bytes | None]) -> None:
    dialogue = begin(name)
    for response in responses:
        try:
            dialogue.step(response)
        except ProtocolError:
            return
