"""One user's counts: in how much junk and how much wanted mail each token was, and what that says of a new message.

A model is kept as one piece: sorted numbers of tokens, and two counts for each. It is bounded: tokens seen once go
first, and counts are halved as they grow, so that what was taught long ago weighs less.

Weighing is Robinson's: each token's share of junk, drawn towards one half where it was seldom seen; those farthest
from one half are combined by Fisher's method into one number between 0 (wanted) and 1 (junk).
"""

from __future__ import annotations

import math
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LEAST = 10  # messages of each kind, before a model has an opinion
MOST_MESSAGES = 2000  # of a kind, before all counts are halved
MOST_TOKENS = 30_000
STRENGTH = 1.0  # of the assumption that a token says nothing
NEAR_HALF = 0.1
TOLD = 150  # tokens that decide

_COUNTS = "H"
_NUMBERS = "I"


@dataclass(frozen=True, slots=True)
class Weighed:
    """``junk`` is between 0 and 1. ``tokens`` have decided it, the strongest first, each with its share of junk."""

    junk: float
    tokens: tuple[tuple[int, float], ...] = ()


@dataclass(slots=True)
class Model:
    """``junk`` and ``wanted`` count messages; ``numbers`` are sorted, and the counts stand in their order."""

    junk: int = 0
    wanted: int = 0
    numbers: array[int] = field(default_factory=lambda: array(_NUMBERS))
    in_junk: array[int] = field(default_factory=lambda: array(_COUNTS))
    in_wanted: array[int] = field(default_factory=lambda: array(_COUNTS))

    @property
    def has_opinion(self) -> bool:
        return self.junk >= LEAST and self.wanted >= LEAST

    @classmethod
    def unpack(cls, junk: int, wanted: int, packed: bytes) -> Model:
        size = len(packed) // 8
        numbers, in_junk, in_wanted = array(_NUMBERS), array(_COUNTS), array(_COUNTS)
        numbers.frombytes(packed[: size * 4])
        in_junk.frombytes(packed[size * 4 : size * 6])
        in_wanted.frombytes(packed[size * 6 : size * 8])
        if sys.byteorder == "big":
            for one in (numbers, in_junk, in_wanted):
                one.byteswap()
        return cls(junk, wanted, numbers, in_junk, in_wanted)

    def pack(self) -> bytes:
        """Eight octets for each token, the smallest first in every number."""
        pieces = [array(one.typecode, one) for one in (self.numbers, self.in_junk, self.in_wanted)]
        if sys.byteorder == "big":
            for one in pieces:
                one.byteswap()
        return b"".join(one.tobytes() for one in pieces)

    def counts(self, number: int) -> tuple[int, int]:
        """In how many messages of junk, and of wanted mail."""
        at = bisect_left(self.numbers, number)
        if at == len(self.numbers) or self.numbers[at] != number:
            return 0, 0
        return self.in_junk[at], self.in_wanted[at]

    def weigh(self, tokens: Iterable[int]) -> Weighed:
        """What the counts say of a message with these tokens; one half where they say nothing."""
        found = [(number, share) for number in tokens if abs((share := self._share(number)) - 0.5) >= NEAR_HALF]
        found.sort(key=lambda one: -abs(one[1] - 0.5))
        telling = found[:TOLD]
        if not telling:
            return Weighed(0.5)
        of_junk = _chance(-2 * sum(math.log(1 - share) for _, share in telling), 2 * len(telling))
        of_wanted = _chance(-2 * sum(math.log(share) for _, share in telling), 2 * len(telling))
        return Weighed((1 + of_wanted - of_junk) / 2, tuple(telling))

    def _share(self, number: int) -> float:
        junk, wanted = self.counts(number)
        if not junk and not wanted:
            return 0.5
        of_junk, of_wanted = junk / max(1, self.junk), wanted / max(1, self.wanted)
        share = of_junk / (of_junk + of_wanted)
        seen = junk + wanted
        return (STRENGTH * 0.5 + seen * share) / (STRENGTH + seen)

    def taught(self, lessons: Iterable[tuple[Iterable[int], int, int]]) -> Model:
        """A new model that has learned these: tokens, and what to add to both counts of messages (-1, 0 or 1)."""
        counts = {number: [self.in_junk[at], self.in_wanted[at]] for at, number in enumerate(self.numbers)}
        junk, wanted = self.junk, self.wanted
        for tokens, more_junk, more_wanted in lessons:
            junk, wanted = max(0, junk + more_junk), max(0, wanted + more_wanted)
            for number in tokens:
                pair = counts.setdefault(number, [0, 0])
                pair[0], pair[1] = max(0, pair[0] + more_junk), max(0, pair[1] + more_wanted)
        while max(junk, wanted) > MOST_MESSAGES:
            junk, wanted = junk // 2, wanted // 2
            counts = {number: [one // 2, two // 2] for number, (one, two) in counts.items()}
        return _made(junk, wanted, counts)


def _made(junk: int, wanted: int, counts: dict[int, list[int]]) -> Model:
    kept = sorted(_kept(counts))
    return Model(
        junk,
        wanted,
        array(_NUMBERS, kept),
        array(_COUNTS, [min(0xFFFF, counts[number][0]) for number in kept]),
        array(_COUNTS, [min(0xFFFF, counts[number][1]) for number in kept]),
    )


def _kept(counts: dict[int, list[int]]) -> Iterator[int]:
    """At most `MOST_TOKENS`, those seen most often."""
    there = {number: sum(pair) for number, pair in counts.items() if any(pair)}
    if len(there) <= MOST_TOKENS:
        return iter(there)
    return iter(sorted(there, key=lambda number: -there[number])[:MOST_TOKENS])


def _chance(chi: float, freedom: int) -> float:
    """How likely a chi-square of so many degrees of freedom (an even number) is at least ``chi``."""
    half = chi / 2
    term = total = math.exp(-half)
    for step in range(1, freedom // 2):
        term *= half / step
        total += term
    return min(1.0, total)
