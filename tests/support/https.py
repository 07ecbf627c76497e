"""A web server on loopback that has one text, over TLS."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field

from tests.support.smtp_peer import SILENT


@dataclass(slots=True)
class TextServer:
    """``async with TextServer(tls, text) as server``: answers every request with ``text`` on ``server.port``.

    ``head`` may be another status line with fields; the text `SILENT` means no answer at all. With ``held`` requests
    are answered once that is set.
    """

    tls: ssl.SSLContext
    text: str
    head: str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain"
    host: str = "127.0.0.1"
    port: int = 0
    held: asyncio.Event | None = None
    requests: list[str] = field(default_factory=list)
    server: asyncio.Server | None = None

    async def __aenter__(self) -> TextServer:
        self.server = await asyncio.start_server(self._answer, self.host, self.port, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.server is not None
        self.server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(request.decode())
            if self.text == SILENT:
                await reader.read()
            if self.held is not None:
                await self.held.wait()
            writer.write(f"{self.head}\r\n\r\n{self.text}".encode())
            await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()
