"""The wildcards of LIST: "*" stands for anything, "%" for anything within one level (RFC 9051 §6.3.9).

The pattern is carried through the name piece by piece as the set of places that it can have come to. So no
pattern takes more than its number of wildcards times the length of the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailnode.errors import ProtocolError

MAX_WILDCARDS = 20
SEPARATOR = "/"
INBOX = "INBOX"


def matcher(reference: str, pattern: str) -> Callable[[str], bool]:
    """A test for names. The reference is simply put in front. Raises ProtocolError for too many wildcards."""
    whole = reference + pattern
    if whole[: len(INBOX)].upper() == INBOX and whole[len(INBOX) : len(INBOX) + 1] in ("", SEPARATOR, "*", "%"):
        whole = INBOX + whole[len(INBOX) :]
    pieces = re.split(r"([*%]+)", whole)
    if len(pieces) > 2 * MAX_WILDCARDS + 1:
        raise ProtocolError(f"A pattern has at most {MAX_WILDCARDS} wildcards")
    return lambda name: _matches(name, pieces)


def _matches(name: str, pieces: list[str]) -> bool:
    reached = [0]
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            reached = [place + len(piece) for place in reached if name.startswith(piece, place)]
        elif "*" in piece:
            reached = [*range(reached[0], len(name) + 1)]
        else:
            reached = _within_levels(name, reached)
        if not reached:
            return False
    return reached[-1] == len(name)


def _within_levels(name: str, reached: list[int]) -> list[int]:
    """Every place from one of these to the end of its level, in order."""
    found: list[int] = []
    for place in reached:
        end = name.find(SEPARATOR, place)
        start = max(place, found[-1] + 1) if found else place
        found += range(start, (len(name) if end < 0 else end) + 1)
    return found
