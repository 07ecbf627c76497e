"""TRANSACTION: the messages of the maildrop, and what becomes of them at QUIT (RFC 1939 §5 to §7)."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session as Transaction

from mailnode.errors import NoSuchMessage, StoreDamaged
from mailnode.message import headers
from mailnode.message.surrogate import surrogate
from mailnode.octets import WINDOW, Octets, blocks, line_ends, stretch
from mailnode.pop3 import language, maildrop
from mailnode.pop3.maildrop import Item, Maildrop
from mailnode.pop3.session import Session
from mailnode.proto import pop3
from mailnode.proto.pop3 import Command


def _open(session: Session) -> Maildrop:
    assert session.drop is not None
    return session.drop


def _left(session: Session) -> list[tuple[int, Item]]:
    items = enumerate(_open(session).items, 1)
    return [(number, item) for number, item in items if number not in session.deleted]


def _item(session: Session, number: int) -> Item:
    """Raises NoSuchMessage for a number that is none, or whose message is marked deleted."""
    items = _open(session).items
    if not 1 <= number <= len(items) or number in session.deleted:
        raise NoSuchMessage
    return items[number - 1]


async def stat(session: Session, command: Command) -> bytes:
    command.nothing()
    left = _left(session)
    return pop3.ok(f"{len(left)} {sum(item.size for _, item in left)}")


async def list_(session: Session, command: Command) -> bytes:
    if command.rest:
        number = command.number()
        return pop3.ok(f"{number} {_item(session, number).size}")
    return pop3.listing("Sizes", (f"{number} {item.size}" for number, item in _left(session)))


async def uidl(session: Session, command: Command) -> bytes:
    drop = _open(session)
    if command.rest:
        number = command.number()
        return pop3.ok(f"{number} {drop.uidl(_item(session, number))}")
    return pop3.listing("Unique ids", (f"{number} {drop.uidl(item)}" for number, item in _left(session)))


async def retr(session: Session, command: Command) -> bytes:
    raw = await _shown(session, _item(session, command.number()))
    return await _sent(session, pop3.ok(f"{len(raw)} octets"), raw)


async def top(session: Session, command: Command) -> bytes:
    number, lines = command.numbers(2)
    raw = await _shown(session, _item(session, number))
    if isinstance(raw, bytes):
        return pop3.ok("The top") + pop3.stuffed(pop3.top(raw, lines))
    head = await session.context.offload.compute(lambda: stretch(raw, 0, _top(raw, lines)))
    return await _sent(session, pop3.ok("The top"), head)


async def _shown(session: Session, item: Item) -> Octets:
    """RFC 6856 §2.1: who has not said UTF8 is sent no header beyond ASCII."""
    drop, utf8 = _open(session), session.utf8

    def read(tx: Transaction) -> Octets:
        raw = maildrop.message(tx, drop, item)
        return raw if utf8 else surrogate(raw)

    return await session.context.offload.read(read)


async def _sent(session: Session, opening: bytes, raw: Octets) -> bytes:
    """The reply. All of it but the end has been written, window by window, when the message is large."""
    if isinstance(raw, bytes):
        return opening + pop3.stuffed(raw)
    if session.language == language.CHINESE:
        opening = language.in_chinese(opening)
    await session.wire.send(opening)
    stuffing = pop3.Stuffing()
    for at in range(0, len(raw), WINDOW):
        read = partial(raw.__getitem__, slice(at, at + WINDOW))
        try:
            block = await session.context.offload.compute(read)
        except StoreDamaged as error:  # the client is in the middle of the message
            raise ConnectionResetError from error
        await session.wire.send(stuffing.feed(block))
    return stuffing.end()


def _top(raw: Octets, lines: int) -> int:
    """Where the first lines of a large message's body end (RFC 1939 §7, TOP)."""
    _, at = headers.split(raw)
    for block in blocks(raw, at):
        found = line_ends(block)
        if found >= lines:
            return at + pop3.end_of_lines(block, lines)
        at, lines = at + len(block), lines - found
    return len(raw)


async def dele(session: Session, command: Command) -> bytes:
    number = command.number()
    _item(session, number)
    session.deleted.add(number)
    return pop3.ok("Removed at QUIT")


async def rset(session: Session, command: Command) -> bytes:
    command.nothing()
    session.deleted.clear()
    return pop3.ok("Nothing will be removed")


async def noop(_session: Session, command: Command) -> bytes:
    command.nothing()
    return pop3.ok()
