"""Logging in to other servers: each mechanism, and servers that are not what they seem."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto.sasl_scram import Scram, derived
from mailnode.proto.sasl_steps import Challenge, KeysWanted, Proven
from mailnode.proto.smtp_client_login import Login

SALT = b"0123456789abcdef"


def server_first(server: Scram, command: bytes, password: str) -> str:
    wanted = server.step(b64decode(command.split(b" ")[2]))
    assert isinstance(wanted, KeysWanted)
    step = wanted.go_on(derived(password.encode(), SALT, 4096))
    assert isinstance(step, Challenge)
    return b64encode(step.data).decode()


def test_scram_with_our_own_server() -> None:
    client = Login({"PLAIN", "SCRAM-SHA-256"}, "anna=,x", "pencil", "abc")
    server = Scram("xyz", plus=False, plus_offered=False)
    last = client.answer(server_first(server, client.command(), "pencil"))
    proven = server.step(b64decode(last))
    assert isinstance(proven, Proven)
    assert (proven.name, proven.right, client.finished) == ("anna=,x", True, False)
    assert client.answer(b64encode(proven.last).decode()) == b""
    assert client.finished


def test_a_server_that_does_not_know_the_password_is_not_believed() -> None:
    client = Login({"SCRAM-SHA-256"}, "anna", "pencil", "abc")
    server = Scram("xyz", plus=False, plus_offered=False)
    client.answer(server_first(server, client.command(), "other"))
    with pytest.raises(ProtocolError, match="does not know"):
        client.answer(b64encode(b"v=AAAA").decode())


def test_plain_and_login() -> None:
    plain = Login({"PLAIN", "LOGIN"}, "me", "secret", "")
    assert (plain.command(), plain.finished) == (b"AUTH PLAIN AG1lAHNlY3JldA==", True)
    login = Login({"LOGIN", "XOAUTH2"}, "me", "secret", "")
    assert login.command() == b"AUTH LOGIN"
    assert (login.answer("VXNlcm5hbWU6"), login.answer("UGFzc3dvcmQ6")) == (b"bWU=", b"c2VjcmV0")
    with pytest.raises(ProtocolError, match="more"):
        login.answer("")


def test_nothing_that_is_known() -> None:
    with pytest.raises(ProtocolError, match="no way"):
        Login({"GSSAPI"}, "me", "secret", "")


@pytest.mark.parametrize(
    "first",
    [
        "r=abc,s=QSXCR+Q6sek8bf92,i=4096",  # nothing of the server's own
        "r=xbcdef,s=QSXCR+Q6sek8bf92,i=4096",
        "r=abcdef,s=QSXCR+Q6sek8bf92,i=9999999",  # a day's work
        "r=abcdef,s=QSXCR+Q6sek8bf92,i=0",
        "r=abcdef,s=Q,i=1",
        "m=x,r=abcdef,s=QSXCR+Q6sek8bf92,i=4096",
    ],
)
def test_a_first_message_that_cannot_be_right(first: str) -> None:
    client = Login({"SCRAM-SHA-256"}, "anna", "pencil", "abc")
    client.command()
    with pytest.raises(ProtocolError):
        client.answer(b64encode(first.encode()).decode())


@given(st.lists(st.text(max_size=40), max_size=4), st.sampled_from(["SCRAM-SHA-256", "PLAIN", "LOGIN"]))
def test_any_challenge_is_answered_or_refused(challenges: list[str], mechanism: str) -> None:
    client = Login({mechanism}, "anna", "pencil", "abc")
    client.command()
    try:
        for challenge in challenges:
            client.answer(challenge)
    except ProtocolError:
        return
