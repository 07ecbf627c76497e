"""What `make run` does after everything is installed: a first administrator, all addresses, and a server."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.support import ports
from tests.support.api import Api
from tests.support.node import ROOT, Node

PRINTED = re.compile(r"Administrator (\S+), password (\S+) ")


def run(node: Node) -> tuple[str, subprocess.Popen[bytes]]:
    """Start contrib/run.py; what it has printed once it named every address, and its process."""
    shown = node.directory / "shown"
    with shown.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, ROOT / "contrib" / "run.py"],
            cwd=node.directory,
            env=node.environment | {"LC_ALL": "C", "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    places = [f"{node.host}:{port}" for port in node.ports.values()]
    ports.until(lambda: all(place in shown.read_text() for place in places), 180, "all addresses are printed")
    return shown.read_text(), process


def end(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(60)


def test_the_first_run_makes_an_administrator_and_the_second_does_not(tmp_path: Path) -> None:
    node = Node(tmp_path)
    printed, process = run(node)
    try:
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
