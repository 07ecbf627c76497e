"""What the checks ask the DNS: the part of the resolver that they use, so that a test can give a dictionary.

An answer is a value that says how the question ended, see `mailnode.resolver`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, Protocol

from mailnode.resolver import Answer, MxAnswer, NameAnswer, Status, TextAnswer

__all__ = ["Answer", "Lookup", "Status", "texts"]


class Lookup(Protocol):
    """Questions by name; ``ptr`` takes an IP address. ``kept`` is an answer that is known without a question, where
    there is one; its kinds are A, AAAA, MX and TXT."""

    def kept(self, name: str, kind: str) -> Answer[Any] | None: ...

    async def a(self, name: str) -> NameAnswer: ...

    async def aaaa(self, name: str) -> NameAnswer: ...

    async def mx(self, name: str) -> MxAnswer: ...

    async def txt(self, name: str) -> TextAnswer: ...

    async def ptr(self, address: str) -> NameAnswer: ...


async def texts(lookup: Lookup, names: Collection[str]) -> list[TextAnswer]:
    """What stands in the TXT records at these names, all asked for at the same time. What is known already, as it is of
    whoever writes often, and a single question need no task."""
    known = [lookup.kept(name, "TXT") for name in names]
    if known.count(None) > 1:
        return await asyncio.gather(*map(lookup.txt, names))
    return [found or await lookup.txt(name) for name, found in zip(names, known, strict=True)]
