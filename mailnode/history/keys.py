"""What a row can be looked up by, each as 64 bits: kind and value, hashed.

Two values may share a hash; whoever reads rows compares the rows themselves where it matters.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from hashlib import blake2b

from mailnode.directory.addresses import normal
from mailnode.errors import BadAddress

SIZE = 8  # octets of a key
_signed = struct.Struct("<q")


def _hash(kind: str, value: str) -> bytes:
    return blake2b(f"{kind}{value}".encode("utf-8", "replace"), digest_size=SIZE).digest()


@lru_cache(4096)
def address(text: str) -> bytes:
    """Of a sender or recipient, however it is spelt; "" is the null sender."""
    return _hash("a", spelling(text))


@lru_cache(4096)
def domain(text: str) -> bytes:
    """Of the domain of an address."""
    return of_domain(spelling(text).rpartition("@")[2])


def of_domain(name: str) -> bytes:
    """Of a domain in its one spelling."""
    return _hash("d", name)


@lru_cache(4096)
def user(user_id: int) -> bytes:
    """Of whoever sent or got the message."""
    return _hash("u", str(user_id))


def message_id(text: str) -> bytes:
    """Of the Message-ID field's value, without brackets."""
    return _hash("m", text)


def trace(text: str) -> bytes:
    """Of the id that a door gave."""
    return _hash("t", text)


def queued(queue_id: int) -> bytes:
    """Of a queue entry."""
    return _hash("q", str(queue_id))


def quarantined(quarantine_id: int) -> bytes:
    """Of a message that is kept back."""
    return _hash("k", str(quarantine_id))


def refused(key: bytes | None = None) -> bytes:
    """Of refusals only: all of them, or those that have this other key as well."""
    return blake2b(b"r" + (key or b""), digest_size=SIZE).digest()


def unpacked(keys: bytes) -> list[int]:
    """As the index has them: signed numbers of 64 bits."""
    return [number for (number,) in _signed.iter_unpack(keys)]


def number(key: bytes) -> int:
    """One key as the index has it."""
    found: int = _signed.unpack(key)[0]
    return found


def spelling(text: str) -> str:
    """Of an address, under which it is found; what is none is compared in small letters."""
    try:
        return normal(text)
    except BadAddress:
        return text.strip().lower()
