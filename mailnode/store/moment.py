"""A time as people say it: ``2026-11-20T08:00:00+08:00``, ``2026-11-20T00:00:00Z``, or ``2h``, ``3d12h`` ago.

RFC 3339 §5.6 in what `datetime.fromisoformat` takes of it, always with a zone: which day it was depends on that.
"""

from __future__ import annotations

import re
from datetime import datetime

from mailnode.errors import BadMoment

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_duration = re.compile(r"(?:\d{1,9}[smhdw])+", re.ASCII)
_piece = re.compile(r"(\d+)([smhdw])", re.ASCII)


def parse(text: str, now: int) -> int:
    """Seconds since the epoch; ``now`` is what durations go back from. Raises BadMoment, also for the future."""
    words = text.strip().lower().removesuffix("ago").replace(" ", "")
    if _duration.fullmatch(words):
        found = now - sum(int(number) * UNITS[unit] for number, unit in _piece.findall(words))
    else:
        found = _absolute(text.strip())
    if not 0 <= found <= now:
        raise BadMoment
    return found


def _absolute(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise BadMoment
        return int(found.timestamp())
    except (ValueError, OverflowError) as error:
        raise BadMoment from error
