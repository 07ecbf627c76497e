"""What a client in a test is made of: trust in any certificate, and bytes said to a port."""

from __future__ import annotations

import contextlib
import socket
import ssl


def trusting() -> ssl.SSLContext:
    """A TLS context for any certificate, such as the self-signed one that ``init`` makes."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def said_to(port: int, data: bytes, step: int) -> bytes:
    """Everything the server answers to these bytes, sent in pieces of ``step``."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client, contextlib.suppress(ConnectionError):
        for start in range(0, len(data), step):
            client.sendall(data[start : start + step])
        with contextlib.suppress(OSError):  # it has hung up already
            client.shutdown(socket.SHUT_WR)
        answers = b""
        while piece := client.recv(1 << 16):
            answers += piece
        return answers
    return b""
