"""The commands of RFC 4314 as values, and rights as they are written.

Rights are letters. ``c`` and ``d`` are what RFC 2086 had for several of today's; here ``c`` stands for ``kx`` and ``d``
for ``et`` (RFC 4314 §2.1.1): taken apart when read, and added when told.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailnode.proto.imap.commands import Command

KNOWN = "lrswipkxtea"
OBSOLETE = {"c": "kx", "d": "et"}
EACH_ALONE = (*"lrswipkxtea", *OBSOLETE)  # none is tied to another


@dataclass(frozen=True, slots=True)
class SetAcl(Command):
    """``mode`` is ``=``, ``+`` or ``-``."""

    mailbox: str
    identifier: str
    mode: str
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class DeleteAcl(Command):
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class GetAcl(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class ListRights(Command):
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class MyRights(Command):
    mailbox: str


def told(rights: frozenset[str]) -> str:
    """The letters in a fixed order, ``c`` and ``d`` when any of theirs is there."""
    letters = [letter for letter in KNOWN if letter in rights]
    letters += [old for old, new in OBSOLETE.items() if rights.intersection(new)]
    return "".join(letters)
