"""Mail from outside: how many messages a second are accepted, stored for good and seen, side by side with Postfix."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from tests.bench import served
from tests.bench.figures import Figure, Group, rate
from tests.bench.imap_client import ImapClient
from tests.bench.progress import Progress
from tests.support import needs, ports
from tests.support.node import PASSWORD
from tests.support.postfix import Postfix

PATIENCE = 180  # seconds


@dataclass(frozen=True, slots=True)
class Case:
    """``kept``: a session sends many messages on its connection."""

    name: str
    sessions: int
    messages: int
    size: int
    kept: bool = False

    def send(self, port: int, sender: str, recipient: str) -> None:
        keep = ["-d"] if self.kept else []
        numbers = ["-s", str(self.sessions), "-m", str(self.messages), "-l", str(self.size)]
        names = ["-M", "bench.example.net", "-f", sender, "-t", recipient, f"127.0.0.1:{port}"]
        subprocess.run([needs.program("smtp-source"), *keep, *numbers, *names], check=True)


CASES = (
    Case("4 KB, 10 sessions", 10, 2000, 4096),
    Case("4 KB, 50 sessions", 50, 2000, 4096),
    Case("4 KB, 10 sessions, connections kept", 10, 4000, 4096, kept=True),
    Case("4 KB, 1 session", 1, 300, 4096),
    Case("1 MB, 10 sessions", 10, 100, 1_000_000),
)


def compared(rounds: int) -> Group:
    with served.served() as node, _postfix() as peer, Progress("SMTP", rounds * len(CASES)) as bar:
        client = ImapClient(node.ports["imap"], served.address(1), PASSWORD)
        maildir = peer.dir / "mail" / "u1" / "new"
        figures = []
        for case in CASES:
            pairs = []
            for _ in range(rounds):
                ours = _delivered(case, node.ports["smtp"], client.messages)
                theirs = _delivered(case, peer.port, lambda: _files(maildir))
                pairs.append((ours, theirs))
                bar.step()
            figures.append(figure(case.name, pairs))
        client.close()
    note = f"until the last message is in the mailbox, {rounds} rounds"
    return Group("Receiving mail", "Postfix with Maildir", note, figures)


def _postfix() -> Postfix:
    return with_settings(Postfix(served.DOMAIN, {"u1"}, {}, "127.0.0.1", ports.free()))


def with_settings(postfix: Postfix) -> Postfix:
    """Without the limits that protect it from strangers, and with as many deliveries at once as a site would allow."""
    with (postfix.dir / "etc" / "main.cf").open("a") as settings:
        settings.write("smtpd_client_connection_count_limit = 0\nsmtpd_client_connection_rate_limit = 0\n")
        settings.write("default_destination_concurrency_limit = 50\nvirtual_mailbox_limit = 0\n")
        settings.write("message_size_limit = 52428800\n")
    return postfix


def _files(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def _delivered(case: Case, port: int, count: Callable[[], int]) -> float:
    """Messages a second, from the first connection until the last message is there."""
    wanted, start = count() + case.messages, monotonic()
    case.send(port, "sender@example.net", served.address(1))
    wait(lambda: count() >= wanted)
    return case.messages / (monotonic() - start)


def wait(there: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not there():
        assert monotonic() < end, "not all messages have arrived"
        sleep(0.02)


def figure(name: str, pairs: list[tuple[float, float]]) -> Figure:
    """Of rates, ours and theirs."""
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Figure(name, rate(ours), rate(theirs), statistics.median(ours / theirs for ours, theirs in pairs))
