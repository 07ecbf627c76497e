"""A process's tools with which everything is done as always, and nothing of it stays.

A step that writes runs in a real transaction, which is rolled back; bodies go into a folder that is removed. So what
`mailnode explain` says is what the doors do: it asks the doors themselves.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mailnode import certificates
from mailnode.context import Context
from mailnode.database import begin_write
from mailnode.directory.login import Authenticator
from mailnode.group_commit import Prepare, Step
from mailnode.history import finding
from mailnode.history.finding import Row
from mailnode.offload import Offload
from mailnode.resolver import Resolver
from mailnode.room import Room
from mailnode.settings import Settings
from mailnode.store import opening
from mailnode.store.waker import Waker

T = TypeVar("T")


class Rehearsal(Offload):
    """``rows`` are what the steps have told the history."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, readers=2)
        self.rows: list[Row] = []

    async def write(self, step: Step[T], *, prepare: Prepare | None = None) -> T:
        """Run the step and take it back."""
        return await self.compute(partial(self._rehearse, step, prepare))

    def write_now(self, step: Step[T]) -> T:
        return self._rehearse(step, None)

    def _rehearse(self, step: Step[T], prepare: Prepare | None) -> T:
        if prepare is not None:
            prepare()
        with Session(self.engine) as tx:
            begin_write(tx)
            before = _newest(tx)
            try:
                result = step(tx)
                tx.flush()
                self.rows += [row for row in reversed(finding.everything(tx)) if row.id > before]
            finally:
                tx.rollback()
        return result


def _newest(tx: Session) -> int:
    found = finding.everything(tx, most=1)
    return found[0].id if found else 0


@asynccontextmanager
async def rehearsal(settings: Settings) -> AsyncIterator[tuple[Context, Rehearsal]]:
    """What a door needs, on the installation of the settings."""
    with tempfile.TemporaryDirectory(prefix="mailnode-explain-") as folder:
        elsewhere = {"database_url": settings.database, "data_dir": Path(folder), "blob_url": ""}
        offload = Rehearsal(opening.open_store(settings.model_copy(update=elsewhere)))
        authenticator = Authenticator(offload, at_once=1)
        context = Context(
            settings=settings,
            offload=offload,
            authenticator=authenticator,
            waker=Waker(offload),
            resolver=Resolver(settings.nameservers, validates=settings.dns_validated),
            tls=certificates.context(settings),
            room=Room.for_messages(Path(folder)),
        )
        try:
            yield context, offload
        finally:
            authenticator.close()
            offload.close()
            offload.engine.dispose()
