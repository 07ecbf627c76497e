"""The milter protocol, version 6, as a mail server speaks it: commands to octets, octets to answers.

There is no RFC; the authority is Sendmail's ``libmilter``. A packet is its length (four octets, the biggest first),
a letter and data; strings end with NUL. What a filter sends is read from any split of the octets; what is no packet
of a filter raises ProtocolError, and then the connection is of no more use.

Line ends within header fields are LF, in bodies CRLF.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, IntFlag
from ipaddress import ip_address
from typing import TypeAlias

from mailnode.errors import ProtocolError
from mailnode.proto.address import parse_mailbox
from mailnode.proto.parameters import MAX_SENDER_LOCAL
from mailnode.proto.replies import Reply, ReplyReader

VERSION = 6
BODY_CHUNK = 65535  # octets of one body command
MAX_PACKET = 1 << 20  # of an answer: larger than any that libmilter sends
MAX_MACROS = 2000  # names that a filter asks for


class Does(IntFlag):
    """What a filter may do to a message."""

    ADD_HEADERS = 0x1
    CHANGE_BODY = 0x2
    ADD_RECIPIENTS = 0x4
    DELETE_RECIPIENTS = 0x8
    CHANGE_HEADERS = 0x10
    QUARANTINE = 0x20
    CHANGE_SENDER = 0x40
    ADD_RECIPIENTS_WITH_PARAMETERS = 0x80
    CHOOSE_MACROS = 0x100


class Skips(IntFlag):
    """What need not be sent to a filter (``NO_``) and what it does not answer (``MUTE_``)."""

    NO_CONNECT = 0x1
    NO_HELO = 0x2
    NO_MAIL = 0x4
    NO_RCPT = 0x8
    NO_BODY = 0x10
    NO_HEADERS = 0x20
    NO_EOH = 0x40
    MUTE_HEADERS = 0x80
    NO_UNKNOWN = 0x100
    NO_DATA = 0x200
    MAY_SKIP = 0x400  # it may have had enough of the body
    MUTE_CONNECT = 0x1000
    MUTE_HELO = 0x2000
    MUTE_MAIL = 0x4000
    MUTE_RCPT = 0x8000
    MUTE_DATA = 0x10000
    MUTE_UNKNOWN = 0x20000
    MUTE_EOH = 0x40000
    MUTE_BODY = 0x80000
    LEADING_SPACE = 0x100000  # values come with the blank behind the colon


class Stage(IntEnum):
    """The moments for which macros can be chosen."""

    CONNECT = 0
    HELO = 1
    MAIL = 2
    RCPT = 3
    DATA = 4
    END = 5
    EOH = 6


EVERY_DEED = Does((1 << 9) - 1)
EVERY_SKIP = Skips(sum(Skips))
_DOES_KNOWN, _SKIPS_KNOWN = int(EVERY_DEED), int(EVERY_SKIP)


class Word(Enum):
    """An answer that is one letter. The first five decide; a ``y`` packet (a Reply) does so, too."""

    ACCEPT = b"a"
    DISCARD = b"d"
    REJECT = b"r"
    TEMPFAIL = b"t"
    CONTINUE = b"c"
    SKIP = b"s"  # of the body no more
    PROGRESS = b"p"  # it takes a while
    SHUTDOWN = b"4"
    CONNECTION_FAILED = b"f"


@dataclass(frozen=True, slots=True)
class Agreed:
    """What both sides have agreed on. ``macros``: the names chosen for a stage; others get what is usual."""

    version: int
    does: Does
    skips: Skips
    macros: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddHeader:
    """A field at the end of the header, or before the ``at``-th field (0: at the top)."""

    name: bytes
    value: bytes
    at: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeHeader:
    """Another value for the ``number``-th field of the name, from 1; an empty value removes it. 0: all of them."""

    name: bytes
    value: bytes
    number: int


@dataclass(frozen=True, slots=True)
class ReplaceBody:
    """A piece of the body that stands in the place of the old one."""

    data: bytes


@dataclass(frozen=True, slots=True)
class AddRecipient:
    address: bytes


@dataclass(frozen=True, slots=True)
class DeleteRecipient:
    address: bytes


@dataclass(frozen=True, slots=True)
class ChangeSender:
    address: bytes


@dataclass(frozen=True, slots=True)
class Quarantine:
    reason: str


Change: TypeAlias = AddHeader | ChangeHeader | ReplaceBody | AddRecipient | DeleteRecipient | ChangeSender | Quarantine
Answer: TypeAlias = Word | Reply | Agreed | Change


def packet(letter: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data) + 1) + letter + data


def negotiate(does: Does = EVERY_DEED, skips: Skips = EVERY_SKIP) -> bytes:
    """The first packet: what we can do, and what we can leave out."""
    return packet(b"O", struct.pack(">III", VERSION, does, skips))


def connect(name: str, address: str, port: int) -> bytes:
    """A client has come, from an IPv4 or IPv6 address."""
    found = ip_address(address)
    family, text = (b"4", str(found)) if found.version == 4 else (b"6", f"IPv6:{found}")
    return packet(b"C", _string(name) + family + struct.pack(">H", port) + _string(text))


def helo(name: str) -> bytes:
    return packet(b"H", _string(name))


def mail(sender: str, *parameters: str) -> bytes:
    return packet(b"M", b"".join(map(_string, (f"<{sender}>", *parameters))))


def rcpt(recipient: str, *parameters: str) -> bytes:
    return packet(b"R", b"".join(map(_string, (f"<{recipient}>", *parameters))))


def header(name: bytes, value: bytes) -> bytes:
    """One field, its value perhaps folded, without its first blank unless LEADING_SPACE was agreed on."""
    return packet(b"L", _octets(name) + _octets(value.replace(b"\r\n", b"\n")))


def body(chunk: bytes) -> bytes:
    """At most `BODY_CHUNK` octets."""
    return packet(b"B", chunk)


def macros(command: bytes, values: Mapping[str, str]) -> bytes:
    """What the filter may want to know about the command that follows, whose letter this is. One-letter names are
    bare, longer ones stand in braces."""
    return packet(b"D", command + b"".join(_string(name) + _string(value) for name, value in values.items()))


DATA = packet(b"T")
END_OF_HEADER = packet(b"N")
END = packet(b"E")
QUIT = packet(b"Q")


class AnswerReader:
    """``feed`` any octets, then take ``next_answer`` until it gives None."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending(self) -> bool:
        """True when octets wait that are not part of an answer already taken."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next_answer(self) -> Answer | None:
        """The next whole answer, or None when more octets are needed. Raises ProtocolError."""
        if len(self._buffer) < 4:
            return None
        size = int.from_bytes(self._buffer[:4], "big")
        if not 1 <= size <= MAX_PACKET:
            raise ProtocolError("a packet of the filter is empty or too long")
        if len(self._buffer) < 4 + size:
            return None
        letter, data = bytes(self._buffer[4:5]), bytes(self._buffer[5 : 4 + size])
        del self._buffer[: 4 + size]
        return _answer(letter, data)


def _answer(letter: bytes, data: bytes) -> Answer:
    read = _READ.get(letter)
    if read is not None:
        return read(data)
    try:
        return Word(letter)
    except ValueError:
        raise ProtocolError("the filter gave an answer that there is not") from None


def _agreed(data: bytes) -> Agreed:
    if len(data) < 12:
        raise ProtocolError("the filter's options are too short")
    version, does, skips = struct.unpack_from(">III", data)
    if not 2 <= version <= VERSION or does & ~_DOES_KNOWN or skips & ~_SKIPS_KNOWN:
        raise ProtocolError("the filter asks for what was not offered")
    return Agreed(version, Does(does), Skips(skips), _chosen(data[12:]))


def _chosen(data: bytes) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    while data:
        end = data.find(b"\0", 4)
        if end < 0:
            raise ProtocolError("the filter's list of macros has no end")
        names = data[4:end].decode("ascii", "replace").replace(",", " ").split()
        found[int.from_bytes(data[:4], "big")] = tuple(name.strip("{}") for name in names[:MAX_MACROS])
        data = data[end + 1 :]
    return found


def _reply(data: bytes) -> Reply:
    reader = ReplyReader()
    reader.feed(data.split(b"\0", 1)[0].rstrip(b"\r\n") + b"\r\n")
    reply = reader.next_reply()
    if reply is None or reply.positive:
        raise ProtocolError("the filter's reply is no refusal")
    return reply


def _inserted(data: bytes) -> AddHeader:
    name, value = _strings(data[4:], 2)
    return AddHeader(_name(name), value, int.from_bytes(data[:4], "big"))


def _added(data: bytes) -> AddHeader:
    name, value = _strings(data, 2)
    return AddHeader(_name(name), value)


def _changed(data: bytes) -> ChangeHeader:
    name, value = _strings(data[4:], 2)
    return ChangeHeader(_name(name), value, max(1, int.from_bytes(data[:4], "big")))


def _name(name: bytes) -> bytes:
    """A name that can stand before a colon (RFC 5322 §2.2)."""
    if not name or not all(33 <= octet <= 126 and octet != 58 for octet in name):
        raise ProtocolError("the filter gave a field a name that none can have")
    return name


def _address(data: bytes) -> bytes:
    """As the filter writes it: who is to be taken away may be written in any way."""
    return _strings(data, 1)[0].strip().removeprefix(b"<").removesuffix(b">")


def _mailbox(data: bytes) -> bytes:
    """An address that can stand in an envelope."""
    try:
        return str(parse_mailbox(_address(data).decode("utf-8"), max_local=MAX_SENDER_LOCAL)).encode()
    except ValueError:
        raise ProtocolError("the filter gave an address that is not UTF-8") from None


def _strings(data: bytes, number: int) -> list[bytes]:
    """The first strings of a packet; its last NUL may be missing."""
    found = data.split(b"\0", number)[:number]
    if len(found) < number:
        raise ProtocolError("a packet of the filter is too short")
    return found


_READ: dict[bytes, Callable[[bytes], Answer]] = {
    b"O": _agreed,
    b"y": _reply,
    b"h": _added,
    b"i": _inserted,
    b"m": _changed,
    b"b": ReplaceBody,
    b"+": lambda data: AddRecipient(_mailbox(data)),
    b"2": lambda data: AddRecipient(_mailbox(data)),
    b"-": lambda data: DeleteRecipient(_address(data)),
    b"e": lambda data: ChangeSender(_mailbox(data) if _address(data) else b""),
    b"q": lambda data: Quarantine(_strings(data, 1)[0].decode("utf-8", "replace")),
}


def _string(text: str) -> bytes:
    return _octets(text.encode("utf-8", "replace"))


def _octets(data: bytes) -> bytes:
    return data.replace(b"\0", b"") + b"\0"


def chosen(agreed: Agreed, stage: Stage, values: Mapping[str, str]) -> dict[str, str]:
    """Of these macros (without braces) those that the filter wants at this stage, named as they are sent."""
    wanted: Iterable[str] = agreed.macros.get(stage, values)
    return {name if len(name) == 1 else f"{{{name}}}": values[name] for name in wanted if name in values}
