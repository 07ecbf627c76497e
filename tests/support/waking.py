"""How soon those who wait hear of a change, whichever door it was made through: IDLE, NOTIFY and event streams.

Seconds count from the answer to whoever made the change to the first word at each who waits.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.support.api import Api
from tests.support.node import PASSWORD, Node

PROMISED = 0.25  # seconds
KINDS = ("IDLE", "NOTIFY", "event stream")
LOST = 30.0  # seconds in which the last one must have heard
PAUSE = 0.15  # seconds between two changes
WATCH = "NOTIFY SET (PERSONAL (MessageNew MessageExpunge FlagChange))"
NUMBERS = itertools.count(1)
# What a node needs besides for `by_rules`: mail without From goes to Junk, whoever says so for a stranger is believed.
SETTINGS = {
    "xclient_networks": "127.0.0.0/8",
    "checks": "no_from=junk",
    "senderauth": "false",
    "greeting_delay": "0",
    "greylist_score": "100",
    "smtpd_restrictions": "permit_mynetworks,reject_unauth_destination",
}


@dataclass(frozen=True, slots=True)
class Ear:
    """Somebody who waits, of one mailbox or of all (""); what is without ``words`` is no news."""

    kind: str
    mailbox: str
    socket: socket.socket
    words: bytes

    def hears(self) -> bool:
        said = self.socket.recv(65536)
        assert said, f"{self.kind}: closed"
        return self.words in said


def letter(fields: bytes = b"From: s@example.org\r\n") -> bytes:
    return fields + b"Subject: %d\r\n\r\nwake up\r\n" % next(NUMBERS)


def by_smtp(node: Node, user: str) -> float:
    with node.smtp() as client:
        client.sendmail("s@example.org", [user], letter())
        return time.perf_counter()


def by_rules(node: Node, user: str) -> float:
    """A stranger's message that is judged, and goes to Junk."""
    with node.smtp() as client:
        client.ehlo("mail.example.org")
        code, said = client.docmd("XCLIENT", "ADDR=203.0.113.9 NAME=[UNAVAILABLE]")
        assert code == 220, said
        client.ehlo("mail.example.org")
        client.sendmail("s@example.org", [user], letter(b""))
        return time.perf_counter()


def by_submission(node: Node, user: str) -> float:
    node.submit(user, [user], letter(f"From: {user}\r\n".encode()))
    return time.perf_counter()


def by_append(node: Node, user: str) -> float:
    with node.imap(user) as client:
        assert client.append("INBOX", "", "", letter())[0] == "OK"
        return time.perf_counter()


def by_flags(node: Node, user: str) -> float:
    with node.imap(user) as client:
        client.select("INBOX")
        assert client.store("*", "FLAGS", f"k{next(NUMBERS)}")[0] == "OK"
        return time.perf_counter()


def by_pop3(node: Node, user: str) -> float:
    client = node.pop3(user)
    client.dele(1)
    client.quit()
    return time.perf_counter()


@functools.cache
def _logged_in(node: Node, user: str) -> Api:
    """Once, since log-ins are limited."""
    return Api(node, user)


def by_api(node: Node, user: str) -> float:
    api = _logged_in(node, user)
    api.raw("PATCH", f"/messages/{api.inbox()[0]['id']}", json.dumps({"add": [f"a{next(NUMBERS)}"]}).encode())
    return time.perf_counter()


# A change, which says when it was answered, and the mailbox that it is made in.
DOORS: dict[str, tuple[Callable[[Node, str], float], str]] = {
    "SMTP": (by_smtp, "INBOX"),
    "submission": (by_submission, "INBOX"),
    "IMAP, a new message": (by_append, "INBOX"),
    "IMAP, a flag": (by_flags, "INBOX"),
    "POP3": (by_pop3, "INBOX"),
    "API": (by_api, "INBOX"),
    "rules": (by_rules, "Junk"),
}


@contextlib.contextmanager
def waiting(node: Node, user: str, several: int) -> Iterator[list[Ear]]:
    """So many of each kind; those who IDLE do so once for INBOX and once for Junk."""
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        ears: list[Ear] = []
        for _ in range(several):
            for mailbox in ("INBOX", "Junk"):
                wire = enter(_imap(node, user, f"SELECT {mailbox}", "IDLE"))
                ears.append(Ear("IDLE", mailbox, wire, b"* "))
            ears.append(Ear("NOTIFY", "", enter(_imap(node, user, WATCH)), b"* "))
            ears.append(Ear("event stream", "", enter(_events(node, user)), b"event: "))
        yield ears


@contextlib.contextmanager
def _imap(node: Node, user: str, *commands: str) -> Iterator[socket.socket]:
    with socket.create_connection((node.host, node.ports["imap"]), timeout=60) as made:
        lines = made.makefile("rb")
        lines.readline()
        for at, command in enumerate([f'LOGIN "{user}" "{PASSWORD}"', *commands]):
            made.sendall(f"a{at} {command}\r\n".encode())
            while not (line := lines.readline()).startswith((b"a%d OK" % at, b"+")):
                assert line.startswith(b"*"), line
        lines.detach()
        yield made


@contextlib.contextmanager
def _events(node: Node, user: str) -> Iterator[socket.socket]:
    token = _logged_in(node, user).token
    with socket.create_connection((node.host, node.ports["http"]), timeout=60) as made:
        head = f"GET /api/v1/events HTTP/1.1\r\nHost: {node.host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        made.sendall(head.encode())
        said = b""
        while b"event: hello" not in said:
            more = made.recv(65536)
            assert more, said
            said += more
        yield made


def measured(node: Node, user: str, ears: Sequence[Ear], name: str) -> dict[str, float]:
    """Make one change through the door of this name: the seconds of the last of each kind. Everybody must hear."""
    change, mailbox = DOORS[name]
    deaf = {ear.socket: ear for ear in ears if ear.mailbox in ("", mailbox)}
    spent: dict[str, float] = {}
    with selectors.DefaultSelector() as chosen:
        for one in deaf:
            chosen.register(one, selectors.EVENT_READ, one)
        begun = change(node, user)
        while deaf:
            ready = chosen.select(LOST)
            took = max(0.0, time.perf_counter() - begun)
            assert ready, f"{name}: not heard by {sorted(ear.kind for ear in deaf.values())}"
            for key, _ in ready:
                ear = deaf.get(key.data)
                if ear is not None and ear.hears():
                    spent[deaf.pop(ear.socket).kind] = took
                    chosen.unregister(ear.socket)
    if change is by_pop3:
        by_append(node, user)  # so that there is always one to take away
    _quiet(ears)
    return spent


def _quiet(ears: Sequence[Ear]) -> None:
    """Until the rest of what is told has been read."""
    time.sleep(PAUSE)
    with selectors.DefaultSelector() as chosen:
        for ear in ears:
            chosen.register(ear.socket, selectors.EVENT_READ, ear.socket)
        while late := chosen.select(0):
            for key, _ in late:
                assert key.data.recv(65536), "closed"
