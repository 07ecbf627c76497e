"""Flags and keywords: how they are spelled and which may be stored.

    flag         = "\\Answered" / "\\Flagged" / "\\Deleted" / "\\Seen" / "\\Draft" / flag-keyword / flag-extension
    flag-keyword = "$MDNSent" / "$Forwarded" / "$Junk" / ... / atom          RFC 9051 §9

System flags are known in any case and kept in the RFC's spelling. Keywords are compared without case
and kept as first written (RFC 9051 §2.3.2). ``\\Recent`` is the server's alone.
"""

from __future__ import annotations

from mailnode.errors import ProtocolError

ANSWERED = "\\Answered"
DELETED = "\\Deleted"
DRAFT = "\\Draft"
FLAGGED = "\\Flagged"
SEEN = "\\Seen"
RECENT = "\\Recent"

SYSTEM_FLAGS = (ANSWERED, FLAGGED, DELETED, SEEN, DRAFT)
MAX_KEYWORD = 100

_SPELLING = {flag.lower(): flag for flag in SYSTEM_FLAGS}


def parse_flag(text: str) -> str:
    """One flag that a client may set, in its one spelling. ``\\Recent`` and unknown ``\\`` flags are refused."""
    if text.startswith("\\"):
        known = _SPELLING.get(text.lower())
        if known is None:
            raise ProtocolError(f"{text} is not a flag that can be set")
        return known
    if len(text) > MAX_KEYWORD:
        raise ProtocolError(f"A keyword is at most {MAX_KEYWORD} characters long")
    return text


def unique(flags: list[str]) -> tuple[str, ...]:
    """The flags without repetitions, keywords compared without case, in the order given."""
    return tuple({flag.lower(): flag for flag in reversed(flags)}.values())[::-1]
