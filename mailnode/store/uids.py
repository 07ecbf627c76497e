"""The uids of a mailbox in order, as a value that many sessions share.

They lie in blocks. One without gaps is two numbers, and what changes anywhere replaces the blocks it touches and no
other; so a session in a mailbox of a million messages costs a few kilobytes of its own. The oldest ones may be
``unread``: counted, and not read from the database because nobody has asked for them yet. Whoever needs them has them
read first and makes ``with_head`` of it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, groupby
from typing import overload

BLOCK = 4096

Block = Sequence[int]  # a range, or an array of 32-bit numbers; never empty


class Uids(Sequence[int]):
    """Use `of`. Places are counted from 0, as in a list. What lies in the unread places raises LookupError."""

    __slots__ = ("_blocks", "_lows", "_starts", "unread")

    def __init__(self, blocks: Sequence[Block], unread: int = 0) -> None:
        self._blocks = blocks
        self._lows = [block[0] for block in blocks]
        self._starts = [*accumulate(map(len, blocks), initial=unread)]
        self.unread = unread

    @classmethod
    def of(cls, uids: Sequence[int], unread: int = 0) -> Uids:
        """These uids, sorted, behind so many unread ones."""
        return cls(_joined(_cut(uids)), unread)

    @classmethod
    def of_blocks(cls, blocks: Iterable[Block]) -> Uids:
        """The blocks one behind the other, whatever their size."""
        return cls(_joined(piece for block in blocks for piece in _cut(block)))

    @property
    def low(self) -> int:
        """The lowest uid that has been read; the unread ones are below it. 0 when there is none."""
        return self._lows[0] if self._lows else 0

    def __len__(self) -> int:
        return self._starts[-1]

    def __iter__(self) -> Iterator[int]:
        self._must_know(0)
        return chain.from_iterable(self._blocks)

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...

    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        if isinstance(place, slice):
            start, stop, _ = place.indices(len(self))
            return self._stretch(start, stop)
        at = place if place >= 0 else place + len(self)
        if not 0 <= at < len(self):
            raise IndexError(place)
        self._must_know(at)
        number = bisect_right(self._starts, at) - 1
        return self._blocks[number][at - self._starts[number]]

    def _stretch(self, start: int, stop: int) -> Sequence[int]:
        if start >= stop:
            return ()
        self._must_know(start)
        first, last = bisect_right(self._starts, start) - 1, bisect_left(self._starts, stop) - 1
        begin, end = start - self._starts[first], stop - self._starts[last]
        if first == last:
            return self._blocks[first][begin:end]
        inside = self._blocks[first + 1 : last]
        return [*self._blocks[first][begin:], *chain.from_iterable(inside), *self._blocks[last][:end]]

    def left(self, uid: int) -> int:
        """How many uids are below this one."""
        number = bisect_right(self._lows, uid) - 1
        if number < 0:
            if self.unread and uid > 1:
                self._must_know(0)
            return 0
        return self._starts[number] + bisect_left(self._blocks[number], uid)

    def right(self, uid: int) -> int:
        """How many uids are not above this one."""
        return self.left(uid + 1)

    def __contains__(self, uid: object) -> bool:
        return isinstance(uid, int) and self.place(uid) >= 0

    def place(self, uid: int) -> int:
        """-1 for a uid that is not there."""
        number = bisect_right(self._lows, uid) - 1
        if number < 0:
            self._must_know(0)
            return -1
        block = self._blocks[number]
        at = bisect_left(block, uid)
        return self._starts[number] + at if at < len(block) and block[at] == uid else -1

    def places(self, uids: Sequence[int]) -> list[int]:
        """`place` of many at once."""
        if len(self._blocks) == 1 and not self.unread and isinstance(self._blocks[0], range):
            low, behind = self._blocks[0].start, self._blocks[0].stop
            return [uid - low if low <= uid < behind else -1 for uid in uids]
        if len(uids) * 8 < len(self):
            return [*map(self.place, uids)]
        known = dict(zip(self, range(len(self)), strict=True))
        return [known.get(uid, -1) for uid in uids]

    def with_more(self, uids: Sequence[int]) -> Uids:
        """These uids, sorted and above all others, behind them."""
        if self._blocks and len(self._blocks[-1]) + len(uids) <= BLOCK:
            uids = [*self._blocks[-1], *uids]
            return Uids(_joined([*self._blocks[:-1], *_cut(uids)]), self.unread)
        return Uids(_joined([*self._blocks, *_cut(uids)]), self.unread)

    def without(self, uids: Iterable[int]) -> Uids:
        """Less these, sorted. An unread one counts as having been there."""
        numbers: dict[int, list[int]] = {}
        unread = self.unread
        for uid in uids:
            number = bisect_right(self._lows, uid) - 1
            if number >= 0:
                numbers.setdefault(number, []).append(uid)
            else:
                unread = max(unread - 1, 0)
        blocks = [*self._blocks]
        for number in sorted(numbers, reverse=True):
            blocks[number : number + 1] = _less(blocks[number], numbers[number])
        return Uids(blocks, unread)

    def with_head(self, uids: Uids) -> Uids:
        """With the unread ones read. Raises LookupError when they are not as many as were counted."""
        if len(uids) != self.unread:
            raise LookupError(f"{len(uids)} uids in place of {self.unread}")
        return Uids(_joined([*uids._blocks, *self._blocks]))

    def _must_know(self, place: int) -> None:
        if place < self.unread:
            raise LookupError(f"the first {self.unread} uids have not been read")


def _cut(uids: Sequence[int]) -> Iterator[Block]:
    """Blocks of at most `BLOCK`, but for ranges."""
    if isinstance(uids, range) and uids:
        yield uids
        return
    for start in range(0, len(uids), BLOCK):
        piece = uids[start : start + BLOCK]
        if piece[-1] - piece[0] + 1 == len(piece):
            yield range(piece[0], piece[-1] + 1)
        else:
            yield piece if isinstance(piece, array) else array("I", piece)


def _less(block: Block, gone: Sequence[int]) -> Iterator[Block]:
    """A block less these of its uids. Of a long one only the windows that they lie in are looked at."""
    if not isinstance(block, range):
        unwanted = {*gone}
        yield from _cut([uid for uid in block if uid not in unwanted])
        return
    begin = block.start
    for window, some in groupby(gone, lambda uid: uid // BLOCK):
        unwanted = {*some}
        start, end = max(begin, window * BLOCK), min(block.stop, (window + 1) * BLOCK)
        if begin < start:
            yield range(begin, start)
        yield from _cut([uid for uid in range(start, end) if uid not in unwanted])
        begin = end
    if begin < block.stop:
        yield range(begin, block.stop)


def _joined(blocks: Iterable[Block]) -> list[Block]:
    """Neighbours without a gap between them become one."""
    found: list[Block] = []
    for block in blocks:
        last = found[-1] if found else None
        if isinstance(block, range) and isinstance(last, range) and last.stop == block.start:
            found[-1] = range(last.start, block.stop)
        else:
            found.append(block)
    return found
