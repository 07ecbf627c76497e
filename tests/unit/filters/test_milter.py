"""What a milter may do to a message, each asked for by a small milter of the test's own."""

from __future__ import annotations

import contextlib
import struct
import threading
from collections.abc import Iterator
from socket import socket

import pytest

from mailnode.filters.values import Scanned
from mailnode.findings import Action
from tests.unit.filters.asking import LETTER, scan, settings
from tests.unit.filters.test_failing import serving

MAIL = LETTER % b"hello"
CONTINUE = (b"c", b"")
ACCEPT = (b"a", b"")

Packet = tuple[bytes, bytes]


class Script:
    """A milter: what it answers to which command, and what it has heard."""

    def __init__(
        self, answers: dict[bytes, list[Packet]], skips: int = 0, does: int = 0x1FF, more: bytes = b""
    ) -> None:
        self.answers = answers
        self.options = struct.pack(">III", 6, 0x1FF, skips) + more
        self.heard: list[Packet] = []
        self._ended = threading.Event()

    def __call__(self, one: socket) -> None:
        with one.makefile("rwb") as stream:
            while head := stream.read(4):
                data = stream.read(int.from_bytes(head, "big"))
                letter, data = data[:1], data[1:]
                self.heard.append((letter, data))
                if letter in (b"D", b"Q"):
                    continue
                said = [(b"O", self.options)] if letter == b"O" else self.answers.get(letter, [CONTINUE])
                for reply, value in said:
                    stream.write(struct.pack(">I", len(value) + 1) + reply + value)
                stream.flush()
        self._ended.set()

    def letters(self) -> bytes:
        """The commands heard on a connection that is closed by now, or soon."""
        assert self._ended.wait(60)
        return b"".join(letter for letter, _ in self.heard if letter != b"D")


@contextlib.contextmanager
def places(*scripts: Script) -> Iterator[list[str]]:
    with contextlib.ExitStack() as stack:
        yield [f"milter=inet:127.0.0.1:{stack.enter_context(serving(one))}" for one in scripts]


def through(*scripts: Script, content: bytes = MAIL) -> Scanned:
    with places(*scripts) as found:
        return scan(settings(*found, filters_on_failure="closed"), content)[0]


def at_end(*packets: Packet) -> Script:
    return Script({b"E": [*packets, ACCEPT]})


def test_the_message_is_told_in_the_order_of_smtp() -> None:
    script = Script({})
    found = through(script)
    assert script.letters() == b"OCHMRRTLLLLNBEQ"
    told = dict(one for one in script.heard if one[0] != b"D")
    assert told[b"C"] == b"[192.0.2.1]\x004" + struct.pack(">H", 4711) + b"192.0.2.1\0"
    assert (told[b"H"], told[b"M"], told[b"R"]) == (
        b"spammer.example\0",
        b"<a@spammer.example>\0",
        b"<c@example.test>\0",
    )
    assert (told[b"R"], told[b"L"], told[b"B"]) == (b"<c@example.test>\0", b"X-Evil\x001\0", b"hello\r\n")
    assert (found.findings[0].action, found.content) == (None, MAIL)


def test_macros_come_before_their_command() -> None:
    chosen = struct.pack(">I", 2) + b"i {mail_addr} {nothing}\0"
    script = Script({}, more=chosen)
    through(script)
    macros = [data for letter, data in script.heard if letter == b"D"]
    assert b"Mi\0id1\0{mail_addr}\0a@spammer.example\0" in macros
    assert any(one.startswith(b"C") and b"{client_addr}\x00192.0.2.1\0" in one for one in macros)


def test_what_a_filter_need_not_hear_is_left_out() -> None:
    script = Script({}, skips=0x1 | 0x2 | 0x10 | 0x20 | 0x200)
    through(script)
    assert script.letters() == b"OMRRNEQ"


def test_nobody_waits_for_answers_that_do_not_come() -> None:
    mute = Script({letter: [] for letter in (b"C", b"H", b"M", b"R", b"T", b"L", b"N", b"B")}, skips=0xFF080)
    assert through(mute).findings[0].text == "it takes the message"


@pytest.mark.parametrize(
    ("letter", "answer", "action", "reply"),
    [
        (b"C", (b"r", b""), Action.REJECT, None),
        (b"H", (b"t", b""), Action.DEFER, None),
        (b"M", (b"y", b"550 5.7.1 Not you\0"), Action.REJECT, "550 5.7.1 Not you"),
        (b"R", (b"y", b"452-4.2.2 Not\r\n452 4.2.2 now\0"), Action.DEFER, "452 4.2.2 Not now"),
        (b"L", (b"d", b""), Action.QUARANTINE, None),
        (b"E", (b"r", b""), Action.REJECT, None),
        (b"N", (b"a", b""), None, None),
    ],
)
def test_its_word(letter: bytes, answer: Packet, action: Action | None, reply: str | None) -> None:
    script = Script({letter: [answer]})
    found = through(script)
    assert found.findings[0].action is action
    assert (str(found.reply) if found.reply else None) == reply
    assert script.letters().endswith(letter + b"Q")


