"""Sequence sets: the numbers of messages that a command names.

    sequence-set = (seq-number / seq-range) ["," sequence-set]      RFC 9051 §9
    seq-range    = seq-number ":" seq-number        either order: 4:2 is 2:4
    seq-number   = nz-number / "*"                  "*" is the largest number in use

A set stays a list of ranges all the way; ``1:4294967295`` costs no more than ``1``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailnode.errors import ProtocolError

MAX_NUMBER = 0xFFFF_FFFF
STAR = 0
"""Stands for ``*`` inside ``SequenceSet.ranges``; zero itself is never a message number."""

_RANGE = rb"(?:[1-9][0-9]{0,9}|\*)(?::(?:[1-9][0-9]{0,9}|\*))?"
_SET = re.compile(_RANGE + rb"(?:," + _RANGE + rb")*")


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Ranges as the client wrote them, both ends included, ``STAR`` for ``*``.

    ``saved`` stands for ``$``, the result of an earlier search (RFC 5182), and has no ranges.
    """

    ranges: tuple[tuple[int, int], ...]
    saved: bool = False

    def resolve(self, largest: int) -> list[tuple[int, int]]:
        """Sorted ranges that neither touch nor overlap. ``largest`` is what ``*`` means; 0 in an empty mailbox, where
        ``*`` alone names nothing."""
        pairs = []
        for first, last in self.ranges:
            low, high = first or largest, last or largest
            if low > high:
                low, high = high, low
            if high:
                pairs.append((max(low, 1), high))
        return merge(pairs)

    def pick(self, values: Sequence[int]) -> list[int]:
        """Those of the sorted ``values`` that are in the set, in order. ``*`` is the last value."""
        picked: list[int] = []
        for low, high in self.resolve(values[-1] if values else 0):
            picked += values[bisect_left(values, low) : bisect_right(values, high)]
        return picked

    def __bytes__(self) -> bytes:
        return b",".join(_print_range(first, last) for first, last in self.ranges)


def parse_sequence_set(text: bytes) -> SequenceSet:
    """``text`` must be a sequence-set and nothing else."""
    if not _SET.fullmatch(text):
        raise ProtocolError("A set of message numbers was expected")
    ranges = []
    for piece in text.split(b","):
        first, _, last = piece.partition(b":")
        low = _number(first)
        ranges.append((low, _number(last) if last else low))
    return SequenceSet(tuple(ranges))


def merge(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted, with ranges that touch or overlap made one."""
    pairs.sort()
    merged: list[tuple[int, int]] = []
    for low, high in pairs:
        if merged and low <= merged[-1][1] + 1:
            if high > merged[-1][1]:
                merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


def print_set(numbers: Iterable[int]) -> bytes:
    """Numbers as a compact set, runs as ranges, in the order given: COPYUID needs the order (RFC 4315 §3)."""
    pieces: list[bytes] = []
    first = last = 0
    for number in numbers:
        if number == last + 1 and first:
            last = number
            continue
        if first:
            pieces.append(_print_range(first, last))
        first = last = number
    if first:
        pieces.append(_print_range(first, last))
    return b",".join(pieces)


def _number(text: bytes) -> int:
    if text == b"*":
        return STAR
    number = int(text)
    if number > MAX_NUMBER:
        raise ProtocolError("A message number is at most 4294967295")
    return number


def _print_range(first: int, last: int) -> bytes:
    if first == last:
        return b"%d" % first if first else b"*"
    return b"%b:%b" % (b"%d" % first if first else b"*", b"%d" % last if last else b"*")
