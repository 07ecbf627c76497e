"""What the checks ask the DNS: the part of the resolver that they use, so that a test can give a dictionary.

An answer is a value that says how the question ended, see `mailnode.resolver`.
"""

from __future__ import annotations

from typing import Protocol

from mailnode.resolver import Answer, MxAnswer, NameAnswer, Status, TextAnswer

__all__ = ["Answer", "Lookup", "Status"]


class Lookup(Protocol):
    """Questions by name; ``ptr`` takes an IP address."""

    async def a(self, name: str) -> NameAnswer: ...

    async def aaaa(self, name: str) -> NameAnswer: ...

    async def mx(self, name: str) -> MxAnswer: ...

    async def txt(self, name: str) -> TextAnswer: ...

    async def ptr(self, address: str) -> NameAnswer: ...
