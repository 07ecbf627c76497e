"""Replies written and read."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto.replies import MAX_LINE, Reply, ReplyReader, split_status


def read_all(data: bytes, at: list[int]) -> list[Reply] | str:
    reader = ReplyReader()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in at), len(data)]
    found = []
    try:
        for start, end in itertools.pairwise(edges):
            reader.feed(data[start:end])
            while (reply := reader.next_reply()) is not None:
                found.append(reply)
    except ProtocolError as error:
        return str(error)
    return found


@pytest.mark.parametrize(
    ("reply", "wire"),
    [
        (Reply(250, "2.1.0", "Fine"), b"250 2.1.0 Fine\r\n"),
        (Reply(354, "", "Go on"), b"354 Go on\r\n"),
        (Reply(250, "", "mx.example\nPIPELINING\nSIZE 10"), b"250-mx.example\r\n250-PIPELINING\r\n250 SIZE 10\r\n"),
        (Reply(550, "5.1.1", "a\nb"), b"550-5.1.1 a\r\n550 5.1.1 b\r\n"),
        (Reply(550, "5.1.1", "a\r\n250 ok"), b"550-5.1.1 a\r\n550 5.1.1 250 ok\r\n"),
        (Reply(550, "5.1.1", "a\x00\x1b[1m\x85"), b"550 5.1.1 a??[1m?\r\n"),
        (Reply(550, "", "ä"), "550 ä\r\n".encode()),
    ],
)
def test_printed(reply: Reply, wire: bytes) -> None:
    assert reply.encode() == wire


@given(st.integers(200, 559), st.text(max_size=1500))
def test_every_text_prints_within_the_limits(code: int, text: str) -> None:
    lines = Reply(code, "", text).encode().split(b"\r\n")
    assert lines[-1] == b""
    for number, line in enumerate(lines[:-1], start=1):
        assert line.startswith(b"%d%s" % (code, b" " if number == len(lines) - 1 else b"-"))
        assert len(line) <= 510
        assert not {0, 10, 13} & set(line)
        line.decode()


@pytest.mark.parametrize(
    ("wire", "replies"),
    [
        (b"220 mx ready\r\n", [Reply(220, "", "mx ready")]),
        (b"250\r\n", [Reply(250, "", "")]),
        (b"250 \r\n", [Reply(250, "", "")]),
        (b"250-a\r\n250 b\n", [Reply(250, "", "a\nb")]),
        (b"550-5.1.1 No such\r\n550 5.1.1 user\r\n", [Reply(550, "5.1.1", "No such\nuser")]),
        (b"550 4.1.1 odd\r\n", [Reply(550, "", "4.1.1 odd")]),
        (b"250 2.0.0\r\n221 2.0.0 Bye\r\n", [Reply(250, "2.0.0", ""), Reply(221, "2.0.0", "Bye")]),
        (b"250 \xff\r\n", [Reply(250, "", "\ufffd")]),
    ],
)
def test_read(wire: bytes, replies: list[Reply]) -> None:
    assert read_all(wire, []) == replies


NO_REPLIES = [
    b"hello",
    b"25",
    b"2500 x",
    b"250-a\r\n550 b",
    b"",
    b"199 x",
    b"250 " + b"x" * MAX_LINE,
    b"250-x\r\n" * 201,
]


@pytest.mark.parametrize("wire", NO_REPLIES)
def test_what_is_no_reply(wire: bytes) -> None:
    assert isinstance(read_all(wire + b"\r\n", []), str)


@given(
    st.lists(st.sampled_from([b"250", b"-", b" ", b"\r\n", b"\n", b"550", b"5.1.1", b"x", b"\xff"])).map(b"".join),
    st.lists(st.integers(0, 500), max_size=8),
)
def test_any_split_reads_the_same(data: bytes, at: list[int]) -> None:
    assert read_all(data, at) == read_all(data, [])


def test_classes() -> None:
    assert Reply(250, "", "").positive
    assert Reply(354, "", "").positive
    assert Reply(451, "", "").temporary
    assert Reply(550, "", "").permanent
    assert str(Reply(550, "5.1.1", "No\nsuch")) == "550 5.1.1 No such"
    assert split_status(250, "2.1.5 ok") == ("2.1.5", "ok")


@pytest.mark.parametrize("said", [b"busy \x00", b"\x1b[31mred", "\u2028line".encode(), b"\x7f\xc2\x85"])
def test_what_others_say_has_no_control_characters(said: bytes) -> None:
    """It is kept, shown and told to senders."""
    reader = ReplyReader()
    reader.feed(b"450 4.1.1 " + said + b"\r\n")
    reply = reader.next_reply()
    assert reply is not None
    assert reply.text.isprintable()
    assert str(reply).isprintable()
