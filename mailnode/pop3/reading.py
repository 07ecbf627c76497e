"""TRANSACTION: the messages of the maildrop, and what becomes of them at QUIT (RFC 1939 §5 to §7)."""

from __future__ import annotations

from mailnode.errors import NoSuchMessage
from mailnode.message.surrogate import surrogate
from mailnode.pop3 import maildrop
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
    drop, item, utf8 = _open(session), _item(session, command.number()), session.utf8
    raw = await session.context.offload.read(lambda tx: _shown(maildrop.read(tx, drop, item), utf8=utf8))
    return pop3.ok(f"{len(raw)} octets") + pop3.stuffed(raw)


async def top(session: Session, command: Command) -> bytes:
    number, lines = command.numbers(2)
    drop, item, utf8 = _open(session), _item(session, number), session.utf8
    raw = await session.context.offload.read(
        lambda tx: pop3.top(_shown(maildrop.read(tx, drop, item), utf8=utf8), lines)
    )
    return pop3.ok("The top") + pop3.stuffed(raw)


def _shown(raw: bytes, *, utf8: bool) -> bytes:
    """RFC 6856 §2.1: who has not said UTF8 is sent no header beyond ASCII."""
    return raw if utf8 else surrogate(raw)


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
