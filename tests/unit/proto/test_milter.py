"""The milter protocol: any octets from a filter, in any split."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto import milter
from mailnode.proto.milter import Agreed, AnswerReader, ChangeHeader, Does, Skips, Stage, Word


def read(*pieces: bytes) -> list[object]:
    """The answers up to the end or the first that is none."""
    reader, found = AnswerReader(), []
    try:
        for piece in pieces:
            reader.feed(piece)
            while (answer := reader.next_answer()) is not None:
                found.append(answer)
    except ProtocolError as error:
        found.append(str(error))
    return found


def packet(letter: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 1) + letter + data


LETTERS = st.sampled_from([bytes([one]) for one in b"Oyhimb+2-eqadrtcsp4f?"])
PACKETS = st.lists(st.builds(packet, LETTERS, st.binary(max_size=40)), max_size=5).map(b"".join)


@given(PACKETS | st.binary(), st.integers(1, 20))
def test_the_split_makes_no_difference(data: bytes, size: int) -> None:
    assert read(*(data[at : at + size] for at in range(0, len(data), size))) == read(data)


def test_what_was_agreed_on() -> None:
    chosen = struct.pack(">I", 2) + b"i, {mail_addr}\0" + struct.pack(">I", 5) + b"\0"
    (agreed,) = read(packet(b"O", struct.pack(">III", 6, 0x11, 0x200) + chosen))
    assert agreed == Agreed(
        6, Does.ADD_HEADERS | Does.CHANGE_HEADERS, Skips.NO_DATA, {Stage.MAIL: ("i", "mail_addr"), Stage.END: ()}
    )


def test_macros_are_those_chosen() -> None:
    agreed = Agreed(6, Does(0), Skips(0), {Stage.MAIL: ("i",)})
    known = {"i": "1", "mail_addr": "a"}
    assert milter.chosen(agreed, Stage.MAIL, known) == {"i": "1"}
    assert milter.chosen(agreed, Stage.RCPT, known) == {"i": "1", "{mail_addr}": "a"}


def test_what_was_not_offered_cannot_be_asked_for() -> None:
    assert read(packet(b"O", struct.pack(">III", 6, 0x1000, 0))) == ["the filter asks for what was not offered"]
    assert read(packet(b"O", struct.pack(">III", 7, 0, 0))) == ["the filter asks for what was not offered"]


def test_a_length_is_not_believed() -> None:
    assert read(b"\xff\xff\xff\xff") == ["a packet of the filter is empty or too long"]
    assert read(b"\0\0\0\0") == ["a packet of the filter is empty or too long"]


def test_words_in_a_row() -> None:
    assert read(packet(b"p", b"") + packet(b"c", b"") + b"\0\0") == [Word.PROGRESS, Word.CONTINUE]


def test_the_first_number_is_one() -> None:
    assert read(packet(b"m", b"\0\0\0\0Subject\0x\0")) == [ChangeHeader(b"Subject", b"x", 1)]


@pytest.mark.parametrize("name", ["a\0b", "ü", "x" * 1000])
def test_strings_end_where_they_end(name: str) -> None:
    sent = milter.helo(name)
    assert sent.count(b"\0", 5) == 1
    assert int.from_bytes(sent[:4], "big") == len(sent) - 4


def test_clients_of_both_families() -> None:
    assert milter.connect("x", "2001:db8::1", 25)[5:] == b"x\x006\x00\x19IPv6:2001:db8::1\0"
    assert milter.connect("x", "192.0.2.1", 25)[5:] == b"x\x004\x00\x19192.0.2.1\0"
