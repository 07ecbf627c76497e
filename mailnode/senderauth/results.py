"""Authentication-Results (RFC 8601): written by us, and taken away where it is forged.

    authres-header-field = "Authentication-Results:" authres-payload
    authres-payload      = [CFWS] authserv-id [ CFWS authres-version ] ( no-result / 1*resinfo ) [CFWS] CRLF

A field that arrives from outside and claims our own name is removed before anybody can believe it (§5). It is
enough that its first word is our name, however broken the rest is: whoever reads it may be more lenient than we.

What came from a peer (addresses, domains, reasons) is cut and cleaned before it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailnode.message import headers
from mailnode.octets import Octets, with_head
from mailnode.proto.address import parse_domain
from mailnode.proto.replies import Refused
from mailnode.senderauth import results_read
from mailnode.senderauth.results_read import MethodResult

MAX_VALUE = 320  # characters of one property
NAME = b"Authentication-Results"
_OWN = NAME.lower()

# What may stand without quotes as a property's value: a token, or [local-part] "@" domain.
_PLAIN = re.compile(r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]*@)?[A-Za-z0-9!#$%&'*+.^_`{|}~\u0080-\U0010ffff-]+\Z")
_UNSAFE = re.compile(r"[^ -~\u00a1-\u200a\u2010-\u2027\u2030-\ud7ff\ue000-\U0010ffff]+")
_UNSAFE_COMMENT = re.compile(r"[^ !-'*-\[\]-~]+")


def value(authserv_id: str, results: Iterable[MethodResult]) -> bytes:
    """The field's value, folded, without a line end. No result at all is ``none``."""
    written = [_written(one) for one in results] or ["none"]
    return ";\r\n\t".join([_value(authserv_id), *written]).encode()


def field(authserv_id: str, results: Iterable[MethodResult]) -> bytes:
    """The whole field with its CRLF."""
    return NAME + b": " + value(authserv_id, results) + b"\r\n"


def _written(one: MethodResult) -> str:
    text = f"{one.method}={one.result}"
    if one.comment:
        text += f" ({_UNSAFE_COMMENT.sub(' ', one.comment[:MAX_VALUE])})"
    if one.reason:
        text += f" reason={_quoted(one.reason)}"
    lines = [text]
    for each in one.properties:
        if each.value:
            word = f"{each.kind}.{each.name}={_value(each.value)}"
            if len(lines[-1]) + len(word) > 70:
                lines.append(word)
            else:
                lines[-1] += f" {word}"
    return "\r\n\t ".join(lines)


def _value(text: str) -> str:
    text = text[:MAX_VALUE]
    return text if _PLAIN.match(text) else _quoted(text)


def _quoted(text: str) -> str:
    text = _UNSAFE.sub(" ", text[:MAX_VALUE])
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def without_forged(raw: Octets, authserv_id: str) -> Octets:
    """The message without the Authentication-Results fields that claim to be ours."""
    header_end, _ = headers.split(raw)
    head = raw if isinstance(raw, bytes) else raw[:header_end]
    if b"\n" + _OWN not in b"\n" + head[:header_end].lower():
        return raw
    kept, start = [], 0
    for found in headers.matches(head, 0, header_end):
        if found[1].lower() == _OWN and claims(found[2], authserv_id):
            kept.append(head[start : found.start()])
            start = found.end()
    return with_head(raw, b"".join(kept), start)


def claims(text: bytes, authserv_id: str) -> bool:
    """Whether a field's value begins with this name, or with none that can be read, whatever follows."""
    name = results_read.first_word(text).lower().removesuffix(".")
    if not name.isascii():
        try:
            name = parse_domain(name)
        except Refused:
            return False
    return name in ("", authserv_id.lower().removesuffix("."))


def own(raw: bytes, authserv_id: str) -> list[bytes]:
    """What the fields of this name say behind it, unfolded, in order: to be repeated in an ARC set."""
    found = []
    for text in headers.get_all(raw, NAME):
        if claims(text, authserv_id):
            said = text.partition(b";")[2].strip(b" \t\r;")
            if said:
                found.append(said)
    return found
