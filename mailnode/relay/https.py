"""One small text over HTTPS, or one handed over (RFC 9110, RFC 9112): no redirects, bounded in size and time.

The certificate must be good for the host's name (RFC 8461 §3.3).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from mailnode.resolver import Resolver

T = TypeVar("T")
TIMEOUT = 60.0  # seconds for all of it: RFC 8461 §3.3
CONNECT_TIMEOUT = 5.0  # seconds for one address, TLS and all, while there are others
MAX_ADDRESSES = 4
MAX_HEAD = 16 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: |$)")


class CannotFetch(Exception):
    """There is no such text; ``str(error)`` says why. ``untrusted``: for the certificate's sake."""

    def __init__(self, why: str, *, untrusted: bool = False) -> None:
        super().__init__(why)
        self.untrusted = untrusted


@dataclass(frozen=True, slots=True)
class Https:
    """Fetches. ``port`` is 443 but in tests; ``trust`` holds the authorities that are believed."""

    resolver: Resolver
    trust: ssl.SSLContext
    port: int = 443
    timeout: float = TIMEOUT

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Where the host may be, in the order in which it is tried. Raises CannotFetch where there is none."""
        v6, v4 = await asyncio.gather(self.resolver.aaaa(host), self.resolver.a(host))
        found = (*v4.records, *v6.records)[:MAX_ADDRESSES]
        if not found:
            raise CannotFetch(f"{host}: there is no such host")
        return found

    async def text(self, host: str, addresses: Sequence[str], path: str, most: int) -> bytes:
        """The body of the answer, plain text of at most so many octets. Raises CannotFetch."""
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/plain\r\nConnection: close\r\n\r\n"
        read = partial(_text, most=most)
        return await self._within(host, self._asked(host, addresses, request.encode("ascii", "replace"), read))

    async def post(self, host: str, path: str, kind: str, body: bytes) -> None:
        """Hand over a body of that media type. Raises CannotFetch when it was not taken."""
        fields = f"Host: {host}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close"
        request = f"POST {path} HTTP/1.1\r\n{fields}\r\n\r\n".encode("ascii", "replace")
        addresses = await self.addresses(host)
        await self._within(host, self._asked(host, addresses, request + body, _taken))

    async def _within(self, host: str, asking: Awaitable[T]) -> T:
        try:
            return await asyncio.wait_for(asking, self.timeout)
        except TimeoutError:
            raise CannotFetch(f"{host} did not answer in time") from None
        except ssl.SSLCertVerificationError as error:
            raise CannotFetch(f"{host}: {error.verify_message}", untrusted=True) from error
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:  # ValueError: no name for TLS
            raise CannotFetch(f"{host}: {error}") from error

    async def _asked(
        self,
        host: str,
        addresses: Sequence[str],
        request: bytes,
        read: Callable[[asyncio.StreamReader], Awaitable[T]],
    ) -> T:
        reader, writer = await self._connected(host, addresses)
        try:
            writer.write(request)
            return await read(reader)
        finally:
            writer.transport.abort()

    async def _connected(
        self, host: str, addresses: Sequence[str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reason: OSError | None = None
        for address in addresses:
            try:
                connecting = asyncio.open_connection(
                    address, self.port, ssl=self.trust, server_hostname=host, limit=MAX_HEAD
                )
                return await asyncio.wait_for(connecting, CONNECT_TIMEOUT)
            except ssl.SSLCertVerificationError:
                raise
            except OSError as error:  # TimeoutError is one
                reason = error
        raise reason or OSError("there is no such host")


async def _head(reader: asyncio.StreamReader) -> tuple[bytes, list[bytes]]:
    """The status and the fields of the answer; a redirect is not followed (RFC 8461 §3.3)."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, *lines = head[:-4].split(b"\r\n")
    match = _STATUS.match(status)
    if match is None or match[1][:1] != b"2":
        raise CannotFetch(f"The answer was {status[:80].decode('ascii', 'replace')}")
    return match[1], lines


async def _taken(reader: asyncio.StreamReader) -> None:
    await _head(reader)


async def _text(reader: asyncio.StreamReader, most: int) -> bytes:
    status, lines = await _head(reader)
    if status != b"200":
        raise CannotFetch(f"The answer was {status.decode()}")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    if fields.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"text/plain":
        raise CannotFetch("The answer is not plain text")
    if fields.get(b"transfer-encoding", b"").lower() == b"chunked":
        return await _chunks(reader, most)
    length = fields.get(b"content-length", b"")
    wanted = int(length) if length.isdigit() and len(length) < 10 else None
    body = await _up_to(reader, most + 1 if wanted is None else min(wanted, most + 1))
    if len(body) > most or (wanted is not None and len(body) < wanted):
        raise CannotFetch("The text is too long, or was cut off")
    return body


async def _up_to(reader: asyncio.StreamReader, most: int) -> bytes:
    found = bytearray()
    while len(found) < most and (data := await reader.read(most - len(found))):
        found += data
    return bytes(found)


async def _chunks(reader: asyncio.StreamReader, most: int) -> bytes:
    """RFC 9112 §7.1; what follows the last chunk is not looked at."""
    found = bytearray()
    while size := _chunk_size(await reader.readuntil(b"\r\n")):
        if len(found) + size > most:
            raise CannotFetch("The text is too long")
        found += (await reader.readexactly(size + 2))[:-2]
    return bytes(found)


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", digits):
        raise CannotFetch("The answer is not HTTP")
    return int(digits, 16)
