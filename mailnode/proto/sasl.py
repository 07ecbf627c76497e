"""The server's side of SASL, sans-IO: shared by SMTP, IMAP, POP3 and ManageSieve.

    mechanism = begin("PLAIN")
    step = mechanism.step(initial response, or None when the client sent none)
    Challenge    send ``encode_challenge(step.data)``, read a line, ``mechanism.step(decode_response(line))``
    Credentials  the dialogue is over; look the password up

Names and passwords are bytes on the wire and UTF-8 text here; what is not UTF-8, holds NUL or passes the
limits is refused. Nothing here knows whether TLS is on: that is the door's to ask.

RFC 4422 §3 (the exchange), RFC 4616 (PLAIN), RFC 4648 §4 (base64). LOGIN has no RFC; the challenges are
those every client knows.
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Protocol

from mailnode.errors import ProtocolError

MECHANISMS = ("PLAIN", "LOGIN")
MAX_RESPONSE = 8192  # octets of base64
MAX_NAME = 320
MAX_PASSWORD = 1024


class UnknownMechanism(ProtocolError):
    """The client named a mechanism that is not offered."""


class Cancelled(ProtocolError):
    """The client ended the dialogue with ``*``."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the client is to answer, before base64."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who says to be whom: log in as ``name`` and act as ``acting_as`` (empty: as oneself)."""

    name: str
    password: str = field(repr=False)
    acting_as: str = ""


Step = Challenge | Credentials


class Mechanism(Protocol):
    """One dialogue. Raises ProtocolError for what does not fit; the dialogue is then over."""

    def step(self, response: bytes | None) -> Step: ...


def begin(name: str) -> Mechanism:
    """The mechanism of this name, in any letter case. Raises UnknownMechanism."""
    match name.upper():
        case "PLAIN":
            return Plain()
        case "LOGIN":
            return Login()
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
        return Credentials(_name(name), _password(password), _text(acting_as, MAX_NAME) if acting_as else "")


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
    return _text(raw, MAX_NAME)


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
