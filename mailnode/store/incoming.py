"""A message on its way into the store: taken apart, hashed and written, before any transaction.

Everything here is the same for all who get the message, and none of it needs the database: it is done before the write
lock is taken, for which everybody waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from mailnode.database import refusal_of, storable
from mailnode.message import structure
from mailnode.message.digest import Brief, Digest, brief, digest
from mailnode.message.text import search_text
from mailnode.octets import LARGE, Octets
from mailnode.store import bodies, texts
from mailnode.store.blobs import Blobs, Place
from mailnode.store.blobs.segments import Segments
from mailnode.store.opening import blobs_in

LIGHT = 16 * 1024  # octets that are compressed and written in no time
PLAIN = 1 << 20  # octets of a plain message whose text is not kept beside it: reading it would take too long
_UNASKED = b""  # no text that is kept is empty


@dataclass(slots=True)
class Incoming:
    """A body that is about to be stored, with what can be known of it without a transaction.

    ``eight_bit``: not all of it is ASCII. ``known`` is None of one that passes through, until its ``digest`` is asked
    for. ``place`` is there once it is staged.
    """

    raw: Octets
    sha256: bytes
    known: Digest | None
    eight_bit: bool = False
    place: Place | None = None
    _text: bytes | None = field(default=_UNASKED, init=False, repr=False)
    _brief: Brief | None = field(default=None, init=False, repr=False)
    _columns: tuple[Any, ...] | None = field(default=None, init=False, repr=False)

    @property
    def digest(self) -> Digest:
        if self.known is None:
            self.known = digest(self.raw)
        return self.known

    @property
    def brief(self) -> Brief | Digest:
        if self.known is not None:
            return self.known
        if self._brief is None:
            self._brief = brief(self.raw)
        return self._brief

    @property
    def columns(self) -> tuple[Any, ...]:
        """What a row of `message` holds of it, for whomever it is: the values of `models.PARSED`."""
        if self._columns is None:
            self._columns = _columns(self.digest)
        return self._columns

    def text(self, blobs: Blobs) -> bytes | None:
        """The searchable text as it is kept there; None where it is as soon read from the body itself."""
        if self._text == _UNASKED:
            self._text = _text_of(blobs, self)
        return self._text


def _columns(found: Digest) -> tuple[Any, ...]:
    words = [found.subject, found.sender, found.recipients, found.preview, found.message_id, found.conversation]
    if not "".join(words).isprintable():
        words = [*map(storable, words)]
    return (
        int(found.sent_at.timestamp()) if found.sent_at else None,
        found.has_attachment,
        *words,
        found.envelope,
        found.bodystructure,
        found.body,
        found.parts,
    )


def incoming(raw: Octets, *, passing: bool = False) -> Incoming:
    """Parse and hash a body. Pure and repeatable: call it before the write step, once for all recipients. One that is
    ``passing`` is for the queue alone, and is not taken apart."""
    return Incoming(raw, bodies.sha256(raw), None if passing else digest(raw), not raw.isascii())


def taken_in(engine: Engine, raw: Octets, *, passing: bool = False) -> Incoming:
    """`incoming` for a body of any size. A large one is written as well, which takes a while: not for the thread of
    a loop or of the writer. What no row comes to name is swept away. Raises StoreFull."""
    message = incoming(raw, passing=passing)
    if len(raw) > LARGE:
        try:
            _stage(blobs_in(engine), message)
        except OSError as error:
            raise refusal_of(error) or error from error
    return message


def _stage(blobs: Blobs, message: Incoming) -> None:
    message.place = bodies.put_bytes(blobs, message.sha256, message.raw)
    if message.known is not None:
        _ = message.text(blobs), message.columns  # made now, not with the lock in hand


def _text_of(blobs: Blobs, message: Incoming) -> bytes | None:
    found = message.digest
    if found.is_plain and len(message.raw) <= PLAIN and isinstance(blobs, Segments):
        return None
    text = search_text(message.raw, structure.decode(found.parts)) if found.text is None else found.text
    return texts.pack(texts.searchable(message.raw[: found.header_size], text))


@dataclass(frozen=True, slots=True)
class Staging:
    """For `Offload.write`'s ``prepare``: compress and write the bodies before the lock is taken."""

    blobs: Blobs
    messages: tuple[Incoming, ...]

    @property
    def light(self) -> bool:
        return isinstance(self.blobs, Segments) and sum(len(one.raw) for one in self.messages) <= LIGHT

    def __call__(self) -> Callable[[], None]:
        for message in self.messages:
            if message.place is None:
                _stage(self.blobs, message)
        return self.blobs.sync


def staged(engine: Engine, *incomings: Incoming) -> Staging:
    """What is to be prepared for appending these."""
    return Staging(blobs_in(engine), incomings)
