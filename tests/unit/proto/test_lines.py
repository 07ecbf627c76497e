"""The content behind DATA and the command lines, in any split."""

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto.content import OVERRUN, ContentReader
from mailnode.proto.lines import (
    FEW_DOTS,
    BadLine,
    CommandReader,
    dot_line,
    ends_are_whole,
    longest_line_fits,
    stuff,
    text_of,
    uneven,
)

# Each stands between two halves of one message; none may end it, none may be kept.
SMUGGLING = [
    b"\n.\n",
    b"\n.\r",
    b"\r.\n",
    b"\r.\r",
    b"\n.\r\n",
    b"\r.\r\n",
    b"\r\n\x00.\r\n",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n.\x00\r\n",
    b"\r\n. \r\n",
    b"\r\n.\t\r\n",
    b"\n\n.\n\n",
    b"\x0b.\x0b",
    b"\x1c.\x1c",
    b"\x85.\x85",
]


def read(wire: bytes, cuts: list[int], limit: int = 0) -> tuple[bytes | None, str, bytes]:
    """What follows the end, the fault and the content of a wire cut at these places."""
    reader = ContentReader(limit)
    edges = [0, *sorted(cut % (len(wire) + 1) for cut in cuts), len(wire)]
    rest: bytes | None = None
    for start, end in itertools.pairwise(edges):
        if rest is not None:
            rest += wire[start:end]
        else:
            rest = reader.feed(wire[start:end])
    content = reader.content() if rest is not None else b""
    return rest, reader.fault, content


cuts = st.lists(st.integers(0, 1 << 16), max_size=20)
pieces = [b"\r\n", b".", b"\r", b"\n", b"a", b"\r\n.\r\n", b"..", b"\0", b"x" * 990]
mailish = st.lists(st.sampled_from(pieces)).map(b"".join)
tidy = st.lists(st.text("ab. \t", max_size=30)).map(lambda rows: "".join(f"{row}\r\n" for row in rows).encode())


@given(mailish, cuts)
@example(b".\r\n", [1, 2])
@example(b"\r\n.\r\n", [1, 2, 3, 4])
def test_any_split_reads_the_same(wire: bytes, at: list[int]) -> None:
    assert read(wire, at) == read(wire, [])


@given(tidy, cuts)
def test_stuffed_content_comes_back(content: bytes, at: list[int]) -> None:
    assert read(stuff(content) + b"QUIT\r\n", at) == (b"QUIT\r\n", "", content)


@given(mailish, cuts)
def test_the_first_end_is_where_the_naive_search_finds_it(wire: bytes, at: list[int]) -> None:
    rest, _, _ = read(wire, at)
    found = (b"\r\n" + wire).find(b"\r\n.\r\n")
    assert rest == (None if found < 0 else wire[found + 3 :])


@pytest.mark.parametrize("sequence", SMUGGLING)
def test_no_known_sequence_ends_a_message_or_is_kept(sequence: bytes) -> None:
    wire = b"Subject: a\r\n\r\nfirst" + sequence + b"MAIL FROM:<x@example.com>\r\nsecond\r\n.\r\n"
    for cut in range(len(wire)):
        rest, fault, content = read(wire, [cut])
        assert rest == b""
        assert bool(fault) != bool(content)
        assert sequence not in content


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"a\0b\r\n", "nul"),
        (b"a\rb\r\n", "bare-newline"),
        (b"a\nb\r\n", "bare-newline"),
        (b"\n\r\n", "bare-newline"),
        (b"a" * 999 + b"\r\n", "line-too-long"),
        (b"a" * 998 + b"\r\n", ""),
        (b"." + b"." * 998 + b"\r\n", ""),
    ],
)
def test_faults_are_told_after_the_end(text: bytes, fault: str) -> None:
    rest, told, _ = read(b"x\r\n" + text + b".\r\nNOOP\r\n", [])
    assert (rest, told) == (b"NOOP\r\n", fault)


@pytest.mark.parametrize(("size", "fault"), [(100, ""), (101, "too-big")])
def test_the_limit_counts_the_content_alone(size: int, fault: str) -> None:
    content = b"a" * (size - 2) + b"\r\n"
    assert read(content + b".\r\n", [3], limit=100)[1] == fault


