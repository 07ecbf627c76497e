"""The client machine with a server that takes content in chunks (RFC 3030)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailnode.proto.smtp_client import UNASKED
from mailnode.proto.smtp_client_values import Finished, Message, Recipient
from tests.unit.proto.test_smtp_client import EHLO, SLOW, opened

OFFER = EHLO.replace(b"250 DSN", b"250-DSN\r\n250 CHUNKING").replace(b"SIZE 1000", b"SIZE 0")
TWO = Message("a@b.example", (Recipient("c@d.example"), Recipient("e@d.example")), b".x\r\n.\r\n", clean=True)
HEAD = b"MAIL FROM:<a@b.example> SIZE=7\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@d.example>\r\n"
LARGE = replace(TWO, content=b"y" * UNASKED + b"\r\n")


def test_a_small_message_goes_out_at_once_as_it_is() -> None:
    played = opened(ehlo=OFFER)
    assert played.submit(TWO) == HEAD + b"BDAT 7 LAST\r\n.x\r\n.\r\n"
    assert played.say(b"250 ok\r\n250 ok\r\n550 5.1.1 no\r\n250 2.0.0 done\r\n") == b""
    assert played.results() == [("c@d.example", "content", 250), ("e@d.example", "rcpt", 550)]
    assert played.submit(TWO).startswith(b"MAIL")


def test_line_ends_are_made_whole() -> None:
    sent = opened(ehlo=OFFER).submit(replace(TWO, content=b"a\nb", clean=False))
    assert sent.endswith(b"BDAT 6 LAST\r\na\r\nb\r\n")


def test_a_large_message_waits_for_its_recipients() -> None:
    played = opened(ehlo=OFFER)
    assert b"BDAT" not in played.submit(LARGE)
    assert played.say(b"250 ok\r\n250 ok\r\n") == b""
    assert played.say(b"550 no\r\n") == b"BDAT %d LAST\r\n" % (UNASKED + 2) + LARGE.content
    played.say(b"250 ok\r\n")
    assert [code for _, _, code in played.results()] == [250, 550]


@pytest.mark.parametrize("replies", [b"250 ok\r\n550 no\r\n550 no\r\n", b"550 no\r\n503 bad\r\n503 bad\r\n"])
def test_a_large_message_that_nobody_may_have_is_not_sent(replies: bytes) -> None:
    played = opened(ehlo=OFFER)
    played.submit(LARGE)
    assert played.say(replies) == b""
    assert [code for _, _, code in played.results()] == [550, 550]
    assert played.submit(LARGE).startswith(b"RSET\r\nMAIL")


def test_nobody_is_left_for_what_was_sent() -> None:
    played = opened(ehlo=OFFER)
    played.submit(TWO)
    played.say(b"250 ok\r\n550 no\r\n550 no\r\n503 nobody\r\n")
    assert [(stage, code) for _, stage, code in played.results()] == [("rcpt", 550), ("rcpt", 550)]


def test_without_pipelining_one_thing_follows_another() -> None:
    played = opened(ehlo=SLOW.replace(b"250 SIZE", b"250-CHUNKING\r\n250 SIZE"))
    assert played.submit(TWO).startswith(b"MAIL")
    assert played.say(b"250 ok\r\n").startswith(b"RCPT TO:<c@")
    assert played.say(b"250 ok\r\n").startswith(b"RCPT TO:<e@")
    assert played.say(b"250 ok\r\n") == b"BDAT 7 LAST\r\n.x\r\n.\r\n"
    played.say(b"250 ok\r\n")
    assert isinstance(played.events[-1], Finished)


def test_a_connection_that_breaks_when_all_is_out_may_have_taken_it() -> None:
    played = opened(ehlo=OFFER)
    played.submit(TWO)
    played.events += played.client.eof()
    assert [(stage, code) for _, stage, code in played.results()] == [("content", 451), ("content", 451)]
