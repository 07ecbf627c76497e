"""The DNS as strangers may make us ask it: every question has its time, and a resolver that says nothing is let be.

A name server far away that is slow costs its own mail a few seconds. Where several questions one after the other
were not answered, the resolver is asked for a name that it answers by itself (``invalid``, RFC 6761 §6.4). If it says
nothing to that either, all questions are TEMPORARY at once until it does, so that nobody waits for it: what has to be
looked up is put off, as by `reject_unknown_sender_domain`, and everything else goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from itertools import count
from typing import Any, TypeVar

from mailnode import log
from mailnode.resolver import Answer, MxAnswer, NameAnswer, Status, TextAnswer
from mailnode.senderauth.lookup import Lookup

T = TypeVar("T")
SECONDS = 3.0
UNHEARD = 4  # questions without an answer, and none in between
AGAIN = 1.0  # seconds between two attempts at a silent resolver

_log = log.get("mx")
_numbers = count(1)


class Bounded:
    """What `senderauth.lookup.Lookup` asks of a resolver."""

    def __init__(self, resolver: Lookup, *, seconds: float | None = None) -> None:
        self._resolver = resolver
        self._seconds = SECONDS if seconds is None else seconds
        self._unheard = 0
        self.silent = False
        self._listening: asyncio.Task[None] | None = None

    def kept(self, name: str, kind: str) -> Answer[Any] | None:
        """What the resolver knows already needs no limit of time."""
        return None if self.silent else self._resolver.kept(name, kind)

    async def a(self, name: str) -> NameAnswer:
        return self.kept(name, "A") or await self._ask(self._resolver.a(name))

    async def aaaa(self, name: str) -> NameAnswer:
        return self.kept(name, "AAAA") or await self._ask(self._resolver.aaaa(name))

    async def mx(self, name: str) -> MxAnswer:
        return self.kept(name, "MX") or await self._ask(self._resolver.mx(name))

    async def txt(self, name: str) -> TextAnswer:
        return self.kept(name, "TXT") or await self._ask(self._resolver.txt(name))

    async def ptr(self, address: str) -> NameAnswer:
        return await self._ask(self._resolver.ptr(address))

    async def _ask(self, asking: Coroutine[Any, Any, Answer[T]]) -> Answer[T]:
        if self.silent:
            asking.close()
            return Answer(Status.TEMPORARY)
        answer = await self._in_time(asking)
        if answer is not None:
            self._unheard = 0
            return answer
        self._unheard += 1
        if self._unheard >= UNHEARD and (self._listening is None or self._listening.done()):
            self._listening = asyncio.create_task(self._listen())
        return Answer(Status.TEMPORARY)

    async def _in_time(self, asking: Coroutine[Any, Any, T]) -> T | None:
        try:
            async with asyncio.timeout(self._seconds):
                return await asking
        except TimeoutError:
            return None

    async def _listen(self) -> None:
        """Ask what any resolver knows, each time by a name that is not kept yet, until it is answered."""
        while await self._in_time(self._resolver.a(f"mailnode-{next(_numbers)}.invalid")) is None:
            if not self.silent:
                _log.warning("the resolver does not answer; what has to be looked up is put off until it does")
            self.silent = True
            await asyncio.sleep(AGAIN)
        if self.silent:
            _log.info("the resolver answers again")
        self.silent, self._unheard = False, 0
