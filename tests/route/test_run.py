"""What `make run` does after everything is installed: a first administrator, all addresses, and a server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.support import ports
from tests.support.api import Api
from tests.support.node import ROOT, Node

PRINTED = re.compile(r"Administrator (\S+), password (\S+) ")


def run(node: Node) -> tuple[str, subprocess.Popen[str]]:
    """Start contrib/run.py; what it printed before it serves, and its process."""
    with (node.directory / "errors").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, ROOT / "contrib" / "run.py"],
            cwd=node.directory,
            env=node.environment | {"LC_ALL": "C", "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    ports.listening(node.host, node.ports["http"], 60)
    assert process.stdout
    os.set_blocking(process.stdout.fileno(), False)
    return process.stdout.read(), process


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(20)


def test_the_first_run_makes_an_administrator_and_the_second_does_not(tmp_path: Path) -> None:
    node = Node(tmp_path)
    printed, process = run(node)
    try:
        for door, port in node.ports.items():
            assert f"127.0.0.1:{port}" in printed, door
        found = PRINTED.search(printed)
        assert found
        assert Api(node, found[1], found[2]).get("/me")["admin"] is True
    finally:
        assert end(process) == 0
    printed, process = run(node)
    try:
        assert "password" not in printed
    finally:
        assert end(process) == 0
