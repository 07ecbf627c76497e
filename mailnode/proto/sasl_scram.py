"""SCRAM, the server's side, sans-IO: both ends prove that they know the password, and neither says it.

    client-first    n,,n=user,r=client-nonce
    server-first    r=client-nonce+server-nonce,s=salt,i=iterations      the keys are looked up before
    client-final    c=binding,r=nonces,p=proof
    server-final    v=signature                                          only for a right proof

What is kept of a password does not let anybody log in who reads it, but lets passwords be tried.

- "p" in front names a channel binding: the proof holds on this TLS connection only. "y" says that the client would
  have bound if we had offered it; if we have, somebody between us took the offer away (RFC 5802 §6).
- A proof that is wrong, a binding that does not fit and a user who is not there end alike.

RFC 5802, RFC 7677 (SHA-256), RFC 5803 (how keys are written down), RFC 5056 (channel bindings).
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailnode.errors import ProtocolError
from mailnode.proto.sasl_prep import saslprep
from mailnode.proto.sasl_steps import MAX_NAME, Binding, Challenge, KeysWanted, Proven, ScramKeys, Step

MAX_NONCE = 256
_SCHEME = "SCRAM-SHA-256"
_CLIENT_FIRST = re.compile(
    r"(?P<head>(?P<flag>n|y|p=(?P<binding>[A-Za-z0-9.-]+)),(?:a=(?P<acting_as>[^,\0]*))?,)"
    r"(?P<bare>n=(?P<name>[^,\0]*),r=(?P<nonce>[!-+\--~]+)(?:,[A-Za-z]=[^,\0]+)*)\Z"
)
_CLIENT_FINAL = re.compile(
    r"(?P<bare>c=(?P<binding>[A-Za-z0-9+/=]+),r=(?P<nonce>[!-+\--~]+)(?:,[A-Za-z]=[^,\0]+)*)"
    r",p=(?P<proof>[A-Za-z0-9+/=]+)\Z"
)


@dataclass(frozen=True, slots=True)
class _Begun:
    """What the client's first message said. ``bound`` is what the second one must repeat, before base64."""

    name: str
    acting_as: str
    nonce: str
    bare: str
    bound: bytes = field(repr=False)


class Scram:
    """One dialogue. ``plus`` wants a channel binding; ``plus_offered``: the client has been told of that one."""

    def __init__(self, nonce: str, bindings: Sequence[Binding] = (), *, plus: bool, plus_offered: bool) -> None:
        self._nonce = nonce
        self._bindings = bindings
        self._plus = plus
        self._plus_offered = plus_offered
        self._begun: _Begun | None = None
        self._keys: ScramKeys | None = None
        self._server_first = ""

    def step(self, response: bytes | None) -> Step:
        if response is None:
            return Challenge(b"")
        if self._begun is None:
            self._begun = self._first(_text(response))
            return KeysWanted(self._begun.name, self._with_keys)
        if self._keys is None:
            raise ProtocolError("This message comes too early")
        return self._final(self._begun, self._keys, _text(response))

    def _first(self, text: str) -> _Begun:
        """client-first-message = gs2-header client-first-message-bare        RFC 5802 §7

        An empty identity to act as is none: GNU SASL sends one.
        """
        found = _CLIENT_FIRST.match(text)
        if found is None or len(found["nonce"]) > MAX_NONCE:
            raise ProtocolError("The first message of SCRAM was expected")
        bound = found["head"].encode()
        if found["binding"]:
            bound += self._binding(found["binding"])
        elif self._plus:
            raise ProtocolError("A channel binding was expected")
        elif found["flag"] == "y" and self._plus_offered:
            raise ProtocolError("A channel binding is offered here, and the client was not told")
        name = saslprep(_saslname(found["name"]), mixed=True)
        acting_as = saslprep(_saslname(found["acting_as"]), mixed=True) if found["acting_as"] else ""
        return _Begun(name, acting_as, found["nonce"] + self._nonce, found["bare"], bound)

    def _binding(self, name: str) -> bytes:
        if not self._plus:
            raise ProtocolError("A channel binding has a mechanism of its own")
        for one in self._bindings:
            if one.name == name:
                return one.data
        raise ProtocolError("This channel binding is not known here")

    def _with_keys(self, keys: ScramKeys) -> Step:
        assert self._begun is not None
        self._keys = keys
        salt = b64encode(keys.salt).decode("ascii")
        self._server_first = f"r={self._begun.nonce},s={salt},i={keys.iterations}"
        return Challenge(self._server_first.encode())

    def _final(self, begun: _Begun, keys: ScramKeys, text: str) -> Step:
        """client-final-message = channel-binding "," nonce ["," extensions] "," proof        RFC 5802 §7"""
        found = _CLIENT_FINAL.match(text)
        if found is None:
            raise ProtocolError("The last message of SCRAM was expected")
        signed = ",".join((begun.bare, self._server_first, found["bare"])).encode()
        right = _is_proof(keys, signed, _unbase64(found["proof"]))
        right &= hmac.compare_digest(_unbase64(found["binding"]), begun.bound)
        right &= hmac.compare_digest(found["nonce"].encode(), begun.nonce.encode())
        last = b"v=" + b64encode(_hmac(keys.server_key, signed))
        return Proven(begun.name, keys, right, last, begun.acting_as)


def derived(password: bytes, salt: bytes, iterations: int) -> ScramKeys:
    """The keys of a prepared password; the iterations are what it costs        RFC 5802 §3"""
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, iterations)
    stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    return ScramKeys(salt, iterations, stored, _hmac(salted, b"Server Key"))


def written(keys: ScramKeys) -> str:
    """scheme "$" iterations ":" salt "$" stored-key ":" server-key        RFC 5803 §3"""
    salt, stored, server = (b64encode(one).decode("ascii") for one in (keys.salt, keys.stored_key, keys.server_key))
    return f"{_SCHEME}${keys.iterations}:{salt}${stored}:{server}"


def read(text: str) -> ScramKeys:
    """What `written` wrote. Raises ValueError."""
    scheme, cost, secrets = text.split("$")
    iterations, salt = cost.split(":")
    stored, server = secrets.split(":")
    if scheme != _SCHEME:
        raise ValueError(f"these keys are not for {_SCHEME}")
    return ScramKeys(b64decode(salt), int(iterations), b64decode(stored), b64decode(server))


def _is_proof(keys: ScramKeys, signed: bytes, proof: bytes) -> bool:
    """ClientKey = proof XOR HMAC(StoredKey, AuthMessage), and H(ClientKey) is StoredKey        RFC 5802 §3"""
    signature = _hmac(keys.stored_key, signed)
    if len(proof) != len(signature):
        return False
    client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
    return hmac.compare_digest(hashlib.sha256(client_key).digest(), keys.stored_key)


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _saslname(raw: str) -> str:
    """saslname: "," is =2C and "=" is =3D, and no other "=" stands in it        RFC 5802 §5.1"""
    name = raw.replace("=2C", ",")
    if "=" in name.replace("=3D", "") or len(name) > MAX_NAME:
        raise ProtocolError("The name is too long, or holds a bare =")
    return name.replace("=3D", "=")


def _unbase64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise ProtocolError("A part of the message is not base64") from None


def _text(response: bytes) -> str:
    try:
        return response.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError("The message is not UTF-8") from None
