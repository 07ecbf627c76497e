"""A supervisor whose children are small programs of a test: real forks, real signals."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.ports import free, until

ROOT = Path(__file__).resolve().parents[2]


class Supervised:
    """A supervisor in a process of its own; its output is lines of words."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder = folder
        self.settings = folder / "mailnode.toml"
        self.output = folder / "output"
        self.port = free()
        self.set("first")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MAILNODE_")}
        with self.output.open("ab") as output:  # several processes write: each at the end
            self.process = subprocess.Popen(
                [sys.executable, "-c", program],
                cwd=folder,
                env=environment | {"PYTHONPATH": str(ROOT), "MAILNODE_CONFIG": str(self.settings)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def set(self, banner: str) -> None:
        doors = ("submission", "submissions", "imap", "imaps", "pop3", "pop3s", "managesieve", "http")
        lines = [f'listen_{door} = "off"\n' for door in doors]
        lines += [f'listen_smtp = "127.0.0.1:{self.port}"\n', f'smtpd_banner = "{banner}"\n']
        self.settings.write_text("".join(lines))

    def said(self, *words: str) -> list[list[str]]:
        """The lines that begin with these words."""
        lines = [line.split() for line in self.output.read_text().splitlines()]
        return [line for line in lines if line[: len(words)] == list(words)]

    def wait(self, *words: str, times: int = 1) -> list[list[str]]:
        until(lambda: len(self.said(*words)) >= times, 60, f"{words} was not said\n{self.output.read_text()}")
        return self.said(*words)

    def pid(self, name: str, banner: str = "first") -> int:
        return int(self.said("runs", name, banner)[-1][-1])

    def hang_up(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
