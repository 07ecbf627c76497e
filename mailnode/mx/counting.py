"""Strangers' mail, counted for the reports that other domains ask for (RFC 9990), and written down now and then.

Nothing is counted unless reports are sent, and nobody waits for it: a door keeps its counts for some seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from mailnode import log
from mailnode.findings import Action
from mailnode.mx.judgement import Judgement
from mailnode.offload import Offload
from mailnode.reports import dmarc_seen
from mailnode.reports.dmarc_seen import DAY, Seen
from mailnode.senderauth.check import Verdict
from mailnode.smtpd.reception import Envelope, Peer

SECONDS = 10.0
MOST = 10_000  # kinds that wait; what comes beyond is not counted

_log = log.get("mx")


class Counting:
    """One for a door. To be used in its event loop."""

    def __init__(self, offload: Offload) -> None:
        self._offload = offload
        self._waiting: Counter[tuple[int, str, Seen]] = Counter()
        self._writing: asyncio.Task[None] | None = None
        offload.on_close(self._write_last)

    def add(self, peer: Peer, envelope: Envelope, verdict: Verdict, judgement: Judgement) -> None:
        """One message that was decided on; one that is to come again counts then."""
        if judgement.action is Action.DEFER:
            return
        sender = envelope.sender.domain if envelope.sender else ""
        found = dmarc_seen.seen(verdict, peer.address, sender, _done(judgement.action))
        if found is None:
            return
        key = (int(time.time() // DAY), *found)
        if key in self._waiting or len(self._waiting) < MOST:
            self._waiting[key] += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(SECONDS)
            batch = self._taken()
            try:
                await self._offload.write(lambda tx, batch=batch: dmarc_seen.add(tx, batch))  # type: ignore[misc]
            except Exception:
                _log.exception("not counted", kinds=len(batch))

    def _write_last(self) -> None:
        batch = self._taken()
        if batch:
            self._offload.write_now(lambda tx: dmarc_seen.add(tx, batch))

    def _taken(self) -> Counter[tuple[int, str, Seen]]:
        batch, self._waiting = self._waiting, Counter()
        return batch


def _done(action: Action) -> str:
    if action is Action.REJECT:
        return "reject"
    return "quarantine" if action >= Action.JUNK else "none"
