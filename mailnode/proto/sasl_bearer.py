"""Bearer tokens in SASL, sans-IO: OAUTHBEARER, and XOAUTH2, which came before it.

    OAUTHBEARER     n,a=user@example.com,^Ahost=mail.example.com^Aport=993^Aauth=Bearer token^A^A
    XOAUTH2         user=user@example.com^Aauth=Bearer token^A^A

RFC 7628 §3.1 (what the client sends), §3.2.3 (how it is refused), RFC 6750 §2.1 (the letters of a token). XOAUTH2 has
no RFC; it differs in the first field only, and says the status in HTTP's numbers.
"""

from __future__ import annotations

import re

from mailnode.errors import ProtocolError
from mailnode.proto.sasl_prep import saslprep
from mailnode.proto.sasl_steps import MAX_NAME, Challenge, Step, Token

_HEADER = re.compile(r"n,(?:a=(?P<name>[^,\0\x01]*))?,\Z")
_FIELD = re.compile(r"(?P<key>[A-Za-z]+)=(?P<value>[\t\r\n -~\x80-\U0010ffff]*)\Z")
_BEARER = re.compile(r"Bearer +(?P<token>[A-Za-z0-9._~+/-]+=*) *\Z", re.IGNORECASE)
_INVALID = b'{"status":"invalid_token","schemes":"bearer","scope":"mail"}'
_INVALID_X = b'{"status":"401","schemes":"bearer","scope":"mail"}'


class OAuthBearer:
    """client-resp = gs2-header kvsep *kvpair kvsep        RFC 7628 §3.1"""

    def step(self, response: bytes | None) -> Step:
        if response is None:
            return Challenge(b"")
        head, *fields = _split(response)
        found = _HEADER.match(head)
        if found is None:
            raise ProtocolError("OAUTHBEARER begins with n,")
        name = (found["name"] or "").replace("=2C", ",").replace("=3D", "=")
        return Token(_name(name), _token(fields), _INVALID)


class XOAuth2:
    """ "user=" name ^A "auth=Bearer " token ^A ^A"""

    def step(self, response: bytes | None) -> Step:
        if response is None:
            return Challenge(b"")
        head, *fields = _split(response)
        if not head.startswith("user="):
            raise ProtocolError("XOAUTH2 begins with user=")
        return Token(_name(head.removeprefix("user=")), _token(fields), _INVALID_X)


def _split(response: bytes) -> list[str]:
    """The first field and the others; there are two ^A at the end."""
    try:
        head, *fields = response.decode("utf-8").split("\x01")
    except UnicodeDecodeError:
        raise ProtocolError("The message is not UTF-8") from None
    if len(fields) < 2 or fields[-2:] != ["", ""]:
        raise ProtocolError("The message ends with two ^A")
    return [head, *fields[:-2]]


def _name(text: str) -> str:
    if len(text) > MAX_NAME:
        raise ProtocolError("The name is too long")
    return saslprep(text, mixed=True) if text else ""


def _token(fields: list[str]) -> str:
    found = [_FIELD.match(one) for one in fields]
    values = [one["value"] for one in found if one is not None and one["key"].lower() == "auth"]
    if None in found or len(values) != 1:
        raise ProtocolError("One field auth= was expected")
    bearer = _BEARER.match(values[0])
    if bearer is None:
        raise ProtocolError("A bearer token was expected")
    return bearer["token"]
