"""One thing that an explanation says."""

from __future__ import annotations

from dataclasses import dataclass

from mailnode.history.saying import Pair


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was asked. ``stage`` is restriction, client, limit, directory, check, quota, filter, delivery or
    answer.

    ``says``: what came of it, in English and in Chinese. ``decides``: it ends the matter.
    """

    stage: str
    name: str
    says: Pair
    decides: bool = False
