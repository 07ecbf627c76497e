"""Fuzzy search (RFC 6203): every word of a sought text, in any order, and how well a message has it.

A word of the message may be the sought one, begin with it, hold it, or be it but for one letter (wrong, missing, too
many, or two in the wrong order). Accents and case do not count, and "ß" is "ss". Of Chinese, Japanese and Korean each
pair of characters is a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from itertools import chain

from mailnode.store.index.segment import FieldReader
from mailnode.store.index.terms import Part, terms

MISSPELT = 4  # letters at least of a word that may be misspelt
MOST_WORDS = 30
_MARKS = re.compile(rb"\xcc[\x80-\xbf]|\xcd[\x80-\xaf]")  # U+0300 to U+036F


class Likeness(IntEnum):
    """How well a word was met; 100 is best (RFC 6203 §4)."""

    MISSPELT = 25
    INSIDE = 50
    BEGINNING = 75
    SAME = 100


def words(text: bytes) -> list[bytes]:
    """The words of a folded text that is sought, without accents."""
    return sorted(terms(plain(text)))[:MOST_WORDS]


def plain(text: bytes) -> bytes:
    """A folded text without accents."""
    if text.isascii():
        return text
    return _MARKS.sub(b"", text).replace("ß".encode(), b"SS")


def likeness(text: bytes, wanted: Iterable[bytes]) -> int:
    """How well a folded text has the wanted words, from 1 to 100; 0: not all of them."""
    there = terms(plain(text))
    joined = b"\n%b\n" % b"\n".join(there)
    total = count = 0
    for word in wanted:
        how = _likeness_of(there, joined, word)
        if not how:
            return 0
        total, count = total + how, count + 1
    return total // count if count else 0


def _likeness_of(there: set[bytes], joined: bytes, word: bytes) -> int:
    if word in there:
        return Likeness.SAME
    if word in joined:
        return Likeness.BEGINNING if b"\n" + word in joined else Likeness.INSIDE
    near = (term for term in there if term[:1] == word[:1] or term[-1:] == word[-1:])  # the others differ twice
    return Likeness.MISSPELT if any(_is_misspelt(term, word) for term in near) else 0


def like(term: bytes, word: bytes) -> int:
    """How well one word of a text is the sought one; 0: not at all."""
    if word in term:
        return Likeness.SAME if term == word else Likeness.BEGINNING if term.startswith(word) else Likeness.INSIDE
    return Likeness.MISSPELT if _is_misspelt(term, word) else 0


def _is_misspelt(term: bytes, word: bytes) -> bool:
    """One letter wrong, missing or too many, or two neighbours in the wrong order."""
    there, sought = term.decode("utf-8", "replace"), word.decode()
    if len(sought) < MISSPELT or not -1 <= len(there) - len(sought) <= 1:
        return False
    at = 0
    for one, other in zip(there, sought, strict=False):
        if one != other:
            break
        at += 1
    rest, wanted = there[at:], sought[at:]
    if rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]:
        return True
    return rest[2:] == wanted[2:] and rest[:2] == wanted[1::-1]


class FuzzyReader(FieldReader):
    """Fuzzy questions to one field of a segment, whose terms lose their accents and keep their places."""

    def __init__(self, vocabulary: bytes, messages: int, block: Callable[[int], bytes]) -> None:
        super().__init__(vocabulary, messages, block)
        self.vocabulary = plain(self.vocabulary)
        self._terms: list[bytes] = []

    def like(self, word: bytes) -> dict[int, int]:
        """The numbers of the messages that have the word, and how well."""
        found = dict.fromkeys(self.messages(sorted(self._misspelt(word))), int(Likeness.MISSPELT))
        for part, how in (
            (Part(word), Likeness.INSIDE),
            (Part(word, begins=True), Likeness.BEGINNING),
            (Part(word, begins=True, ends=True), Likeness.SAME),
        ):
            found |= dict.fromkeys(self.messages(self.terms(part)), int(how))
        return found

    def _misspelt(self, word: bytes) -> set[int]:
        """One letter apart, a term still begins or ends as the word does."""
        letters = word.decode()
        if len(letters) < MISSPELT:
            return set()
        if not self._terms:
            self._terms = self.vocabulary.split(b"\n")[1:]
        middle = len(letters) // 2
        begin, end = Part(letters[:middle].encode(), begins=True), Part(letters[middle + 1 :].encode(), ends=True)
        near = chain(self.terms(begin), self.terms(end))
        return {place for place in near if _is_misspelt(self._terms[place], word)}


def together(found: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Of several words: the messages that have all of them, and how well on average."""
    listed = [*found]
    if not listed:
        return {}
    common = set.intersection(*(set(one) for one in listed))
    return {number: sum(one[number] for one in listed) // len(listed) for number in common}


def either(found: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Of several fields: the better of them."""
    best: dict[int, int] = {}
    for one in found:
        for number, how in one.items():
            best[number] = max(how, best.get(number, 0))
    return best
