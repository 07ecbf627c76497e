"""Trace fields: what a message says about its way (RFC 5321 §4.4), and what a submission completes (RFC 6409 §8).

Nothing here is refused: values that come from the peer (its greeting, addresses) are cut and cleaned, so
that no one can write a field of their own into ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, tzinfo
from email.utils import format_datetime
from functools import lru_cache

from mailnode.message import headers
from mailnode.octets import Octets, with_head

MAX_WORD = 255
MAX_PATH = 900

_NO_WORD = re.compile(r"[^!-~\u00a0-\U0010ffff]+|[()<>;,\\\"]+")
_UNSAFE_IN_COMMENT = re.compile(r"[^ !-'*-\[\]-~\u00a0-\U0010ffff]+")
_ANGLE = b"<>"


def received(
    *,
    helo: str,
    peer: str,
    ptr: str | None,
    by: str,
    protocol: str,
    id: str,
    recipient: str | None,
    when: datetime,
    tls: str | None = None,
) -> bytes:
    """The Received field of this station, folded, with its line end.

    ``peer`` is an IP address; ``ptr`` its verified name; ``protocol`` one of the "with" names of RFC 3848 and
    RFC 6531 §4.3; ``tls`` words such as "TLSv1.3 TLS_AES_256_GCM_SHA384 X25519"; ``recipient`` only when there is
    one, because a Bcc recipient must not show (RFC 5321 §7.6).
    """
    way = _way(helo[:MAX_WORD], peer, ptr, by, protocol, tls)
    to = f"\r\n\tfor <{_path(recipient)}>" if recipient else ""
    return f"{way} id {_word(id)}{to};\r\n\t".encode() + rfc5322_date(when) + b"\r\n"


@lru_cache(256)
def _way(helo: str, peer: str, ptr: str | None, by: str, protocol: str, tls: str | None) -> str:
    """All of it that is the same for the next message of this client."""
    literal = f"[IPv6:{peer}]" if ":" in peer else f"[{peer}]"
    known = f"{_word(ptr)} {literal}" if ptr else literal
    using = f"\r\n\t(using {_comment(tls)})" if tls else ""
    return f"Received: from {_word(helo) or 'unknown'} ({known}){using}\r\n\tby {_word(by)} with {_word(protocol)}"


def rfc5322_date(when: datetime) -> bytes:
    """``Wed, 25 Nov 2026 09:34:59 +0000``, in English whatever the locale."""
    return _date(int(when.timestamp() // 1), when.tzinfo)


@lru_cache(16)
def _date(seconds: int, zone: tzinfo | None) -> bytes:
    return format_datetime(datetime.fromtimestamp(seconds, zone)).encode("ascii")


def at_final_delivery(sender: str, recipient: str) -> bytes:
    """What final delivery puts in front: the reverse-path (RFC 5321 §4.4) and who got it (RFC 9228 §3)."""
    return f"Return-Path: <{_path(sender)}>\r\nDelivered-To: {_path(recipient)}\r\n".encode()


def names_recipient(delivered_to: Collection[bytes], recipient: str) -> bool:
    """True when one of these Delivered-To values is this mailbox: delivering again would loop (RFC 9228 §4)."""
    if not delivered_to:
        return False
    wanted = _path(recipient).encode().lower()
    return any(value.strip(_ANGLE).lower() == wanted for value in delivered_to)


def complete_submission(raw: Octets, *, now: datetime, message_id_domain: str, unique: str) -> Octets:
    """The message as it may leave: with Date and Message-ID (RFC 6409 §8.1, §8.3), without Bcc and Return-Path.

    Only what is missing is added, in front; the rest of the bytes stay as they are, signatures hold.
    """
    header_end, _ = headers.split(raw)
    head = raw if isinstance(raw, bytes) else raw[:header_end]
    kept: list[bytes] = []
    names: set[bytes] = set()
    start = 0
    for field in headers.matches(head, 0, header_end):
        name = field[1].lower()
        names.add(name)
        if name in (b"bcc", b"resent-bcc", b"return-path"):
            kept.append(head[start : field.start()])
            start = field.end()
    added = b""
    if b"date" not in names:
        added += b"Date: " + rfc5322_date(now) + b"\r\n"
    if b"message-id" not in names:
        added += f"Message-ID: <{_word(unique)}@{_word(message_id_domain)}>\r\n".encode()
    if not names and not raw[:2].startswith((b"\r\n", b"\n")):
        added += b"\r\n"  # there was no header at all: what came is all body
    return with_head(raw, added + b"".join(kept), start)


def _word(text: str | None) -> str:
    return _NO_WORD.sub("", (text or "")[:MAX_WORD])


def _comment(text: str) -> str:
    return _UNSAFE_IN_COMMENT.sub("", text[:MAX_WORD])


def _path(address: str) -> str:
    """An address between angle brackets: anything but controls, and no bracket that would end it."""
    if len(address) <= MAX_PATH and address.isprintable() and "<" not in address and ">" not in address:
        return address
    return "".join(each for each in address[:MAX_PATH] if each.isprintable() and each not in "<>")
