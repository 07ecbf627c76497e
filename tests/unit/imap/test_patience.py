"""A client that waits is told so (RFC 9585)."""

from __future__ import annotations

import asyncio

import pytest

from mailnode.imap import patience
from mailnode.imap.patience import Patience
from mailnode.proto.imap.commands import Noop


def test_tells_again_and_again_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.02)
    said: list[bytes] = []

    async def wait() -> None:
        waiting = Patience(said.append, Noop("t1"))
        while len(said) < 2:
            await asyncio.sleep(0.01)
        waiting.end()
        told = len(said)
        await asyncio.sleep(0.1)
        assert len(said) == told

    asyncio.run(wait())
    assert said[0].startswith(b'* OK [INPROGRESS ("t1" NIL NIL)] ')
