"""A queue manager as a process of its own: ``python -m tests.unit.dispatch.managing_process DATA_DIR RELAY_PORT``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from mailnode.settings import Settings
from mailnode.store.opening import open_store
from tests.support.store import Store
from tests.unit.dispatch.managing import manager


async def work(store: Store, port: int) -> None:
    async with manager(store, port):
        await asyncio.sleep(600)


if __name__ == "__main__":
    made = Settings(data_dir=Path(sys.argv[1]), hostname="mail.example.com", workers=1)
    uvloop.run(work(Store(made, open_store(made)), int(sys.argv[2])))
