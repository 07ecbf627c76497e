"""One segment of the index as bytes, and questions to it.

A segment has two fields, header and body. A field is a vocabulary, all terms in order in one piece of text, and the
lists of the messages that have each term, in blocks of `BLOCK` lists. Messages are numbered from 0 in their order.

    vocabulary  LF term LF term LF … term LF, compressed: a part of a term is sought by one look through the whole
    block       how many lists, for each its length in octets (16 bits each), then the lists, compressed
    list        of an even length: numbers of 16 bits
                of an odd length: an octet for the step from each number to the next; 255 goes on without a number

All integers are little-endian.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, compress, groupby
from operator import sub

import zstandard

from mailnode.store.index.terms import Part

MOST_MESSAGES = 2048
MOST_TERMS = 300_000  # of both fields: some 60 MB while they are gathered
BLOCK = 1024  # lists
LEVEL = 9  # of zstd
SHORT = 4  # numbers that are not worth steps
_SKIP = 255
_NUMBERED = bytes(octet != _SKIP for octet in range(256))
_LF = b"\n"


@dataclass(frozen=True, slots=True)
class Field:
    vocabulary: bytes
    blocks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """``ids``: of its messages, packed; ``messages``: how many."""

    ids: bytes
    messages: int
    header: Field
    body: Field


class Builder:
    """Gathers messages, in the order of their ids, until it is `full`."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._header: dict[bytes, int | array[int]] = {}
        self._body: dict[bytes, int | array[int]] = {}

    def add(self, message_id: int, header: set[bytes], body: set[bytes]) -> None:
        """A message with the terms of its two fields."""
        number = len(self._ids)
        self._ids.append(message_id)
        for terms, lists in ((header, self._header), (body, self._body)):
            for term in terms:
                found = lists.get(term)
                if found is None:
                    lists[term] = number  # most terms stand in one message alone
                elif isinstance(found, int):
                    lists[term] = array("H", (found, number))
                else:
                    found.append(number)

    @property
    def last_id(self) -> int:
        return self._ids[-1] if self._ids else 0

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def full(self) -> bool:
        return len(self._ids) >= MOST_MESSAGES or len(self._header) + len(self._body) >= MOST_TERMS

    def finish(self) -> Segment:
        return Segment(packed_ids(self._ids), len(self._ids), _field(self._header), _field(self._body))


def packed_ids(ids: list[int]) -> bytes:
    """Rising numbers of 64 bits, as steps."""
    steps = array("q", map(sub, ids, [0, *ids]))
    return zstandard.compress(_little(steps).tobytes(), LEVEL)


def unpacked_ids(packed: bytes) -> list[int]:
    return list(accumulate(_little(array("q", zstandard.decompress(packed)))))


def _field(lists: Mapping[bytes, int | array[int]]) -> Field:
    terms = sorted(lists)
    blocks = []
    for start in range(0, len(terms), BLOCK):
        coded = [_coded(lists[term]) for term in terms[start : start + BLOCK]]
        lengths = _little(array("H", (len(coded), *map(len, coded))))
        blocks.append(zstandard.compress(lengths.tobytes() + b"".join(coded), LEVEL))
    return Field(zstandard.compress(b"\n%b\n" % b"\n".join(terms), LEVEL), tuple(blocks))


def _coded(found: int | array[int]) -> bytes:
    numbers = array("H", (found,)) if isinstance(found, int) else found
    plain = _little(numbers[:]).tobytes()
    if len(numbers) <= SHORT:
        return plain
    steps = bytearray()
    last = 0
    for number in numbers:
        skips, rest = divmod(number - last, _SKIP)
        steps += b"\xff" * skips
        steps.append(rest)
        last = number
    if len(steps) % 2 == 0:
        steps.append(_SKIP)
    return bytes(steps) if len(steps) < len(plain) else plain


def _decoded(coded: bytes) -> Iterable[int]:
    if len(coded) % 2 == 0:
        return _little(array("H", coded))
    return compress(accumulate(coded), coded.translate(_NUMBERED))


def _little(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


class FieldReader:
    """Questions to one field of a segment of so many messages. ``block`` reads a block by its number."""

    def __init__(self, vocabulary: bytes, messages: int, block: Callable[[int], bytes]) -> None:
        self.vocabulary = zstandard.decompress(vocabulary)
        self._messages = messages
        self._block = block

    def having(self, parts: Iterable[Part]) -> set[int]:
        """The numbers of the messages that fulfil every part."""
        found: set[int] | None = None
        for part in sorted(parts, key=lambda part: -len(part.text)):  # what is rare first
            numbers = self.messages(self.terms(part))
            found = numbers if found is None else found & numbers
            if not found:
                break
        return found or set()

    def terms(self, part: Part) -> Iterator[int]:
        """The places, in the order of the vocabulary, of the terms that fulfil the part."""
        sought = (_LF if part.begins else b"") + part.text + (_LF if part.ends else b"")
        text, count, find = self.vocabulary, self.vocabulary.count, self.vocabulary.find
        counted = before = 0
        at = find(sought)
        while at >= 0:
            here = at + part.begins
            before += count(_LF, counted, here)
            counted = here
            yield before - 1
            at = find(sought, text.index(_LF, here))

    def messages(self, terms: Iterable[int]) -> set[int]:
        """The numbers of the messages that have some of these terms, given by their places in order."""
        found: set[int] = set()
        for number, places in groupby(terms, key=BLOCK.__rfloordiv__):
            for coded in _lists(zstandard.decompress(self._block(number)), places):
                found.update(_decoded(coded))
            if len(found) == self._messages:
                break
        return found


def _lists(block: bytes, terms: Iterable[int]) -> Iterable[bytes]:
    count = int.from_bytes(block[:2], "little")
    lengths = _little(array("H", block[2 : 2 + 2 * count]))
    ends = [*accumulate(lengths, initial=2 + 2 * count)]
    return (block[ends[place % BLOCK] : ends[place % BLOCK + 1]] for place in terms)
