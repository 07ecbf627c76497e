"""Large bodies kept for the next piece."""

from __future__ import annotations

import pytest

from mailnode.imap import bodies
from mailnode.imap.bodies import Bodies
from mailnode.store.blobs import Place


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Every place that was read; a body is as large as its place says."""
    found: list[Place] = []

    def read_at(_: object, place: Place) -> bytes:
        found.append(place)
        return b"x" * place.stored

    monkeypatch.setattr(bodies, "read_at", read_at)
    return found


BIG = Place("a", 0, 100_000)


def read(kept: Bodies, place: Place, *, user_id: int = 1, again: bool = True) -> bytes:
    return kept.read(None, user_id, place, again=again)  # type: ignore[arg-type]


def test_the_second_piece_needs_no_reading(reads: list[Place]) -> None:
    kept = Bodies()
    assert read(kept, BIG) == read(kept, BIG)
    assert reads == [BIG]


def test_another_user_reads_for_himself(reads: list[Place]) -> None:
    kept = Bodies()
    read(kept, BIG)
    read(kept, BIG, user_id=2)
    assert reads == [BIG, BIG]


@pytest.mark.parametrize(("place", "again"), [(Place("a", 0, 1000), True), (BIG, False)])
def test_small_and_whole_bodies_are_not_kept(reads: list[Place], place: Place, again: bool) -> None:
    kept = Bodies()
    read(kept, place, again=again)
    read(kept, place, again=again)
    assert len(reads) == 2


def test_memory_is_bounded(reads: list[Place], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_OCTETS", 250_000)
    kept = Bodies()
    for offset in (0, 1, 2, 0, 2):
        read(kept, Place("a", offset, 100_000))
    assert [place.offset for place in reads] == [0, 1, 2, 0]
