"""Messages put together by the server from what the client sends and from what it has here already (RFC 4469).

Pieces that are large are only named: they are read when the message is written. Small ones are held until there are
more of them than should be held, and then they go into a file.

A URL is one of this server and of the user who has logged in, or a reference within them; what it names must be there
and readable (RFC 4469 §4: BADURL).
"""

from __future__ import annotations

import dataclasses
from urllib.parse import quote_from_bytes

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import (
    BadMailboxName,
    BadUrl,
    MessageTooLarge,
    NoRight,
    NoSuchMailbox,
    NoSuchMessage,
    ProtocolError,
    StoreFull,
)
from mailnode.imap.sections import Source, cut
from mailnode.imap.session import Session
from mailnode.octets import LARGE, Octets, joined, stretch
from mailnode.proto.imap import url as urls
from mailnode.proto.imap.commands import AppendMessage, Url
from mailnode.proto.imap.url import MessageUrl
from mailnode.room import Share, Sink
from mailnode.store import access, bodies, messages
from mailnode.store.blobs import Place
from mailnode.store.rights import Access

_COLUMNS = ("prefix", "parts", "segment", "offset", "stored")
_SAID = "!\"#$&'()*+,/:;<=>?@[\\^`{|}~"  # what a response code may hold beside letters and digits: no blank, no "]"


async def put_together(session: Session, mailbox: str, message: AppendMessage, share: Share) -> AppendMessage:
    """The message with its ``data``. Raises NoSuchMailbox for the one it shall go to, BadUrl, MessageTooLarge,
    StoreFull. ``share`` is given back by the caller, when the message is stored."""
    if not message.parts:
        return message
    offload, limit = session.context.offload, session.context.settings.message_size_limit
    await offload.read(lambda tx: access.find(tx, session.who, mailbox))
    gathered = _Gathered(share)
    for part in message.parts:
        if isinstance(part, Url):
            piece = await offload.read(lambda tx, part=part: _named(tx, session, part.text))  # type: ignore[misc]
        else:
            piece = part
        if len(gathered) + len(piece) > limit:
            raise MessageTooLarge
        gathered.add(piece)
    return dataclasses.replace(message, data=gathered.whole(), parts=())


def _named(tx: Transaction, session: Session, text: bytes) -> Octets:
    """What the URL names. Raises BadUrl."""
    try:
        url = urls.parse(text)
        _require_here(session, url)
        there = _mailbox(tx, session, url)
        prefix, parts, *place = messages.one(tx, there.owner_id, there.mailbox_id, url.uid, _COLUMNS)
    except (ProtocolError, BadMailboxName, NoRight, NoSuchMailbox, NoSuchMessage) as error:
        raise _bad(text) from error
    found = cut(Source(prefix, bodies.opener(tx)(Place(*place)), parts), url.section)
    if found is None:
        raise _bad(text)
    return found


def _require_here(session: Session, url: MessageUrl) -> None:
    """Raises ProtocolError for a URL of somebody else, or of another server."""
    local, _, domain = session.who.address.partition("@")
    if url.user.lower() not in ("", local, session.who.address):
        raise ProtocolError("This is another user's")
    if url.host not in ("", domain, session.context.settings.hostname.lower()):
        raise ProtocolError("This is another server's")


def _mailbox(tx: Transaction, session: Session, url: MessageUrl) -> Access:
    """Raises NoSuchMailbox, NoRight; ProtocolError for one that is named otherwise than it was."""
    if url.mailbox:
        seen = access.find(tx, session.who, access.normal(url.mailbox), "r")
        there, validity = seen.access, seen.row.uid_validity
    elif session.selected is not None:
        there = access.again(tx, session.who, session.selected.access, "r")
        validity = session.selected.uid_validity
    else:
        raise NoSuchMailbox
    if url.uid_validity not in (None, validity):
        raise ProtocolError("The mailbox has been made anew since")
    return there


def _bad(text: bytes) -> BadUrl:
    return BadUrl(quote_from_bytes(text[: urls.MAX_URL], safe=_SAID + "%"))


class _Gathered:
    """The pieces so far."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._sink: Sink | None = None
        self._pieces: list[Octets | tuple[int, int]] = []  # or a stretch of the file
        self._held: list[bytes] = []
        self._holding = self._written = self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, piece: Octets) -> None:
        self._size += len(piece)
        if isinstance(piece, bytes):
            fits = self._share.grow(len(piece))
            self._held.append(piece)
            self._holding += len(piece)
            if self._holding > LARGE or not fits:
                self._write(self._holding if fits else self._holding - len(piece))
        else:
            self._let_go()
            self._pieces.append(piece)

    def whole(self) -> Octets:
        self._let_go()
        file = self._sink.whole() if self._sink is not None else b""
        return joined([stretch(file, *one) if isinstance(one, tuple) else one for one in self._pieces])

    def _let_go(self) -> None:
        if self._held:
            self._pieces.append(b"".join(self._held))
            self._held, self._holding = [], 0

    def _write(self, counted: int) -> None:
        """What is held goes into the file; ``counted`` octets of it had room in memory. Raises StoreFull."""
        self._share.shrink(counted)
        self._sink = self._sink or self._share.spill(0)
        if self._sink is None or not self._sink.write(b"".join(self._held)):
            raise StoreFull
        self._pieces.append((self._written, self._written + self._holding))
        self._written += self._holding
        self._held, self._holding = [], 0
