"""A content that goes into a file is read, judged and refused as one that stays in memory (RFC 5321 §2.3.8, §4.5.2)."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from mailnode.octets import LARGE
from mailnode.proto.content import ContentReader, SizedReader, Vessel
from tests.support.large import Share

cuts = st.lists(st.integers(0, 1 << 16), max_size=20)
pieces = [b"\r\n", b".", b"\r", b"\n", b"a", b"..", b"\0", b"x" * 990, b"\x0b.\x0b", b" \r\n", b"\r\n."]
mailish = st.lists(st.sampled_from(pieces)).map(b"".join)


def read(wire: bytes, at: list[int], share: Share) -> tuple[bytes | None, str, bytes]:
    """What follows the end, the fault and the content."""
    reader = ContentReader(0, share)
    edges = [0, *sorted(cut % (len(wire) + 1) for cut in at), len(wire)]
    rest: bytes | None = None
    for start, end in itertools.pairwise(edges):
        rest = reader.feed(wire[start:end]) if rest is None else rest + wire[start:end]
    content = reader.content()[:] if rest is not None else b""
    return rest, reader.fault, content


@given(mailish, cuts, st.integers(0, 2000))
def test_a_file_makes_no_difference(text: bytes, at: list[int], memory: int) -> None:
    wire = text + b"\r\n.\r\nNOOP"
    in_memory = read(wire, [], Share(1 << 30))
    rest, fault, content = read(wire, at, Share(memory, 1 << 30))
    assert (rest, content, bool(fault)) == (in_memory[0], in_memory[2], bool(in_memory[1]))


@given(mailish, cuts, st.integers(0, 2000))
def test_nor_does_it_in_the_chunks_of_bdat(text: bytes, at: list[int], memory: int) -> None:
    vessels = [Vessel(Share(1 << 30), stuffed=False), Vessel(Share(memory, 1 << 30), stuffed=False)]
    for start, end in itertools.pairwise([0, *sorted(cut % (len(text) + 1) for cut in at), len(text)]):
        for vessel in vessels:
            reader = SizedReader(end - start, vessel)
            assert reader.feed(text[start:end] + b"next") == b"next"
    found = [(vessel.content()[:], bool(vessel.fault)) for vessel in vessels]
    assert found[0] == found[1]


def test_what_is_large_goes_into_a_file_and_gives_its_memory_back() -> None:
    share = Share(1 << 30, 1 << 30)
    line = b"x" * 998 + b"\r\n"
    reader = ContentReader(0, share)
    for _ in range(2 * LARGE // 1000):
        reader.feed(line)
    assert share.held == 0
    assert reader.feed(b".\r\n") == b""
    assert len(reader.content()) == 2 * LARGE // 1000 * 1000


def test_without_room_on_the_disk_it_is_refused_at_its_end() -> None:
    reader = ContentReader(0, Share(100, 5000))
    for _ in range(10):
        assert reader.feed(b"x" * 998 + b"\r\n") is None
    assert reader.feed(b".\r\nQUIT\r\n") == b"QUIT\r\n"
    assert reader.content()[:] == b""
    assert reader.fault == "no-room"


def test_an_endless_line_is_not_kept() -> None:
    share = Share(0, 1 << 30)
    reader = ContentReader(0, share)
    for _ in range(10):
        reader.feed(b"x" * 65_536)
    assert reader.fault == "line-too-long"
    assert share.files[0].data == b""
