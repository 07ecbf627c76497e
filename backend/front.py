"""The web process's face to granian: Flask on threads, event streams on the event loop.

granian's own WSGI holds one thread for as long as a response lasts. An event stream lasts for hours,
so hundreds of listeners would be hundreds of threads. Here granian speaks RSGI to one coroutine per
request: ordinary requests are handed to Flask on a small pool of threads and answered whole, what is
large through a file that is read as the client takes it; a view that opens an event stream (see `resources.events`)
only says who listens from where, and its thread is free again while the stream goes on as a coroutine
(tens of kilobytes each).

Bodies are read here, with a limit, before a thread is taken: a slow client costs a coroutine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, Any, Protocol
from urllib.parse import unquote_to_bytes

from backend.streaming import Listener, Streams
from mailnode import log

THREADS = 16
BODY_LIMIT = 4 * 1024 * 1024
IN_MEMORY = 1024 * 1024
DRAINED = 128 * 1024 * 1024
PATIENCE = 60.0  # seconds without a byte of the body
OPENED = 30.0  # seconds in which granian has opened a file that it was told of
LARGE = ("/api/v1/uploads", "/api/v1/messages")
_log = log.get("web")

Headers = list[tuple[str, str]]
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Body(Protocol):
    """granian's protocol object, as far as it is used here."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_empty(self, status: int, headers: Headers) -> None: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_file(self, status: int, headers: Headers, file: str) -> None: ...
    def response_stream(self, status: int, headers: Headers) -> Any: ...
    async def client_disconnect(self) -> None: ...


@dataclass(slots=True)
class Answer:
    """What Flask answered; ``listener`` where it opened an event stream, ``rest`` where more follows the body."""

    status: int = 500
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    listener: Listener | None = None
    rest: Iterator[bytes] | None = None
    close: Callable[[], None] = lambda: None


class TooLarge(Exception):
    """The body is longer than the route takes."""


class Front:
    """granian's target. ``large_limit`` is how long the body of a message or upload may be, in bytes; ``folder`` is
    where what is large lies while it comes in or goes out (the system's for temporary files)."""

    def __init__(
        self, app: Wsgi, streams: Streams, *, large_limit: int, folder: str | None = None, threads: int = THREADS
    ) -> None:
        self.app = app
        self.folder = folder
        self.streams = streams
        self.large_limit = large_limit
        self.threads = ThreadPoolExecutor(threads, "flask")

    async def __rsgi__(self, scope: Any, proto: Body) -> None:
        await self.serve(scope, proto)

    async def serve(self, scope: Any, proto: Body, client: str | None = None) -> None:
        """``client`` is the address of who has come by TLS, which ends in front of us (`backend.secured`)."""
        if scope.proto != "http":
            return
        try:
            body = await self._body(scope, proto)
        except TooLarge:
            await _drain(proto)
            _plain(proto, 413)
            return
        except TimeoutError:
            _plain(proto, 408)
            return
        with body:
            loop = asyncio.get_running_loop()
            env = environ(scope, body)
            if client is not None:
                env |= {"REMOTE_ADDR": client, "wsgi.url_scheme": "https"}
            answer = await loop.run_in_executor(self.threads, self._call, env)
        if answer.listener is not None and scope.method == "GET":
            await self._stream(proto, answer)
        elif answer.rest is not None:
            await self._send(proto, answer, answer.rest)
        else:
            proto.response_bytes(answer.status, answer.headers, answer.body)

    def close(self) -> None:
        """Requests that run are finished."""
        self.threads.shutdown()

    async def _body(self, scope: Any, proto: Body) -> IO[bytes]:
        limit = self.large_limit if scope.path.startswith(LARGE) else BODY_LIMIT
        length = scope.headers.get("content-length")
        if length and length.isdigit() and int(length) > limit:
            raise TooLarge
        body = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=self.folder)  # noqa: SIM115 - the caller closes it
        if length or "transfer-encoding" in scope.headers or scope.http_version == "2":
            chunks = aiter(proto)
            while chunk := await _next(chunks):
                body.write(chunk)
                if body.tell() > limit:
                    body.close()
                    raise TooLarge
            body.seek(0)
        return body

    def _call(self, env: dict[str, Any]) -> Answer:
        """Run the WSGI application in this thread."""
        answer, written = Answer(), list[bytes]()

        def start_response(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], None]:
            answer.status = int(status[:3])
            answer.headers = [(name.lower(), value) for name, value in headers]
            return written.append  # PEP 3333's write(): in front of whatever the application returns

        def listen(listener: Listener) -> None:
            answer.listener = listener

        env["mailnode.listen"] = listen
        try:
            found = self.app(env, start_response)
            answer.close = getattr(found, "close", answer.close)
            try:
                answer.body, answer.rest = _begun(iter(found), written)
            finally:
                if answer.rest is None:
                    answer.close()
        except Exception as error:
            _log.exception("unexpected", path=env["PATH_INFO"], error=repr(error))
            answer = Answer()
        return answer

    async def _send(self, proto: Body, answer: Answer, rest: Iterator[bytes]) -> None:
        """By way of a file: granian keeps whatever it is given, but reads a file no faster than the client takes it."""
        loop = asyncio.get_running_loop()
        try:
            handle = await loop.run_in_executor(self.threads, self._filed, answer.body, rest)
        except Exception as error:  # a full disk, or a message that is damaged
            _log.exception("answer cut off", error=repr(error))
            _plain(proto, 500)
        else:
            proto.response_file(answer.status, answer.headers, f"/proc/self/fd/{handle}")
            loop.call_later(OPENED, os.close, handle)
        finally:
            await loop.run_in_executor(self.threads, answer.close)

    def _filed(self, body: bytes, rest: Iterator[bytes]) -> int:
        """A file without a name that holds all of the answer; its descriptor."""
        with tempfile.TemporaryFile(dir=self.folder) as file:
            for piece in chain([body], rest):
                file.write(piece)
            file.flush()
            return os.dup(file.fileno())

    async def _stream(self, proto: Body, answer: Answer) -> None:
        assert answer.listener is not None
        headers = [(name, value) for name, value in answer.headers if name != "content-length"]
        transport = proto.response_stream(answer.status, headers)
        sending = asyncio.create_task(self.streams.run(answer.listener, transport.send_str))
        gone = asyncio.create_task(_gone(proto))
        await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, gone):
            task.cancel()
        await asyncio.gather(sending, gone, return_exceptions=True)


