"""Records of a segment are found whatever stands between them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailnode.store.blobs.records import MAGIC, records
from mailnode.store.blobs.segments import Segments
from tests.support.examples import examples


@settings(deadline=None, max_examples=examples(50), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.binary(max_size=200), st.binary(max_size=60)), max_size=6))
def test_whole_records_are_found_behind_half_ones(tmp_path: Path, parts: list[tuple[bytes, bytes]]) -> None:
    place = tmp_path / "one.seg"
    home = Segments(tmp_path / "home")
    wanted = set()
    with place.open("wb") as file:
        for raw, garbage in parts:
            sha256 = hashlib.sha256(raw).digest()
            kept = home.put(sha256, raw)
            record = (home.folder / f"{kept.segment}.seg").read_bytes()[kept.offset : kept.offset + kept.stored]
            file.write(record[: len(record) // 2])  # the disk was full
            file.write(garbage.replace(MAGIC[:3], b""))
            wanted.add((sha256, file.tell(), len(record)))
            file.write(record)
    home.close()
    found = {(one.sha256, one.offset, one.stored) for one in records(place)}
    assert wanted <= found


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_any_bytes_are_looked_through(tmp_path: Path, data: bytes) -> None:
    place = tmp_path / "any.seg"
    place.write_bytes(data + MAGIC + data)
    for one in records(place):
        assert 0 < one.stored <= len(data) * 2 + 4
