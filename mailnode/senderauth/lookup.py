"""What the checks ask the DNS: the part of the resolver that they use, so that a test can give a dictionary.

An answer is a value that says how the question ended, see `mailnode.resolver`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Protocol

from mailnode.resolver import Answer, MxAnswer, NameAnswer, Status, TextAnswer

__all__ = ["Answer", "Lookup", "Status", "texts"]


class Lookup(Protocol):
    """Questions by name; ``ptr`` takes an IP address."""

    async def a(self, name: str) -> NameAnswer: ...

    async def aaaa(self, name: str) -> NameAnswer: ...

    async def mx(self, name: str) -> MxAnswer: ...

    async def txt(self, name: str) -> TextAnswer: ...

    async def ptr(self, address: str) -> NameAnswer: ...


async def texts(lookup: Lookup, names: Collection[str]) -> list[TextAnswer]:
    """What stands in the TXT records at these names, all asked for at the same time; a single one needs no task."""
    if len(names) > 1:
        return await asyncio.gather(*map(lookup.txt, names))
    return [await lookup.txt(name) for name in names]
