"""Whatever a client sends: every answer is SMTP, none is a bug of ours, and the next client is served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailnode.smtpd.reception import Limits
from tests.support.client import said_to
from tests.support.examples import examples
from tests.support.smtpd import SmtpdThread

WORDS = [
    b"EHLO a.example",
    b"HELO a",
    b"MAIL FROM:<a@b.example>",
    b"MAIL FROM:<> SIZE=10 BODY=8BITMIME RET=FULL ENVID=x",
    b"MAIL FROM:<a@b.example> BODY=BINARYMIME",
    b"MAIL FROM:<a@b.example> REQUIRETLS HOLDFOR=9 BY=9;R",
    b"XCLIENT ADDR=192.0.2.1 NAME=x",
    b"XCLIENT =",
    b"RCPT TO:<c@d.example>",
    b"RCPT TO:<c@d.example> NOTIFY=NEVER ORCPT=rfc822;x",
    b"DATA",
    b"BDAT 5",
    b"BDAT 0 LAST",
    b"RSET",
    b"NOOP",
    b"STARTTLS",
    b"AUTH PLAIN =",
    b"VRFY x",
    b"HELP",
    b"\r\n",
    b"\r\n",
    b"\r\n",
    b"\r\n.\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"x" * 3000,
    b" ",
    b"<",
    b">",
]
ANSWER = re.compile(rb"(?:[2-5][0-9][0-9](?:[ -][^\r\n]*)?\r\n)*\Z")

talk = st.lists(st.sampled_from(WORDS) | st.binary(max_size=20), max_size=40).map(b"".join)


@pytest.fixture(scope="module")
def server() -> Iterator[SmtpdThread]:
    with SmtpdThread(Limits(message_size=10_000, idle=5), trusted=(ip_network("127.0.0.0/8"),)) as running:
        running.recorder.refuse_early = False
        yield running


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talk, st.integers(1, 400))
def test_any_talk(server: SmtpdThread, data: bytes, step: int) -> None:
    answers = said_to(server.port, data, step)
    assert ANSWER.match(answers), answers
    assert b"451 4.3.0" not in answers
    assert said_to(server.port, b"NOOP\r\n", 10).endswith(b"250 2.0.0 OK\r\n")
    assert not any(b"\r" in content.replace(b"\r\n", b"") for content in server.recorder.contents)
