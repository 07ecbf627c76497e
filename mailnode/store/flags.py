"""A message's flags as the store keeps them: system flags as bits, keywords as sorted words.

Keywords are compared without case, and the first spelling seen in a message stays (RFC 9051 §2.3.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

SEEN, ANSWERED, FLAGGED, DELETED, DRAFT = 1, 2, 4, 8, 16
SYSTEM = {
    "\\seen": SEEN,
    "\\answered": ANSWERED,
    "\\flagged": FLAGGED,
    "\\deleted": DELETED,
    "\\draft": DRAFT,
}
NAMES = ((ANSWERED, "\\Answered"), (FLAGGED, "\\Flagged"), (DELETED, "\\Deleted"), (SEEN, "\\Seen"), (DRAFT, "\\Draft"))
EVERY_BIT = SEEN | ANSWERED | FLAGGED | DELETED | DRAFT
KEYWORD_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Flags:
    """``bits`` of the system flags and ``keywords``, words separated by one blank, sorted."""

    bits: int = 0
    keywords: str = ""

    def __iter__(self) -> Iterator[str]:
        """The flags' names as IMAP writes them."""
        yield from (name for bit, name in NAMES if self.bits & bit)
        yield from self.keywords.split()


@dataclass(frozen=True, slots=True)
class Mask:
    """Which flags may be changed: system flags by their bits, and keywords, all or none."""

    bits: int
    keywords: bool

    def of(self, wanted: Flags) -> Flags:
        """Those of the flags that may be set."""
        return Flags(wanted.bits & self.bits, wanted.keywords if self.keywords else "")

    def over(self, bits: int, keywords: str, wanted: tuple[int, str]) -> tuple[int, str]:
        """What comes of ``bits`` and ``keywords`` when they should become ``wanted``."""
        return (bits & ~self.bits) | (wanted[0] & self.bits), wanted[1] if self.keywords else keywords


EVERY_FLAG = Mask(EVERY_BIT, keywords=True)


@lru_cache(maxsize=4096)
def flags(*names: str) -> Flags:
    """Flags from their IMAP names; ``\\Recent`` and unknown system flags are dropped (RFC 3501 §2.3.2)."""
    bits = 0
    keywords: dict[str, str] = {}
    for name in names:
        lower = name.lower()
        if lower.startswith("\\"):
            bits |= SYSTEM.get(lower, 0)
        elif lower:
            keywords.setdefault(lower, name)
    chosen = sorted(keywords.values(), key=str.lower)[:KEYWORD_LIMIT]
    return Flags(bits, " ".join(chosen))


@lru_cache(maxsize=4096)
def with_keywords(old: str, wanted: str) -> str:
    """``old`` and ``wanted`` together."""
    return flags(*old.split(), *wanted.split()).keywords


@lru_cache(maxsize=4096)
def without_keywords(old: str, unwanted: str) -> str:
    """``old`` less ``unwanted``."""
    gone = {word.lower() for word in unwanted.split()}
    return " ".join(word for word in old.split() if word.lower() not in gone)
