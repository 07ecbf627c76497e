"""A gate in front of a server: it passes bytes both ways until it sees what it waits for, and then holds.

With it a test stops the world at an exact place of a conversation ("the message is half way over")
without a sleep: the server side sees nothing more until `open` is called.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType


class Gate:
    """Listens on ``host:port`` and passes on to ``target``; holds the first connection that sends ``trigger``."""

    def __init__(self, host: str, port: int, target: tuple[str, int], trigger: bytes) -> None:
        self._target = target
        self._trigger = trigger
        self._open = threading.Event()
        self.reached = threading.Event()
        self._server = socket.create_server((host, port), backlog=50)
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def open(self) -> None:
        """Let everything through, now and from now on."""
        self._open.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pass_back, args=(server, client), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        seen = b""
        with contextlib.suppress(OSError):
            while data := client.recv(4096):
                if not self._open.is_set():
                    seen = (seen + data)[-8192:]
                    if self._trigger in seen:
                        self.reached.set()
                        self._open.wait()
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _pass_back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.set()
        self._server.close()
        for each in self._sockets:
            each.close()
