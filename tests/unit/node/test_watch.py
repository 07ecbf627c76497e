"""Certificates that change on the disk are loaded without anybody being told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailnode import certificates
from mailnode.lmtp import serve
from mailnode.node import worker
from tests.support.imapd import ReadingServer
from tests.support.ports import until


def test_a_changed_file_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "CERTIFICATE_SECONDS", 0.01)
    with ReadingServer(serve, tmp_path) as server:
        tls = server.context.tls
        assert isinstance(tls, certificates.ServerContext)
        before = tls.end_point

        async def watch() -> None:
            stop = asyncio.Event()
            watching = asyncio.create_task(worker.watch_certificates(server.context, stop))
            await asyncio.sleep(0)
            certificates.files(server.settings).key.unlink()
            await asyncio.to_thread(certificates.make, server.settings)
            await asyncio.to_thread(until, lambda: tls.end_point != before, 60)
            stop.set()
            await watching

        server.call(watch())
