"""What text is cut into, and what a sought text asks of the pieces.

Text comes folded (`message.casemap`). A *run* is a longest stretch of letters and digits; runs are the terms, so that
whatever stands inside a run is found by looking through the vocabulary. Two kinds of runs would make it as long as the
mail itself and are cut: Chinese, Japanese and Korean, which has no blanks, into overlapping pairs of characters, and
very long runs into overlapping pieces.

A text that is one run (or a part of one) and not too long is in a message exactly when it is in one of its terms. Of
any other text the terms say where it may be: there the message itself must be asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import AnyStr

# Runs that are written without blanks: kana, bopomofo, ideographs, syllables of hangul.
_DENSE = (
    "\u1100-\u11ff\u3005-\u3007\u3040-\u312f\u3131-\u318e\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
# What stands between runs beside ASCII's own: blanks and punctuation, in the West and in the East.
_BETWEEN = (
    "\x80-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\u1680\u2000-\u206f\u3000-\u3004\u3008-\u303f\ufe30-\ufe4f\uff01-\uff0f"
)
_ASCII_BETWEEN = "\x00-/:-@\\[-`{-\x7f"
_RUN = re.compile(f"([^{_DENSE}{_BETWEEN}{_ASCII_BETWEEN}]+)|([{_DENSE}]+)")
_ONLY_RUNS = bytes(byte if chr(byte).isalnum() and byte < 128 else 32 for byte in range(256))

LONGEST = 64  # characters of a term
OVERLAP = 32  # of neighbouring pieces of a longer run: what is not longer is whole in one of them


@dataclass(frozen=True, slots=True)
class Part:
    """One condition on the terms of a message: one of them holds ``text``, or begins or ends with it, or is it."""

    text: bytes
    begins: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sought text asks: every part. ``exact``: a message that fulfils it has the text, and needs no look.

    Without parts the terms say nothing, and any message may have it.
    """

    parts: tuple[Part, ...]
    exact: bool


def terms(text: bytes) -> set[bytes]:
    """The terms of a folded text; both in UTF-8."""
    if text.isascii():
        found = set(text.translate(_ONLY_RUNS).split())
        long = [term for term in found if len(term) > LONGEST]
        found.difference_update(long)
        for term in long:
            found.update(_pieces(term))
        return found
    cut: set[str] = set()
    for run, dense in set(_RUN.findall(text.decode("utf-8", "replace"))):
        cut.update(_pairs(dense) if dense else [run] if len(run) <= LONGEST else _pieces(run))
    return {term.encode() for term in cut}


def wanted(text: str) -> Wanted:
    """What a sought text, folded, asks of the terms; it can be written in UTF-8."""
    runs = [*_RUN.finditer(text)]
    if len(runs) == 1 and runs[0][0] == text:
        return _of_one_run(text, dense=bool(runs[0][2]))
    parts: list[Part] = []
    for run in runs:
        if run[2]:
            parts += _dense_parts(run[0])
        else:
            parts.append(_part(run[0], begins=run.start() > 0, ends=run.end() < len(text)))
    return Wanted(tuple(dict.fromkeys(parts)), exact=False)


def _of_one_run(text: str, *, dense: bool) -> Wanted:
    if dense:
        return Wanted(tuple(dict.fromkeys(_dense_parts(text))), exact=len(text) <= 2)
    return Wanted((_part(text, begins=False, ends=False),), exact=len(text) <= OVERLAP)


def _part(run: str, *, begins: bool, ends: bool) -> Part:
    """Of a long run only what is sure to be whole in one piece is sought."""
    if len(run) <= OVERLAP:
        return Part(run.encode(), begins, ends)
    piece = run[:OVERLAP] if begins or not ends else run[-OVERLAP:]
    return Part(piece.encode(), begins, ends and not begins)


def _dense_parts(run: str) -> list[Part]:
    return [Part(pair.encode()) for pair in _pairs(run)]


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def _pieces(run: AnyStr) -> list[AnyStr]:
    """Pieces of `LONGEST` that overlap by `OVERLAP`; the last one ends where the run does."""
    starts = (*range(0, len(run) - LONGEST, LONGEST - OVERLAP), len(run) - LONGEST)
    return [run[at : at + LONGEST] for at in starts]