def test_too_much_is_not_kept_and_at_last_hopeless() -> None:
    reader = ContentReader(1 << 20)
    chunk = b"a" * (1 << 16)
    for _ in range(32):
        assert reader.feed(chunk) is None
    assert reader._vessel._chunks == []
    assert not reader.hopeless
    for _ in range(OVERRUN >> 16):
        reader.feed(chunk)
    assert reader.hopeless


def test_what_leaves_has_one_kind_of_line_end() -> None:
    assert stuff(b"a\nb\r.\nc") == b"a\r\nb\r\n..\r\nc\r\n.\r\n"
    assert stuff(b"") == b".\r\n"
    assert stuff(b".") == b"..\r\n.\r\n"


def test_line_ends_are_whole_where_each_cr_and_lf_has_its_other_half() -> None:
    for text in map(bytes, itertools.chain(*(itertools.product(b"\r\na", repeat=length) for length in range(8)))):
        assert ends_are_whole(text) == (not re.search(rb"(?<!\r)\n|\r(?!\n)", text))


spoils = st.sampled_from([b"", b"\r", b"\n", b".", b"\r\n", b"\n.\n", b"a" * 1000, b"\x0b.\x0b"])


@given(st.lists(st.tuples(st.integers(14, 1001), st.integers(1, 300)), max_size=4), spoils, st.integers(0, 1 << 20))
def test_what_may_be_bad_is_in_what_is_not_even(stretches: list[tuple[int, int]], spoil: bytes, at: int) -> None:
    content = b"".join((b"a" * length + b"\r\n") * count for length, count in stretches)
    cut = at % (len(content) + 1)
    content = content[:cut] + spoil + content[cut:]
    left = uneven(content)
    assert all(map(ends_are_whole, left)) == ends_are_whole(content)
    assert all(map(longest_line_fits, left)) == longest_line_fits(content)
    assert sum(piece.count(b".") for piece in left) == content.count(b".")


def test_of_an_attachment_hardly_anything_is_left() -> None:
    attachment = (b"TWFu" * 19 + b"\r\n") * 1000
    assert uneven(b"Subject: a\r\n\r\n" + attachment + b"--b\r\n" + 2 * attachment + b"--b--\r\n") == (
        b"Subject: a\r\n\r\n",
        b"--b\r\n",
        b"--b--\r\n",
    )


@given(st.lists(st.sampled_from([b"\r\n", b".", b"a", b"\r", b"." * FEW_DOTS, b"a." * FEW_DOTS])))
def test_the_first_line_with_a_dot_is_where_the_naive_search_finds_it(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    assert dot_line(content) == content.find(b"\r\n.")


@given(st.lists(st.integers(0, 40)), st.integers(2, 30))
def test_longest_line(lengths: list[int], limit: int) -> None:
    content = b"".join(b"a" * length + b"\n" for length in lengths)
    assert longest_line_fits(content, limit) == all(length + 1 <= limit for length in lengths)


def lines(data: bytes, at: list[int], limit: int = 64) -> list[bytes | BadLine]:
    reader = CommandReader(limit)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in at), len(data)]
    found: list[bytes | BadLine] = []
    for start, end in itertools.pairwise(edges):
        reader.feed(data[start:end])
        while (line := reader.next_line()) is not None:
            found.append(line)
    return found


@given(st.lists(st.sampled_from([b"NOOP", b"\r\n", b"\n", b"\r", b"\0", b"x" * 70])).map(b"".join), cuts)
def test_commands_in_any_split(data: bytes, at: list[int]) -> None:
    assert lines(data, at) == lines(data, [])


def test_command_lines_end_in_crlf_only() -> None:
    bad = BadLine(too_long=False)
    assert lines(b"A\r\nB\nC\rD\r\nE\0\r\n\r\n", []) == [b"A", bad, bad, bad, b""]


def test_a_command_line_that_is_too_long_is_dropped_whole() -> None:
    assert lines(b"x" * 1000 + b"\r\nNOOP\r\n", [10, 500]) == [BadLine(too_long=True), b"NOOP"]


def test_what_follows_data_is_handed_over() -> None:
    reader = CommandReader()
    reader.feed(b"DATA\r\nSubject: x")
    assert reader.next_line() == b"DATA"
    assert reader.rest() == b"Subject: x"
    assert not reader.waiting


def test_text_is_utf8() -> None:
    assert text_of("ä".encode()) == "ä"
    with pytest.raises(ProtocolError):
        text_of(b"\xff")
