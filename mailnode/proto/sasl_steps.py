"""What one step of a SASL dialogue comes to; see `mailnode.proto.sasl`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

MAX_NAME = 320


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


@dataclass(frozen=True, slots=True)
class ScramKeys:
    """What is kept of a password for SCRAM (RFC 5802 §3)."""

    salt: bytes
    iterations: int
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeysWanted:
    """The dialogue goes on with ``go_on(keys)``; for a name that nobody has, with keys that look like any others."""

    name: str
    go_on: Callable[[ScramKeys], Step]


@dataclass(frozen=True, slots=True)
class Proven:
    """The client has shown whether it knows the password of ``keys``.

    Where it does, ``last`` is our proof: a last challenge, whose answer is of no account.
    """

    name: str
    keys: ScramKeys
    right: bool
    last: bytes = field(repr=False)
    acting_as: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token instead of a password. ``name`` may be empty: whose it is, is in the token.

    Where it is refused, ``refusal`` is a last challenge, whose answer is of no account (RFC 7628 §3.2.3).
    """

    name: str
    token: str = field(repr=False)
    refusal: bytes


Step = Challenge | Credentials | KeysWanted | Proven | Token


@dataclass(frozen=True, slots=True)
class Binding:
    """What both ends of a TLS connection know of it, and nobody between them can have (RFC 5056)."""

    name: str
    data: bytes = field(repr=False)


class Mechanism(Protocol):
    """One dialogue. Raises ProtocolError for what does not fit; the dialogue is then over."""

    def step(self, response: bytes | None) -> Step: ...
