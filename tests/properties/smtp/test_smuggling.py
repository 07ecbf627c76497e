"""Attack: a stored message that holds the end of a message, for hosts that know other ends than CRLF.CRLF."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from mailnode.proto.content import ContentReader
from mailnode.proto.lines import stuff
from mailnode.proto.smtp_client import SmtpClient
from mailnode.proto.smtp_client_values import ClientOptions, Message, Recipient

# Every sequence that some server has ever taken for the end of a message.
ENDS = (
    b"\n.\n", b"\n.\r", b"\r.\n", b"\r.\r", b"\n.\r\n", b"\r.\r\n", b"\r\n\0.\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n",
    b"\r\n.\n", b"\r\n.\r", b"\r\n.\0\r\n", b"\n\n.\n\n", b"\r\n.\r\n", b"\r\n\0.\0\r\n", b"\0\n.\0\n",
)  # fmt: skip
NEXT = b"MAIL FROM:<admin@victim.example>\r\n"
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")
EARLY = re.compile(rb"[\r\n]\.[\r\n]")

PIECES = st.sampled_from([*ENDS, b"\r", b"\n", b"\r\n", b".", b"..", b"\0", b"x", b" ", NEXT])


@given(st.lists(PIECES, max_size=20).map(b"".join))
@example(b"")
@example(b".")
@example(b".\r\n")
@example(b"x\r")
def test_what_is_sent_ends_once_and_at_its_end(stored: bytes) -> None:
    sent = stuff(stored)
    assert not BARE.search(sent)
    assert sent.endswith(b"\r\n.\r\n") or sent == b".\r\n"
    assert not EARLY.search(b"\r\n" + sent[:-3])
    reader = ContentReader(0)
    assert reader.feed(sent) == b""


def test_each_known_end_inside_a_message() -> None:
    for end in ENDS:
        sent = stuff(b"Subject: a\r\n\r\none" + end + NEXT)
        assert sent.count(b"\r\n.\r\n") == 1, end
        assert not BARE.search(sent), end


def sent_in_a_chunk(stored: bytes) -> bytes:
    """All that goes out for one message to a host that takes chunks."""
    client = SmtpClient(ClientOptions("me.test", "never"))
    client.receive(b"220 peer.test\r\n250-peer.test\r\n250-PIPELINING\r\n250 CHUNKING\r\n")
    client.send()
    client.submit(Message("a@b.example", (Recipient("c@d.example"),), stored))
    return client.send()


@given(st.lists(PIECES, max_size=20).map(b"".join))
def test_a_chunk_is_as_long_as_it_says_and_made_of_lines(stored: bytes) -> None:
    head, size, content = re.split(rb"BDAT (\d+) LAST\r\n", sent_in_a_chunk(stored), maxsplit=1)
    assert head == b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
    assert len(content) == int(size)
    assert not BARE.search(content)
    assert content.endswith(b"\r\n")
