"""What can be wrong with a store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What is wrong; the value is its name for programs."""

    DATABASE = "database"  # the file itself
    MAILBOX_COUNTERS = "mailbox-counters"
    USER_COUNTERS = "user-counters"
    KEPT_COUNTERS = "kept-counters"
    MODSEQ = "modseq"  # one that is newer than the newest
    UID = "uid"  # one that is to be given once more
    COPIES = "copies"  # a message's number of entries
    ENTRY = "entry"  # one without a message
    BODY = "body"  # lost or not what it was; found elsewhere if it is mended
    MARKED = "marked"  # messages whose body is lost for good
    TEXT = "text"  # the searchable text of a body
    INDEX = "index"
    SEGMENT = "segment"  # a file or object that no row names
    LEFTOVER = "leftover"  # a file that nobody needs


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where it is, what is there and what should be. ``mended``: it no longer is."""

    kind: Kind
    where: str
    found: str
    wanted: str = ""
    mended: bool = False
