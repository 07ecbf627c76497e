"""SASLprep: names and passwords in the one spelling in which both ends compute with them.

RFC 4013, a profile of RFC 3454 on Unicode 3.2 and its form KC. What Unicode 3.2 has no letters for may stand in what
is looked up (a query) and not in what is kept (a stored string): RFC 3454 §7.

More lenient than the RFC where it is asked to be: an address has a local part and a domain, and one of them may be
written from the right and the other from the left.
"""

from __future__ import annotations

import stringprep
from unicodedata import ucd_3_2_0

from mailnode.errors import ProtocolError

_PROHIBITED = (  # RFC 4013 §2.3
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


LONGEST = 1024  # letters of what is prepared: some become eighteen


def saslprep(text: str, *, stored: bool = False, mixed: bool = False) -> str:
    """The prepared spelling; ``mixed`` directions of writing are let pass in names.

    Raises ProtocolError for what must not stand in it or is too long, or when nothing is left.
    """
    if len(text) > LONGEST:
        raise ProtocolError("A name or password is too long")
    if _is_plain(text):
        return text
    prepared = ucd_3_2_0.normalize("NFKC", "".join(_mapped(letter) for letter in text))
    if not prepared:
        raise ProtocolError("A name or password is empty")
    check_letters(prepared)
    if stored and any(stringprep.in_table_a1(letter) for letter in prepared):
        raise ProtocolError("A name or password holds letters that are too new")
    if not mixed:
        _check_direction(prepared)
    return prepared


def check_letters(text: str) -> None:
    """Raises ProtocolError for letters that stand in no name and no password (RFC 4013 §2.3)."""
    if not _is_plain(text) and any(check(letter) for letter in text for check in _PROHIBITED):
        raise ProtocolError("A name or password holds what must not stand in it")


def _is_plain(text: str) -> bool:
    """What nearly all names are: nothing is to be done."""
    return text.isascii() and text.isprintable() and text != ""


def _mapped(letter: str) -> str:
    """RFC 4013 §2.1: every space is the usual one, and what cannot be seen is nothing."""
    if stringprep.in_table_c12(letter):
        return " "
    return "" if stringprep.in_table_b1(letter) else letter


def _check_direction(text: str) -> None:
    """RFC 3454 §6: what is written from the right has nothing from the left in it, and is so at both ends."""
    from_right = [stringprep.in_table_d1(letter) for letter in text]
    if any(from_right) and not (from_right[0] and from_right[-1]):
        raise ProtocolError("A name or password mixes directions of writing")
    if any(from_right) and any(stringprep.in_table_d2(letter) for letter in text):
        raise ProtocolError("A name or password mixes directions of writing")
