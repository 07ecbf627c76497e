"""A node as systemd runs it: it says when it is ready (sd_notify), and reloads and ends when told to."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from tests.support.node import Node
from tests.support.ports import until


def test_systemd_hears_that_the_node_is_ready(tmp_path: Path) -> None:
    node = Node(tmp_path).init("a.example")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(180)
        node.environment["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        node.start()
        try:
            assert manager.recv(100) == b"READY=1"
            os.kill(node.pid, signal.SIGHUP)
            until(lambda: "reloaded" in node.tail())
            assert node.smtp().noop()[0] == 250
        finally:
            node.stop()
