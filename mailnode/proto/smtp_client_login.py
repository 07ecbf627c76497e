"""Logging in from the client's side, sans-IO: SCRAM-SHA-256 where it is offered, else PLAIN, else LOGIN.

SCRAM says no password, and does not believe a server that does not know it either. Its work is bounded: a
server that asks for more rounds than `MAX_ROUNDS` gets nothing.

RFC 4954 §4 (AUTH), RFC 4616 (PLAIN), RFC 5802 §3, §7 and RFC 7677 (SCRAM).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass

from mailnode.errors import ProtocolError
from mailnode.proto.sasl_prep import saslprep

MAX_ROUNDS = 1_000_000
_SERVER_FIRST = re.compile(r"r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,7})(?:,[A-Za-z]=[^,\0]+)*\Z")

Dialogue = Generator[bytes, bytes, None]
"""Yields what to say, and is sent the server's challenges. Raises ProtocolError for a wrong one."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """``first``: what it says first goes along with the command (RFC 4954 §4, initial response)."""

    name: str
    begin: Callable[[str, str, str], Dialogue]
    says: int
    first: bool = True


class Login:
    """One login by the best mechanism of those ``offered``, names in capitals. Raises ProtocolError for none."""

    def __init__(self, offered: Collection[str], name: str, password: str, nonce: str) -> None:
        found = next((one for one in MECHANISMS if one.name in offered), None)
        if found is None:
            raise ProtocolError("The server offers no way to log in that is known here")
        self._mechanism = found
        self._dialogue = found.begin(name, password, nonce)
        self._said = 0

    @property
    def finished(self) -> bool:
        """True when all has been said and heard: a server that lets us in before has not proved itself."""
        return self._said == self._mechanism.says

    def command(self) -> bytes:
        """The AUTH command. Raises ProtocolError where name or password are no text for it."""
        words = [b"AUTH", self._mechanism.name.encode()]
        if self._mechanism.first:
            words.append(b64encode(self._say(None)))
        return b" ".join(words)

    def answer(self, challenge: str) -> bytes:
        """The line that answers a 334. Raises ProtocolError where the challenge is wrong, or one too many."""
        heard = _unbase64(challenge.strip())
        return b64encode(self._say(heard if self._said else None))

    def _say(self, heard: bytes | None) -> bytes:
        try:
            said = next(self._dialogue) if heard is None else self._dialogue.send(heard)
        except StopIteration:
            raise ProtocolError("The server asks for more than the mechanism has") from None
        self._said += 1
        return said


def _plain(name: str, password: str, _nonce: str) -> Dialogue:
    yield f"\0{name}\0{password}".encode()


def _login(name: str, password: str, _nonce: str) -> Dialogue:
    yield name.encode()
    yield password.encode()


def _scram(name: str, password: str, nonce: str) -> Dialogue:
    saslname = saslprep(name).replace("=", "=3D").replace(",", "=2C")
    bare = f"n={saslname},r={nonce}"
    first = (yield f"n,,{bare}".encode()).decode("utf-8", "replace")
    found = _SERVER_FIRST.match(first)
    if found is None or not found[1].startswith(nonce) or len(found[1]) == len(nonce) or int(found[3]) > MAX_ROUNDS:
        raise ProtocolError("The server's first message of SCRAM cannot be right")
    salted = hashlib.pbkdf2_hmac("sha256", saslprep(password).encode(), _unbase64(found[2]), int(found[3]))
    key = _hmac(salted, b"Client Key")
    unproven = f"c={b64encode(b'n,,').decode()},r={found[1]}"
    signed = f"{bare},{first},{unproven}".encode()
    proof = bytes(a ^ b for a, b in zip(key, _hmac(hashlib.sha256(key).digest(), signed), strict=True))
    last = yield f"{unproven},p={b64encode(proof).decode()}".encode()
    if not hmac.compare_digest(last, b"v=" + b64encode(_hmac(_hmac(salted, b"Server Key"), signed))):
        raise ProtocolError("The server does not know the password")
    yield b""


def _unbase64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise ProtocolError("The challenge is not base64") from None


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


MECHANISMS = (
    Mechanism("SCRAM-SHA-256", _scram, 3),
    Mechanism("PLAIN", _plain, 1),
    Mechanism("LOGIN", _login, 2, first=False),
)
