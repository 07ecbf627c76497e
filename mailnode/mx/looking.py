"""A stranger's message, looked into: who says to have sent it, what it shows by itself, what the content filters say.

All at the same time where there are filters, which take their time; of a message that does not lie in memory one after
the other, because it is read through one window.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from mailnode.database import utcnow
from mailnode.filters.scan import Filters
from mailnode.filters.values import Asked, Scanned
from mailnode.mx import content as contents
from mailnode.mx.judgement import Seen
from mailnode.octets import Octets
from mailnode.senderauth.check import Verdict, check
from mailnode.senderauth.lookup import Lookup
from mailnode.settings import Settings
from mailnode.smtpd.reception import Envelope, Peer

INLINE = 1 << 18  # octets; a larger message is looked at on another thread


@dataclass(frozen=True, slots=True)
class Looked:
    """``verdict`` is None where nobody was asked who sent it; ``scanned`` where no filter was."""

    verdict: Verdict | None = None
    shown: tuple[Seen, ...] = ()
    scanned: Scanned | None = None


class Looking:
    """One for a door."""

    def __init__(self, settings: Settings, resolver: Lookup) -> None:
        self._settings = settings
        self._resolver = resolver
        self._filters = Filters(settings)
        # A filter that knows words judges the content better than we do.
        self._filters_decide = any(one.kind in ("rspamd", "spamd") for one in settings.filters)

    async def look(self, peer: Peer, envelope: Envelope, content: Octets, id_: str) -> Looked:
        asking, scanning = self._verdict(peer, envelope, content), self._scanned(peer, envelope, content, id_)
        if self._filters and isinstance(content, bytes):
            return Looked(*await asyncio.gather(asking, self._shown(content), scanning))
        return Looked(await asking, await self._shown(content), await scanning)

    async def _verdict(self, peer: Peer, envelope: Envelope, content: Octets) -> Verdict | None:
        if not self._settings.senderauth:
            return None
        return await check(
            self._resolver,
            peer.address,
            peer.hello,
            envelope.reverse_path,
            content,
            int(time.time()),
            authserv_id=self._settings.hostname,
        )

    async def _shown(self, content: Octets) -> tuple[Seen, ...]:
        if self._filters_decide:
            return ()
        if len(content) <= INLINE:
            return contents.seen(content, utcnow())
        return await asyncio.to_thread(contents.seen, content, utcnow())

    async def _scanned(self, peer: Peer, envelope: Envelope, content: Octets, id_: str) -> Scanned | None:
        if not self._filters:
            return None
        asked = Asked(
            content,
            envelope.reverse_path,
            tuple(str(one.address) for one in envelope.recipients),
            peer.address,
            peer.port,
            peer.name,
            peer.hello,
            peer.user,
            peer.tls,
            id_,
        )
        return await self._filters.scan(asked)
