"""The server's side of SASL, sans-IO: shared by SMTP, IMAP, POP3 and ManageSieve.

    mechanism = begin("PLAIN")
    step = mechanism.step(initial response, or None when the client sent none)
    Challenge    send ``encode_challenge(step.data)``, read a line, ``mechanism.step(decode_response(line))``
    Credentials  the dialogue is over; look the password up
    KeysWanted   look the keys up, and ``step.go_on(keys)``
    Proven       the dialogue is over; where the proof is right, ``step.last`` is one more challenge
    Token        the dialogue is over; where the token is refused, ``step.refusal`` is one more challenge

Names and passwords are bytes on the wire and UTF-8 text here; what is not UTF-8, holds NUL or passes the
limits is refused. Names are prepared by SASLprep, so that it does not matter which keyboard typed them; passwords
are, where they are looked at. Nothing here knows whether TLS is on: that is the door's to ask.

RFC 4422 §3 (the exchange), RFC 4616 (PLAIN), RFC 4648 §4 (base64). LOGIN has no RFC; the challenges are
those every client knows. SCRAM and bearer tokens have files of their own.
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Sequence

from mailnode.errors import ProtocolError
from mailnode.proto.sasl_bearer import OAuthBearer, XOAuth2
from mailnode.proto.sasl_prep import saslprep
from mailnode.proto.sasl_scram import Scram
from mailnode.proto.sasl_steps import (
    MAX_NAME,
    Binding,
    Challenge,
    Credentials,
    KeysWanted,
    Mechanism,
    Proven,
    ScramKeys,
    Step,
    Token,
)

__all__ = [
    "Binding",
    "Cancelled",
    "Challenge",
    "Credentials",
    "KeysWanted",
    "Mechanism",
    "Proven",
    "ScramKeys",
    "Step",
    "Token",
    "UnknownMechanism",
    "begin",
    "decode_initial",
    "decode_response",
    "encode_challenge",
]

MECHANISMS = ("PLAIN", "LOGIN", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2")
SCRAM, PLUS = "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"
MAX_RESPONSE = 8192  # octets of base64
MAX_PASSWORD = 1024


class UnknownMechanism(ProtocolError):
    """The client named a mechanism that is not offered."""


class Cancelled(ProtocolError):
    """The client ended the dialogue with ``*``."""


def begin(
    name: str, offered: Sequence[str] = MECHANISMS, *, nonce: str = "", bindings: Sequence[Binding] = ()
) -> Mechanism:
    """The mechanism of this name, in any letter case, where it is one of those ``offered`` to this client.

    ``nonce`` is new for each dialogue: printable letters without a comma that nobody can guess.
    Raises UnknownMechanism.
    """
    name = name.upper()
    match name if name in offered else "":
        case "PLAIN":
            return Plain()
        case "LOGIN":
            return Login()
        case "SCRAM-SHA-256" | "SCRAM-SHA-256-PLUS":
            return Scram(nonce, bindings, plus=name == PLUS, plus_offered=PLUS in offered)
        case "OAUTHBEARER":
            return OAuthBearer()
        case "XOAUTH2":
            return XOAuth2()
        case _:
            raise UnknownMechanism("This mechanism is not offered")


def encode_challenge(data: bytes) -> bytes:
    return b64encode(data)


def decode_response(line: bytes) -> bytes:
    """A response line, without CRLF. Raises Cancelled for ``*`` and ProtocolError for what is no base64."""
    if line == b"*":
        raise Cancelled("The login was cancelled")
    if len(line) > MAX_RESPONSE:
        raise ProtocolError("The response is too long")
    try:
        return binascii.a2b_base64(line, strict_mode=True)
    except binascii.Error:
        raise ProtocolError("The response is not base64") from None


def decode_initial(line: bytes) -> bytes:
    """An initial response: base64, or ``=`` for an empty one (RFC 4954 §4, RFC 9051 §6.2.2)."""
    return b"" if line == b"=" else decode_response(line)


class Plain:
    """message = [authzid] NUL authcid NUL passwd        RFC 4616 §2"""

    def step(self, response: bytes | None) -> Step:
        if response is None:
            return Challenge(b"")
        parts = response.split(b"\0")
        if len(parts) != 3:
            raise ProtocolError("PLAIN needs two NULs")
        acting_as, name, password = parts
        return Credentials(_name(name), _password(password), _name(acting_as) if acting_as else "")


class Login:
    """The name, then the password, each after a prompt; the name may come as initial response."""

    def __init__(self) -> None:
        self._name: str | None = None
        self._prompted = False

    def step(self, response: bytes | None) -> Step:
        if response is None or (response == b"" and not self._prompted):
            self._prompted = True
            return Challenge(b"Username:")
        self._prompted = True
        if self._name is None:
            self._name = _name(response)
            return Challenge(b"Password:")
        return Credentials(self._name, _password(response))


def _name(raw: bytes) -> str:
    if not raw:
        raise ProtocolError("The name is empty")
    return saslprep(_text(raw, MAX_NAME), mixed=True)


def _password(raw: bytes) -> str:
    if not raw:
        raise ProtocolError("The password is empty")
    return _text(raw, MAX_PASSWORD)


def _text(raw: bytes, limit: int) -> str:
    if len(raw) > limit or b"\0" in raw:
        raise ProtocolError("A name or password is too long or holds NUL")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError("A name or password is not UTF-8") from None
