"""Awkward messages and exactly what IMAP says of them: NAME.eml and NAME.imap (ENVELOPE, BODY, BODYSTRUCTURE)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailnode.message import bodystructure, envelope, structure
from mailnode.message.digest import digest

FOLDER = Path(__file__).parent / "structure"
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))


def described(raw: bytes) -> bytes:
    root = structure.scan(raw)
    return b"ENVELOPE %b\r\nBODY %b\r\nBODYSTRUCTURE %b\r\n" % (
        envelope.envelope(raw, root),
        bodystructure.body(raw, root),
        bodystructure.bodystructure(raw, root),
    )


def test_there_are_many() -> None:
    assert len(NAMES) >= 25


@pytest.mark.parametrize("name", NAMES)
def test_is_described_exactly(name: str) -> None:
    raw = (FOLDER / f"{name}.eml").read_bytes()
    assert described(raw) == (FOLDER / f"{name}.imap").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_digest_says_the_same(name: str) -> None:
    raw = (FOLDER / f"{name}.eml").read_bytes()
    taken = digest(raw)
    said = b"ENVELOPE %b\r\nBODY %b\r\nBODYSTRUCTURE %b\r\n" % (taken.envelope, taken.body, taken.bodystructure)
    assert said == (FOLDER / f"{name}.imap").read_bytes()
    assert structure.decode(taken.parts) == structure.scan(raw)
