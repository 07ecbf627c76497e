"""Whatever is sent to a living POP3 server is answered, never by an error of ours, and the next client is served."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailnode.pop3 import serve
from tests.support.client import said_to
from tests.support.examples import examples
from tests.support.imapd import PASSWORD, ReadingServer, mail

WORDS = st.sampled_from(
    [
        b"STAT", b"LIST", b"UIDL", b"RETR", b"TOP", b"DELE", b"RSET", b"NOOP", b"CAPA", b"LANG", b"UTF8", b"AUTH",
        b"USER", b"PASS", b"STLS", b"APOP", b" ", b" 1", b" 2", b" 0", b" -1", b" 99999999999999999999", b" zh", b" *",
        b" PLAIN", b" =", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\0", b"\xff", b"x" * 600, b" 1 1",
    ]
)  # fmt: skip
TALK = st.lists(WORDS | st.binary(max_size=6), max_size=30).map(b"".join)
LINE = re.compile(rb"\+OK|-ERR|\+ ")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("pop3")) as one:
        yield one


@pytest.fixture(scope="module")
def address(server: ReadingServer) -> str:
    user = server.add_user()
    server.deliver(user.id, mail(1))
    server.deliver(user.id, mail(2))
    return user.address


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TALK, st.integers(1, 200), st.booleans())
def test_any_talk(server: ReadingServer, address: str, talk: bytes, step: int, known: bool) -> None:
    login = f"USER {address}\r\nPASS {PASSWORD}\r\n".encode() if known else b""
    answers = said_to(server.port, login + talk, step)
    assert LINE.match(answers) or not answers
    assert answers.count(b"\n") == answers.count(b"\r\n")
    assert b"SYS/TEMP" not in answers
    assert said_to(server.port, b"NOOP\r\nQUIT\r\n", 100).endswith(b"+OK Goodbye\r\n")
