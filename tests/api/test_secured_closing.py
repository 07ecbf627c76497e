"""How a connection by TLS is closed, with a server behind it that answers once."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import pytest

from backend import secured
from backend.secured import Inside, Secured
from mailnode import certificates
from mailnode.listening import bind
from mailnode.settings import Listen, Settings
from tests.support import ports
from tests.support.client import trusting

HOST = "mail.example.com"
ANSWER = b"y" * 400_000
LITTLE = 4096  # bytes that the system keeps for each side


class Once:
    """In granian's place: it answers whatever it is asked, and closes the connection."""

    def __init__(self, inside: Inside, listen: Listen) -> None:
        self._listen = listen
        self._stopped = asyncio.Event()

    async def serve(self) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(ANSWER)
            writer.close()

        server = await asyncio.start_server(answer, self._listen.host, self._listen.port, reuse_port=True)
        await self._stopped.wait()
        server.close()

    def stop(self) -> None:
        self._stopped.set()


def tight(listen: Listen) -> list[socket.socket]:
    made = bind(listen)
    for one in made:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LITTLE)
    return made


def read_late(port: int, seconds: float) -> int:
    """Ask, and take nothing for so long; how many bytes come."""
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
        raw.settimeout(60)
        raw.connect(("127.0.0.1", port))
        with trusting().wrap_socket(raw, server_hostname=HOST) as tls:
            tls.sendall(b"?")
            time.sleep(seconds)
            return sum(iter(lambda: len(tls.recv(LITTLE)), 0))


def test_the_end_of_an_answer_waits_for_who_takes_it_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the connection is closed behind it, as ``Connection: close`` asks."""
    monkeypatch.setattr(secured, "bind", tight)
    settings = Settings(data_dir=tmp_path, hostname=HOST, listen_https=f"127.0.0.1:{ports.free()}")
    certificates.make(settings)

    async def run() -> int:
        made = Secured(settings, None, Once)  # type: ignore[arg-type]  # Once asks no front
        serving = asyncio.create_task(made.serve())
        port = settings.listen_https[0].port
        await asyncio.to_thread(ports.listening, "127.0.0.1", port)
        found = await asyncio.to_thread(read_late, port, secured.GOODBYE_SECONDS + 2)
        made.stop()
        made.stop()  # harmless
        await serving
        return found

    assert asyncio.run(run()) == len(ANSWER)
