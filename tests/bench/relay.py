"""Mail to elsewhere: taken in, queued and handed over to a remote host, side by side with Postfix.

The remote host is Postfix's smtp-sink, which takes everything and writes one file for each message. Both sides trust
the loopback, since smtp-source cannot log in.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from tests.bench import served
from tests.bench.figures import Group
from tests.bench.progress import Progress
from tests.bench.smtp import Case, figure, wait, with_settings
from tests.support import needs, ports
from tests.support.postfix import Postfix

REMOTE = "example.net"
CASES = (Case("4 KB, 10 sessions", 10, 1000, 4096), Case("100 KB, 10 sessions", 10, 300, 100_000))


def compared(rounds: int) -> Group:
    with sink() as (port, folder):
        smarthost = f"smtp://127.0.0.1:{port}"
        postfix = Postfix(served.DOMAIN, {"u1"}, {REMOTE: f"127.0.0.1:{port}"}, "127.0.0.1", ports.free())
        with (
            served.served(mynetworks="127.0.0.0/8", smarthost=smarthost) as node,
            with_settings(postfix) as peer,
            Progress("relay", rounds * len(CASES)) as bar,
        ):
            figures = []
            for case in CASES:
                pairs = []
                for _ in range(rounds):
                    pairs.append((_relayed(case, node.ports["smtp"], folder), _relayed(case, peer.port, folder)))
                    bar.step()
                figures.append(figure(case.name, pairs))
    return Group("Sending mail on", "Postfix", f"until the last message has been handed over, {rounds} rounds", figures)


@contextlib.contextmanager
def sink() -> Iterator[tuple[int, Path]]:
    """The port, and the folder of what has come."""
    folder, port = Path(tempfile.mkdtemp(prefix="mailnode-sink-", dir="/tmp")), ports.free()
    command = [needs.program("smtp-sink"), "-u", "root", "-d", f"{folder}/m.", f"127.0.0.1:{port}", "1024"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        ports.listening("127.0.0.1", port)
        yield port, folder
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _relayed(case: Case, port: int, folder: Path) -> float:
    """Messages a second."""
    for path in folder.iterdir():
        path.unlink()
    start = monotonic()
    case.send(port, served.address(1), f"someone@{REMOTE}")
    wait(lambda: len(os.listdir(folder)) >= case.messages)
    return case.messages / (monotonic() - start)
