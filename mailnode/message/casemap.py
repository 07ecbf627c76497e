"""i;unicode-casemap (RFC 5051): two texts are equal, or one holds the other, where that is so of what is made of them
here. SEARCH, SORT and THREAD all compare by it (RFC 5255 §4.4, I18NLEVEL=1).

Exactly the procedure of RFC 5051 §2: each character by itself becomes its simple title case, one character for one, and
then what it is composed of. So "ß" is not "ss"; a search that is not to be so exact is a fuzzy one.
"""

from __future__ import annotations

import unicodedata

# Their decomposition is a rule and no property of theirs in UnicodeData, and one syllable is no part of another.
_FIRST_SYLLABLE, _LAST_SYLLABLE = 0xAC00, 0xD7A3


class _Mapping(dict[int, str]):
    """For ``str.translate``: what each character becomes, found out when it is first met."""

    def __missing__(self, point: int) -> str:
        found = self[point] = _mapped(chr(point))
        return found


def _mapped(char: str) -> str:
    if _FIRST_SYLLABLE <= ord(char) <= _LAST_SYLLABLE:
        return char
    title = char.title()
    return unicodedata.normalize("NFKD", title if len(title) == 1 else char)


_MAPPING = _Mapping()  # as large as Unicode at most


def casemap(text: str) -> str:
    """What a text is compared by."""
    return text.upper() if text.isascii() else text.translate(_MAPPING)
