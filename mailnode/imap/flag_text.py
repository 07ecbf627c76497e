"""Stored flags as the wire has them."""

from __future__ import annotations

from functools import lru_cache

from mailnode.store.flags import Flags


@lru_cache(maxsize=8192)
def flag_text(bits: int, keywords: str, recent: bool) -> bytes:
    """What stands between the parentheses of FLAGS."""
    names = [*Flags(bits, keywords)]
    if recent:
        names.append("\\Recent")
    return " ".join(names).encode("ascii", "replace")