def test_it_takes_its_time_and_quarantines() -> None:
    found = through(at_end((b"p", b""), (b"q", b"looks odd\0"), (b"p", b"")))
    assert (found.findings[0].action, found.findings[0].text) == (Action.QUARANTINE, "looks odd")


def test_enough_of_the_body() -> None:
    script = Script({b"B": [(b"s", b"")]})
    through(script, content=LETTER % (b"x" * 200_000))
    assert script.letters().count(b"B") == 1


def test_fields_are_added_changed_and_removed() -> None:
    number = struct.pack(">I", 1)
    found = through(
        at_end(
            (b"h", b"X-End\0a\n b\0"),
            (b"i", struct.pack(">I", 0) + b"X-Top\0one\nX-Smuggled: two\0"),
            (b"m", number + b"Subject\0new\0"),
            (b"m", number + b"x-evil\0\0"),
            (b"m", number + b"X-New\0here\0"),
        )
    )
    assert found.fields == b"X-Top: one\r\n\tX-Smuggled: two\r\nX-End: a\r\n b\r\nX-New: here\r\n"
    assert found.content == (b"From: a@spammer.example\r\nTo: b@example.test\r\nSubject: new\r\n\r\nhello\r\n")


def test_another_body_and_envelope() -> None:
    found = through(
        at_end(
            (b"b", b"one\nt"),
            (b"b", b"wo\r\n"),
            (b"e", b"<x@example.test>\0SIZE=1\0"),
            (b"+", b"<d@example.test>\0"),
            (b"2", b"<e@example.test>\0NOTIFY=NEVER\0"),
            (b"-", b"<b@example.test>\0"),
        )
    )
    assert found.content[:].endswith(b"X-Evil: 1\r\n\r\none\r\ntwo\r\n")
    assert (found.sender, found.removed) == ("x@example.test", ("b@example.test",))
    assert found.added == ("d@example.test", "e@example.test")


@pytest.mark.parametrize("letter", [b"e", b"+", b"2"])
@pytest.mark.parametrize(
    "address", [b"none", b"a@b.test\r\nRCPT TO:<c@d.test>", b"\xff@b.test", b"a" * 500_000 + b"@b.test", b"@a:b@c.test"]
)
def test_no_address_gets_into_the_envelope_that_is_none(letter: bytes, address: bytes) -> None:
    found = through(at_end((letter, b"<%s>\0" % address)))
    assert (found.findings[0].action, found.sender, found.added) == (Action.DEFER, None, ())


def test_the_sender_may_be_nobody_and_a_recipient_may_not() -> None:
    assert through(at_end((b"e", b"<>\0"))).sender == ""
    assert through(at_end((b"+", b"<>\0"))).findings[0].action is Action.DEFER


def test_a_message_for_nobody_is_kept_apart_for_all() -> None:
    found = through(at_end((b"-", b"<b@example.test>\0"), (b"-", b"<c@example.test>\0")))
    assert found.findings[-1].action is Action.QUARANTINE
    assert found.removed == ()


def test_fields_are_taken_up_to_a_size() -> None:
    large = (b"h", b"X-Large\0" + b"x" * 300_000 + b"\0")
    assert len(through(at_end(large)).fields) > 300_000
    assert through(at_end(large, large)).findings[0].text == "it could not be asked: the filter changes too much"


def test_a_body_grows_up_to_a_size() -> None:
    """By our limit alone many small messages at once would take all memory."""
    piece = (b"b", b"x" * 1_000_000)
    assert len(through(at_end(*[piece] * 3)).content) > 3_000_000
    assert through(at_end(*[piece] * 5)).findings[0].text == "it could not be asked: the filter changes too much"


def test_of_a_long_reason_the_beginning_is_kept() -> None:
    assert through(at_end((b"q", b"x" * 900_000 + b"\0"))).findings[0].text == "x" * 500


def test_the_next_milter_sees_what_the_first_has_done() -> None:
    first = at_end((b"h", b"X-First\x001\0"), (b"b", b"new\r\n"), (b"-", b"<b@example.test>\0"))
    second = at_end((b"m", struct.pack(">I", 1) + b"X-First\x002\0"))
    found = through(first, second)
    assert (b"L", b"X-First\x001\0") in second.heard
    assert (b"B", b"new\r\n") in second.heard
    assert (b"R", b"<b@example.test>\0") not in second.heard
    assert found.fields == b"X-First: 2\r\n"


def test_after_a_refusal_nobody_else_is_asked() -> None:
    second = Script({})
    assert through(Script({b"E": [(b"r", b"")]}), second).findings[0].action is Action.REJECT
    assert second.heard == []


@pytest.mark.parametrize("packet", [(b"f", b""), (b"4", b""), (b"h", b"X y\0z\0"), (b"y", b"250 OK\0"), (b"?", b"")])
def test_what_it_must_not_say(packet: Packet) -> None:
    assert through(at_end(packet)).findings[0].action is Action.DEFER
