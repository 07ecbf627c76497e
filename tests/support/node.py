"""A real Mailnode in a temporary folder, driven as its users drive it: command line, environment, ports."""

from __future__ import annotations

import contextlib
import imaplib
import json
import os
import poplib
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from tests.support import forked, ports
from tests.support.client import trusting
from tests.support.forked import Forked

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "mailnode")
DOORS = ("smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "http")
PASSWORD = "a-Passw0rd-of-tests"


class Refused(AssertionError):
    """The command line said no; ``str(error)`` holds its sentence, ``status`` its exit status."""

    def __init__(self, arguments: Sequence[str], done: subprocess.CompletedProcess[str]) -> None:
        super().__init__(f"mailnode {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        self.status = done.returncode


class Node:
    """One Mailnode. ``host`` is the loopback address of its ports; without ``web`` there is no web process, whose
    start takes longer than all the others'; ``more`` are settings by their names (``relay_port="2526"``).
    """

    def __init__(
        self, directory: Path, host: str = "127.0.0.1", name: str = "mail.example.com", *, web: bool = True, **more: str
    ) -> None:
        self.directory = directory
        self.host = host
        self.name = name
        self.ports = {door: ports.free(host) for door in DOORS if web or door != "http"}
        self.log = directory / "serve.log"
        self.process: Forked | None = None
        settings = {
            "data_dir": str(directory / "data"),
            "hostname": name,
            "workers": "1",
            "auth_without_tls": "loopback",
            "log_format": "json",
            "listen_managesieve": "off",
            "listen_http": "off",
            **{f"listen_{door}": f"{host}:{port}" for door, port in self.ports.items()},
            **more,
        }
        clean = {key: value for key, value in os.environ.items() if not key.startswith("MAILNODE_")}
        self.environment = clean | {f"MAILNODE_{key.upper()}": value for key, value in settings.items()}

    def move(self, door: str, port: int) -> None:
        """Take another port for one door, before `start`."""
        self.ports[door] = port
        self.environment[f"MAILNODE_LISTEN_{door.upper()}"] = f"{self.host}:{port}"

    def cli(self, *arguments: str, stdin: str = "") -> str:
        """Run one command; its standard output. Raises Refused."""
        done = self.run(*arguments, stdin=stdin)
        if done.returncode:
            raise Refused(arguments, done)
        return done.stdout

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command, however it ends."""
        with contextlib.ExitStack() as stack:
            given, out, err = (stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(3))
            given.write(stdin)
            given.seek(0)
            command = self._begin(arguments, given, out, err)
            try:
                status = command.wait(240)
            finally:
                command.kill()
            for file in (out, err):
                file.seek(0)
            return subprocess.CompletedProcess([*COMMAND, *arguments], status, out.read(), err.read())

    def _begin(self, arguments: Sequence[str], given: IO[Any], out: IO[Any], err: IO[Any]) -> Forked:
        environment = self.environment | {"PYTHONPATH": str(ROOT)}
        return forked.start(arguments, self.directory, environment, [file.fileno() for file in (given, out, err)])

    def json(self, *arguments: str) -> Any:
        """Run one listing with ``--json``."""
        return json.loads(self.cli(*arguments, "--json"))

    def init(self, *domains: str) -> Node:
        self.cli("init")
        for domain in domains:
            self.cli("domain", "add", domain)
        return self

    def add_user(self, address: str, *options: str, password: str = PASSWORD) -> str:
        self.cli("user", "add", address, "--password-stdin", *options, stdin=f"{password}\n")
        return address

    def add_users(self, *addresses: str) -> None:
        """Several users at once, all with `PASSWORD`."""
        table = self.directory / "users.csv"
        table.write_text("address,password\n" + "".join(f"{address},{PASSWORD}\n" for address in addresses))
        self.cli("user", "import", str(table))

    def start(self) -> Node:
        """Serve, and return once every port that is on takes connections."""
        with self.log.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            self.process = self._begin(["serve"], nothing, log, log)
        for door, port in self.ports.items():
            if self.environment[f"MAILNODE_LISTEN_{door.upper()}"] != "off":
                ports.until(lambda port=port: self._ready(port), 60, f"{door} does not listen")  # type: ignore[misc]
        return self

    def _ready(self, port: int) -> bool:
        assert self.process
        assert self.process.poll() is None, f"the node ended at its start\n{self.tail()}"
        return ports.takes(self.host, port)

    @property
    def pid(self) -> int:
        assert self.process, "the node was not started"
        return self.process.pid

    def stop(self, seconds: float = 60) -> None:
        """SIGTERM; a node that does not drain within ``seconds`` is killed and fails the test."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop within {seconds} s\n{self.log.read_text()[-4000:]}") from None
        self.process = None

    def kill(self) -> None:
        """SIGKILL to the supervisor and every process that it started, all at once."""
        assert self.process, "the node was not started"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)
        self.process = None

    def process_id(self, name: str) -> int:
        """The process with this name that the supervisor started last, by its log; 0 when there is none."""
        found = 0
        for line in self.log.read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError, AttributeError):
                facts = json.loads(line)
                if facts.get("event") == "started" and facts.get("process") == name:
                    found = int(facts["pid"])
        return found

    def smtp(self, door: str = "smtp") -> smtplib.SMTP:
        if door == "submissions":
            return smtplib.SMTP_SSL(self.host, self.ports[door], timeout=60, context=trusting())
        return smtplib.SMTP(self.host, self.ports[door], timeout=60)

    def submit(self, user: str, recipients: Sequence[str], message: bytes, password: str = PASSWORD) -> None:
        """Hand in a message on the submission port, under STARTTLS."""
        with self.smtp("submission") as client:
            self.login(client, user, password)
            refused = client.sendmail(user, list(recipients), message, mail_options=["SMTPUTF8"] * (not user.isascii()))
            assert not refused, refused

    def login(self, client: smtplib.SMTP, user: str, password: str = PASSWORD) -> None:
        """STARTTLS and AUTH on a connection to the submission port."""
        client.starttls(context=trusting())
        client.login(user, password)

    @contextlib.contextmanager
    def imap(self, user: str, password: str = PASSWORD) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4(self.host, self.ports["imap"], timeout=60)
        try:
            client.login(user, password)
            yield client
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.logout()

    def pop3(self, user: str, password: str = PASSWORD, *, utf8: bool = False) -> poplib.POP3:
        client = poplib.POP3(self.host, self.ports["pop3"], timeout=60)
        if utf8:
            client.utf8()
        client.user(user)
        client.pass_(password)
        return client

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.ports['http']}"

    def messages(self, user: str, mailbox: str = "INBOX", password: str = PASSWORD) -> list[bytes]:
        """Every message of a mailbox, as IMAP gives it."""
        with self.imap(user, password) as client:
            status, data = client.select(mailbox, readonly=True)
            assert status == "OK", data
            if data == [b"0"]:
                return []
            status, parts = client.fetch("1:*", "(BODY.PEEK[])")
            assert status == "OK", parts
            return [part[1] for part in parts if isinstance(part, tuple)]

    def empty(self, user: str) -> None:
        """Remove every message of the user's INBOX."""
        with self.imap(user) as client:
            client.select("INBOX")
            client.store("1:*", "+FLAGS.SILENT", r"\Deleted")
            client.expunge()

    def wait_for(self, user: str, number: int = 1, mailbox: str = "INBOX", seconds: float = 120) -> list[bytes]:
        """The messages of a mailbox once there are at least ``number`` of them."""
        end = time.monotonic() + seconds
        while len(found := self.messages(user, mailbox)) < number:
            assert time.monotonic() < end, f"{len(found)} of {number} in {user} after {seconds} s\n{self.tail()}"
            time.sleep(0.1)
        return found

    def tail(self, characters: int = 3000) -> str:
        """The end of the node's log, for a failure's text."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""


@contextlib.contextmanager
def running(node: Node) -> Iterator[Node]:
    """Start, and at the end stop, whatever happened in between."""
    try:
        yield node.start()
    finally:
        if node.process is not None and sys.exc_info()[0]:
            node.kill()
        node.stop()
