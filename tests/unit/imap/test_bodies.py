"""Large bodies kept for the next piece."""

from __future__ import annotations

import pytest

from mailnode.imap import bodies
from mailnode.imap.bodies import Bodies
from mailnode.store.blobs import Place

BIG = Place("a", 0, 100_000)


class Store:
    """Bodies as large as their places say; remembers what was read."""

    def __init__(self) -> None:
        self.kept = Bodies()
        self.reads: list[Place] = []

    def read(self, place: Place, *, user_id: int = 1, again: bool = True) -> bytes:
        return self.kept.read(self._read_at, user_id, place, again=again)

    def _read_at(self, place: Place) -> bytes:
        self.reads.append(place)
        return b"x" * place.stored


@pytest.fixture
def store() -> Store:
    return Store()


def test_the_second_piece_needs_no_reading(store: Store) -> None:
    assert store.read(BIG) == store.read(BIG)
    assert store.reads == [BIG]


def test_another_user_reads_for_himself(store: Store) -> None:
    store.read(BIG)
    store.read(BIG, user_id=2)
    assert store.reads == [BIG, BIG]


@pytest.mark.parametrize(("place", "again"), [(Place("a", 0, 1000), True), (BIG, False)])
def test_small_and_whole_bodies_are_not_kept(store: Store, place: Place, again: bool) -> None:
    store.read(place, again=again)
    store.read(place, again=again)
    assert len(store.reads) == 2


def test_memory_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_OCTETS", 250_000)
    for offset in (0, 1, 2, 0, 2):
        store.read(Place("a", offset, 100_000))
    assert [place.offset for place in store.reads] == [0, 1, 2, 0]


def test_a_small_body_is_there_for_the_user_s_other_devices() -> None:
    kept, place = Bodies(), Place("a", 0, 10)
    kept.keep(1, place, b"small")
    kept.keep(1, Place("a", 10, 10), b"x" * bodies.WORTH_KEEPING)
    assert kept.found(1, [place, Place("a", 10, 10)]) == [b"small", None]
    assert kept.found(2, [place]) == [None]


def test_those_read_last_stay() -> None:
    kept = Bodies()
    size = bodies.WORTH_KEEPING - bodies.OVERHEAD - 1
    places = [Place("a", number, 1) for number in range(bodies.MAX_OCTETS // size + 10)]
    for place in places:
        kept.found(1, places[:1])
        kept.keep(1, place, b"x" * size)
    assert kept.found(1, places[:2]) == [b"x" * size, None]
    assert kept.found(1, places[-1:]) == [b"x" * size]
