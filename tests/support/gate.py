"""A gate in front of a server: it passes bytes both ways until so many have gone in, and then holds.

With it a test stops the world in the middle of a message without a sleep: the server sees nothing more
of the connection that was held, ever. What is under TLS is counted all the same.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType


class Gate:
    """Listens on ``host:port`` and passes on to ``target``; holds the first connection that sends ``limit`` bytes."""

    def __init__(self, host: str, port: int, target: tuple[str, int], limit: int) -> None:
        self._target = target
        self._limit = limit
        self._open = threading.Event()
        self.reached = threading.Event()
        self._server = socket.create_server((host, port), backlog=50)
        threading.Thread(target=self._accept, daemon=True).start()

    def open(self) -> None:
        """Cut the connection that is held, and hold no other."""
        self._open.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                server = socket.create_connection(self._target)
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pass_back, args=(server, client), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := client.recv(4096):
                passed += len(data)
                if passed > self._limit and not self._open.is_set():
                    self.reached.set()
                    self._open.wait()
                    break
                server.sendall(data)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _pass_back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        client.close()
        server.close()

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.set()
        self._server.close()
