"""Large octets do what bytes do, whatever the window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode import octets
from mailnode.octets import Joined, Large, Octets, Sequential, Stretch, blocks, joined, line_ends, stretch, with_head
from tests.support.large import Windowed

raws = st.lists(st.sampled_from([b"a", b"b", b"\n", b"\r\n", b"--ab"]), max_size=40).map(b"".join)
places = st.integers(-50, 90)


class OneByOne(Sequential):
    """Octets that come in pieces of three."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        super().__init__()

    def __len__(self) -> int:
        return len(self.raw)

    def pieces(self):  # type: ignore[no-untyped-def]
        return (self.raw[at : at + 3] for at in range(0, len(self.raw), 3))


def kinds(raw: bytes) -> list[Large]:
    half = len(raw) // 2
    around = Windowed(b"xyz" + raw + b"xyz")
    return [
        Windowed(raw),
        OneByOne(raw),
        Stretch(around, 3, 3 + len(raw)),
        Joined([raw[:half], b"", Stretch(Windowed(raw), half, len(raw))]),
    ]


@pytest.fixture(scope="module", autouse=True)
def _small_windows() -> object:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(octets, "WINDOW", 5)
        patched.setattr(octets, "LARGE", 10)
        yield


@given(raws, places, places)
def test_slices(raw: bytes, start: int, end: int) -> None:
    for one in kinds(raw):
        assert one[start:end] == raw[start:end]
        assert one[:] == raw


@given(raws, st.sampled_from([b"\n", b"ab", b"\n--", b"\r\n--ab"]), places, places)
def test_find_and_startswith(raw: bytes, sub: bytes, start: int, end: int) -> None:
    for one in kinds(raw):
        assert one.find(sub, start, end) == raw.find(sub, start, end)
        assert one.startswith(sub, start, end) == raw.startswith(sub, start, end)


@given(raws, places, places)
def test_line_ends_and_isascii(raw: bytes, start: int, end: int) -> None:
    for one in kinds(raw + b"\xff"):
        assert line_ends(one, start, end) == (raw + b"\xff").count(b"\n", start, end)
        assert not one.isascii()
    assert line_ends(raw, start, end) == raw.count(b"\n", start, end)
    assert all(one.isascii() for one in kinds(raw))


@given(raws, places, places)
def test_stretches_of_stretches(raw: bytes, start: int, end: int) -> None:
    for one in kinds(raw):
        inner = stretch(one, max(start, 0), max(end, 0))
        assert inner[:] == raw[max(start, 0) : max(end, 0)]
        assert inner[1:-1] == inner[:][1:-1]


@given(raws, st.integers(0, 90))
def test_another_head(raw: bytes, start: int) -> None:
    for one in (raw, *kinds(raw)):
        assert with_head(one, b"head", start)[:] == b"head" + raw[start:]


@given(st.lists(raws, max_size=5))
def test_joined(raws: list[bytes]) -> None:
    pieces: list[Octets] = [Windowed(raw) if number % 2 else raw for number, raw in enumerate(raws)]
    assert joined(pieces)[:] == b"".join(raws)


def test_what_is_small_together_is_in_memory() -> None:
    assert isinstance(joined([b"a", Windowed(b"b")]), bytes)
    assert isinstance(stretch(Windowed(b"x" * 100), 90, 100), bytes)


def test_a_search_reads_each_octet_about_once() -> None:
    one = Windowed(b"x" * 10_000)
    assert one.find(b"yy") < 0
    assert one.octets_read < 15_000


def test_blocks_are_small() -> None:
    assert {len(block) for block in blocks(Windowed(b"x" * 13))} == {5, 3}
