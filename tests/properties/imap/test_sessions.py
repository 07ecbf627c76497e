"""Several sessions do anything at all to one mailbox: each client's own count, kept by the rules of the RFC from the
untagged lines alone, always is what the server means by its numbers, and at the end all see the same.

RFC 9051 §7.4.1 and §7.5.1: EXISTS never shrinks, EXPUNGE names a number that is in use and never comes during
FETCH, STORE or SEARCH by number. One of the clients is told of the rest between its commands too (RFC 5465 §6.1.2).
"""

from __future__ import annotations

import re
import socket
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.imapd import PASSWORD, ReadingServer, mail

SESSIONS = 3
_FETCH = re.compile(rb"\* (\d+) FETCH \((?:.*?)UID (\d+)")


class Client:
    """Keeps the list of messages as a client must: from EXISTS and EXPUNGE alone."""

    def __init__(self, server: ReadingServer, user: str, *, listens: bool = False) -> None:
        self.conn = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.lines: Any = self.conn.makefile("rb")
        self.lines.readline()
        self.uids: list[int | None] = []  # None: not asked for yet
        self.run(f"LOGIN {user} {PASSWORD}")
        self.run("SELECT INBOX")
        if listens:
            self.run("NOTIFY SET (SELECTED-DELAYED (MessageNew (UID) MessageExpunge FlagChange))")

    def close(self) -> None:
        self.lines.close()
        self.conn.close()

    def run(self, command: str) -> bytes:
        self.conn.sendall(f"t {command}\r\n".encode())
        keeps_numbers = command.split(maxsplit=1)[0] in ("FETCH", "STORE", "SEARCH")
        while not (line := self.lines.readline()).startswith(b"t "):
            assert line, command
            self.take(line, keeps_numbers)
        return bytes(line)

    def take(self, line: bytes, keeps_numbers: bool) -> None:
        words = line.split()
        if words[2:3] == [b"EXISTS"]:
            count = int(words[1])
            assert count >= len(self.uids)
            self.uids += [None] * (count - len(self.uids))
        elif words[2:3] == [b"EXPUNGE"]:
            assert not keeps_numbers
            assert 1 <= int(words[1]) <= len(self.uids)
            del self.uids[int(words[1]) - 1]
        elif found := _FETCH.match(line):
            number, uid = int(found[1]), int(found[2])
            assert 1 <= number <= len(self.uids)
            assert self.uids[number - 1] in (None, uid)
            self.uids[number - 1] = uid


steps = st.tuples(
    st.integers(0, SESSIONS - 1),
    st.sampled_from(
        ["append", "NOOP", "FETCH 1:* (UID FLAGS)", "UID FETCH 1:* FLAGS", "SEARCH ALL", "EXPUNGE", "IDLE", "CLOSE"]
    )
    | st.builds(
        "{} {} {}".format,
        st.sampled_from(["STORE", "UID STORE"]),
        st.sampled_from(["1", "1:2", "*", "2:*"]),
        st.sampled_from(["+FLAGS (\\Deleted)", "FLAGS (\\Seen)", "-FLAGS.SILENT (\\Deleted x)", "+FLAGS (x)"]),
    )
    | st.builds(
        "{} {} {}".format,
        st.sampled_from(["COPY", "MOVE", "UID MOVE"]),
        st.sampled_from(["1", "1:*", "*"]),
        st.sampled_from(["INBOX", "Archive"]),
    ),
)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(steps, min_size=1, max_size=25))
def test_numbers_always_mean_the_same_on_both_sides(server: ReadingServer, script: list[tuple[int, str]]) -> None:
    user = server.add_user()
    for number in range(1, 4):
        server.deliver(user.id, mail(number))
    clients = [Client(server, user.address, listens=number == 1) for number in range(SESSIONS)]
    try:
        for who, command in script:
            play(clients[who], command)
        for client in clients:
            client.run("NOOP")
            client.run("FETCH 1:* (UID FLAGS)")
        assert clients[0].uids == clients[1].uids == clients[2].uids
    finally:
        for client in clients:
            client.close()


def play(client: Client, command: str) -> None:
    if command == "append":
        client.run("APPEND INBOX {3+}\r\nabc")
    elif command == "IDLE":
        client.conn.sendall(b"t IDLE\r\n")
        while not (line := client.lines.readline()).startswith(b"+"):
            client.take(line, keeps_numbers=False)
        client.conn.sendall(b"DONE\r\n")
        while not (line := client.lines.readline()).startswith(b"t OK"):
            client.take(line, keeps_numbers=False)
    elif command == "CLOSE":
        client.run("CLOSE")
        client.uids = []
        client.run("SELECT INBOX")
    else:
        client.run(command)
