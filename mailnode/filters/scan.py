"""All configured filters, asked about one message.

Scanners and the chain of milters are asked at the same time. Milters come one after the other, each shown what the one
before has made of the message. A filter that fails is a finding, too: by the settings the message is taken without
its word, or the sender asked to come again. After a filter has kept somebody waiting in vain it is not asked for a
while, so that one filter that hangs does not make all mail wait; who waited for a turn with it only, because many had
come, does not count: else a flood would switch it off.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from mailnode import log
from mailnode.filters import changes
from mailnode.filters.clamd import Clamd
from mailnode.filters.connections import BROKEN
from mailnode.filters.milter import Milter
from mailnode.filters.rspamd import Rspamd
from mailnode.filters.spamd import SIZE_LIMIT, Spamd
from mailnode.filters.values import Asked, Scanned, Told
from mailnode.findings import Action, Finding, harshest
from mailnode.octets import joined
from mailnode.proto.milter import AddRecipient, ChangeSender, DeleteRecipient
from mailnode.proto.replies import Reply
from mailnode.settings import FilterAt, Settings

UNAVAILABLE = Reply(451, "4.7.1", "A content filter cannot be asked at the moment; try again later")
REST = 30.0  # seconds for which a filter that let us wait is not asked
_log = log.get("filters")

Client = Rspamd | Spamd | Clamd | Milter


class Filters:
    """One for a process. Use it from one event loop; `close` it at the end.

    An object without filters is false, and need not be asked.
    """

    def __init__(self, settings: Settings) -> None:
        asked = [_Filter(place, settings) for place in settings.filters]
        self._scanners = [one for one in asked if one.kind != "milter"]
        self._milters = [one for one in asked if one.kind == "milter"]

    def __bool__(self) -> bool:
        return bool(self._scanners or self._milters)

    async def scan(self, asked: Asked) -> Scanned:
        """Ask all of them at once. Never raises for what a filter does: a filter that fails is a finding, too."""
        scanners = asyncio.gather(*(one.ask(asked) for one in self._scanners))
        told, scanned = await asyncio.gather(scanners, self._through_milters(asked))
        for one in told:
            scanned = _joined(scanned, one)
        return scanned

    async def _through_milters(self, asked: Asked) -> Scanned:
        """Until one refuses the message."""
        scanned = Scanned(asked.content)
        for one in self._milters:
            told = await one.ask(_as_left(asked, scanned))
            scanned = _for_somebody(asked, _joined(scanned, told))
            if told.finding.action is not None and told.finding.action >= Action.DEFER:
                break
        return scanned

    def close(self) -> None:
        """Give up the connections that wait for the next message."""
        for one in (*self._scanners, *self._milters):
            one.close()


class _Filter:
    """One filter with what the settings say about it."""

    def __init__(self, place: FilterAt, settings: Settings) -> None:
        self.kind = place.kind
        self._client = _client(place, settings)
        self._seconds = settings.filters_timeout if place.timeout is None else place.timeout
        limit = SIZE_LIMIT if place.kind == "spamd" else settings.filters_size_limit
        self._limit = min(limit, settings.filters_size_limit) if place.size is None else place.size
        closed = (place.on_failure or settings.filters_on_failure) == "closed"
        self._on_failure = Action.DEFER if closed else None
        self._rests_until = 0.0

    async def ask(self, asked: Asked) -> Told:
        if len(asked.content) > self._limit:
            return Told(Finding(self.kind, 0.0, f"not asked: the message is larger than {self._limit} octets"))
        if self._rests:
            return self._failed("it did not answer a moment ago")
        turns = self._client.connections.turns
        try:
            async with asyncio.timeout(self._seconds):
                await turns.acquire()
        except TimeoutError:  # not its fault: the next message may have a turn
            return self._failed("too many messages wait for it")
        try:
            return await self._asked(asked)
        finally:
            turns.release()

    @property
    def _rests(self) -> bool:
        return time.monotonic() < self._rests_until

    async def _asked(self, asked: Asked) -> Told:
        if self._rests:
            return self._failed("it did not answer a moment ago")
        try:
            async with asyncio.timeout(self._seconds):
                return await self._client.ask(asked)
        except TimeoutError:
            self._rests_until = time.monotonic() + REST
            return self._failed(f"no answer within {self._seconds:g} seconds")
        except BROKEN as error:
            return self._failed(str(error) or type(error).__name__)

    def _failed(self, why: str) -> Told:
        _log.warning("filter failed", filter=self.kind, reason=why)
        finding = Finding(self.kind, 0.0, f"it could not be asked: {why}", self._on_failure)
        return Told(finding, reply=UNAVAILABLE if self._on_failure else None, failed=True)

    def close(self) -> None:
        self._client.connections.close()


def _client(place: FilterAt, settings: Settings) -> Client:
    match place.kind:
        case "rspamd":
            return Rspamd(place, settings.hostname)
        case "spamd":
            return Spamd(place, settings.hostname)
        case "clamd":
            return Clamd(place)
        case "milter":
            return Milter(place, settings.hostname, settings.message_size_limit)


def _as_left(asked: Asked, scanned: Scanned) -> Asked:
    """What the next milter is shown."""
    content = joined([scanned.fields, scanned.content]) if scanned.fields else scanned.content
    kept = [one for one in asked.recipients if one not in scanned.removed]
    recipients = (*kept, *(one for one in scanned.added if one not in kept))
    sender = asked.sender if scanned.sender is None else scanned.sender
    return replace(asked, content=content, sender=sender, recipients=recipients)


def _for_somebody(asked: Asked, scanned: Scanned) -> Scanned:
    """A message that milters leave no recipient would be thrown away silently: it is kept apart, for all of them."""
    if _as_left(asked, scanned).recipients:
        return scanned
    nobody = Finding("milter", 0.0, "it would deliver the message to nobody", Action.QUARANTINE)
    return replace(scanned, findings=(*scanned.findings, nobody), removed=())


def _joined(before: Scanned, told: Told) -> Scanned:
    """What one more filter makes of it. Only the harshest filter's own words are passed on."""
    fields, content = changes.apply(told.changes, before.content, before.fields)
    findings = (*before.findings, told.finding)
    reply = told.reply if harshest(findings) is told.finding else before.reply
    sender, added, removed = before.sender, list(before.added), list(before.removed)
    for change in told.changes:
        match change:
            case ChangeSender(address):
                sender = address.decode("utf-8", "replace")
            case AddRecipient(address):
                _move(address, removed, added)
            case DeleteRecipient(address):
                _move(address, added, removed)
    failed = before.failed + told.failed
    return Scanned(content, fields, findings, sender, tuple(added), tuple(removed), reply, failed)


def _move(address: bytes, source: list[str], target: list[str]) -> None:
    name = address.decode("utf-8", "replace")
    if name in source:
        source.remove(name)
    elif name not in target:
        target.append(name)
