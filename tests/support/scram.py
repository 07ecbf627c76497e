"""A client of SCRAM-SHA-256 (RFC 5802, RFC 7677), written apart from the server's side that it is to judge."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

NONCE = "rOprNGfwEbeRWgbNEkqO"  # the one of RFC 7677 §3

Holes = Mapping[str, Callable[[Mapping[str, str]], str]]


@dataclass(frozen=True)
class Client:
    """One dialogue. ``header`` is the GS2 header, ``bound`` the data of a channel binding."""

    name: str
    password: str
    header: str = "n,,"
    bound: bytes = b""
    nonce: str = NONCE

    @property
    def bare(self) -> str:
        name = self.name.replace("=", "=3D").replace(",", "=2C")
        return f"n={name},r={self.nonce}"

    def first(self) -> bytes:
        return (self.header + self.bare).encode()

    def final(self, server_first: bytes) -> bytes:
        proof = bytes(a ^ b for a, b in zip(self._client_key(server_first), self._signature(server_first), strict=True))
        return f"{self._without_proof(server_first)},p={b64encode(proof).decode()}".encode()

    def server_final(self, server_first: bytes) -> bytes:
        """What a server that knows the keys must answer."""
        server_key = hmac.digest(self._salted(server_first), b"Server Key", "sha256")
        signature = hmac.digest(server_key, self._auth_message(server_first), "sha256")
        return b"v=" + b64encode(signature)

    def _salted(self, server_first: bytes) -> bytes:
        fields = dict(part.split("=", 1) for part in server_first.decode().split(","))
        return hashlib.pbkdf2_hmac("sha256", self.password.encode(), b64decode(fields["s"]), int(fields["i"]))

    def _client_key(self, server_first: bytes) -> bytes:
        return hmac.digest(self._salted(server_first), b"Client Key", "sha256")

    def _signature(self, server_first: bytes) -> bytes:
        stored = hashlib.sha256(self._client_key(server_first)).digest()
        return hmac.digest(stored, self._auth_message(server_first), "sha256")

    def _without_proof(self, server_first: bytes) -> str:
        nonces = server_first.decode().split(",")[0].removeprefix("r=")
        return f"c={b64encode(self.header.encode() + self.bound).decode()},r={nonces}"

    def _auth_message(self, server_first: bytes) -> bytes:
        return ",".join((self.bare, server_first.decode(), self._without_proof(server_first))).encode()


def holes(user: str, password: str) -> Holes:
    """For transcripts: ``<scram_first>``, then ``<scram_final>`` and ``<scram_signature>`` for ``<scram_challenge>``.

    The same with ``false_`` in front for somebody with another password.
    """
    found: dict[str, Callable[[Mapping[str, str]], str]] = {}
    for prefix, client in (("", Client(user, password)), ("false_", Client(user, "another one"))):
        found[f"{prefix}scram_first"] = lambda _, client=client: _text(client.first())  # type: ignore[misc]
        found[f"{prefix}scram_final"] = lambda bound, client=client: _text(client.final(_challenge(bound)))  # type: ignore[misc]
        found[f"{prefix}scram_signature"] = lambda bound, client=client: _text(client.server_final(_challenge(bound)))  # type: ignore[misc]
    return found


def _challenge(bound: Mapping[str, str]) -> bytes:
    return b64decode(bound["scram_challenge"])


def _text(message: bytes) -> str:
    return b64encode(message).decode()
