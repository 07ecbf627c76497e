"""Passwords: argon2id hashes, and how they are compared.

One verification takes about 20 ms of one core and 19 MiB (RFC 9106 with the parameters that OWASP
names for a login server); callers bound how many run at once. argon2 lets go of the interpreter
lock, so a thread is enough.

A password is text in NFC with every kind of space as an ordinary one (RFC 8265 §4.2.1), so that it
does not matter which keyboard typed it.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mailnode.errors import WeakPassword

MINIMUM, MAXIMUM = 8, 1024  # characters
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def prepare(password: str) -> bytes:
    """The bytes that are hashed and compared."""
    if password.isascii():
        return password.encode()
    spaced = "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in password)
    return unicodedata.normalize("NFC", spaced).encode("utf-8", "surrogatepass")


def check_strength(password: str) -> None:
    """Raises WeakPassword for what is too short, too long, or cannot be typed."""
    if not MINIMUM <= len(password) <= MAXIMUM:
        raise WeakPassword
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in password):
        raise WeakPassword("A password has no control characters")


def hashed(password: str) -> str:
    """A new hash in PHC form; takes about 20 ms."""
    return _HASHER.hash(prepare(password))


def verify(hash_: str | None, password: str) -> bool:
    """Is it the password? Without a hash (no such user) the same time is spent, and the answer is no."""
    try:
        return _HASHER.verify(hash_ or _nobody(), prepare(password)) and hash_ is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(hash_: str) -> bool:
    """True where the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(hash_)


@lru_cache(maxsize=1)
def _nobody() -> str:
    """The hash that unknown users are compared with."""
    return hashed("nobody has this password")
