"""DKIM keys renew themselves: made ahead, taken once the live DNS has their records, and forgotten in their time.

People have to enter the records: the administrators of the domain get them by mail.

Several processes may do this; each step is a transaction that finds what another has done.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import utcnow
from mailnode.directory import dkim_rotation, domains
from mailnode.directory.dkim_rotation import Awaited
from mailnode.dispatch import rotation_notice
from mailnode.offload import Offload
from mailnode.resolver import Resolver
from mailnode.senderauth import tags
from mailnode.senderauth.dkim_keys import Algorithm

PAUSE = 300.0  # seconds between two rounds

_log = log.get("dispatch")


class Rotation:
    """One for a process. ``days`` is how old a key gets; 0: new ones are made by hand only."""

    def __init__(self, offload: Offload, resolver: Resolver, days: int, hostname: str) -> None:
        self._offload = offload
        self._resolver = resolver
        self._days = days
        self._hostname = hostname

    async def round(self) -> None:
        """Do what is due."""
        if self._days:
            older_than = utcnow() - timedelta(days=self._days)
            for name in await self._offload.read(partial(dkim_rotation.due, older_than=older_than)):
                await self._begin(name, older_than)
        for one in await self._offload.read(dkim_rotation.awaited):
            if await self._is_published(one):
                await self._offload.write(partial(dkim_rotation.switch, key_id=one.id, now=utcnow()))
                _log.info("dkim key taken", domain=one.domain, record=one.name)
        await self._offload.write(partial(dkim_rotation.drop, now=utcnow()))

    async def _begin(self, name: str, older_than: datetime) -> None:
        keys = await self._offload.labour(domains.new_dkim_keys)
        made = await self._offload.write(lambda tx: self._made(tx, name, keys, older_than))
        if made:
            _log.info("dkim keys made", domain=name, selectors=made)

    def _made(self, tx: Session, name: str, keys: Sequence[tuple[Algorithm, str]], older_than: datetime) -> list[str]:
        """Nothing where another node has been quicker: whoever makes them tells."""
        domains.locked(tx, name)
        if name not in dkim_rotation.due(tx, older_than):
            return []
        now = utcnow()
        selectors = dkim_rotation.begin(tx, name, keys, now)
        rotation_notice.tell(tx, name, self._days, self._hostname, now)
        return selectors

    async def _is_published(self, one: Awaited) -> bool:
        """Whether the DNS has the key, and nothing else at its name (RFC 6376 §3.6.2.2)."""
        answer = await self._resolver.txt(one.name)
        return not answer.temporary and [_public(text) for text in answer.records] == [_public(one.value.encode())]


def _public(record: bytes) -> str:
    return re.sub(r"\s", "", (tags.parse(record) or {}).get("p", ""))