def _begun(pieces: Iterator[bytes], written: list[bytes]) -> tuple[bytes, Iterator[bytes] | None]:
    """The body, and what follows where it is too large to be held; behind what was written before."""
    size = 0
    first: list[bytes] = []
    for piece in pieces:
        first.append(piece)
        size += len(piece)
        if size > IN_MEMORY:
            return b"".join([*written, *first]), pieces
    return b"".join([*written, *first]), None


async def _gone(proto: Body) -> None:
    """Returns when the other side has closed. granian's future is no asyncio one: a task stands around it."""
    await proto.client_disconnect()


async def _next(chunks: AsyncIterator[bytes]) -> bytes:
    """b"" at the end. Raises TimeoutError. Not by anext's default: what that makes of granian's cannot be cancelled."""
    try:
        return await asyncio.wait_for(anext(chunks), PATIENCE)
    except StopAsyncIteration:
        return b""


async def _drain(proto: Body) -> None:
    """Take the rest of a body that is refused: who is cut off while sending never reads the answer."""
    left = DRAINED
    chunks = aiter(proto)
    with contextlib.suppress(TimeoutError):
        while left > 0 and (chunk := await _next(chunks)):
            left -= len(chunk)


def _plain(proto: Body, status: int) -> None:
    """What never reached Flask is answered by its status alone, as a problem document without words."""
    kind = {413: "too-large", 408: "timeout"}.get(status, "internal")
    text = f'{{"type":"/problems/{kind}","title":"{kind}","status":{status}}}'
    proto.response_bytes(status, [("content-type", "application/problem+json")], text.encode())


def environ(scope: Any, body: IO[bytes]) -> dict[str, Any]:
    """The WSGI environment of an RSGI scope (PEP 3333)."""
    host, _, port = scope.server.rpartition(":")
    found: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope.path).decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.authority:
        found["HTTP_HOST"] = scope.authority
    for name, value in scope.headers.items():
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        if "_" not in name:  # a name with "_" could pose as another one
            found[key] = f"{found[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}" if key in found else value
    return found
