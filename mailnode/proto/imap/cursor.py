"""A place in a command's text, and the tokens of the grammar that can be read from there.

Each method reads one token of RFC 9051 §9 and moves on, or raises ProtocolError and leaves the command
unreadable. Tokens are matched by regular expressions without backtracking, so a command costs time
proportional to its length.
"""

from __future__ import annotations

import re

from mailnode.errors import BadMailboxName, ProtocolError
from mailnode.octets import Octets
from mailnode.proto.imap import mutf7
from mailnode.proto.imap.flags import parse_flag
from mailnode.proto.imap.framing import Frame
from mailnode.proto.imap.sequence_set import MAX_NUMBER, SequenceSet, parse_sequence_set

MAX_NUMBER_64 = 0x7FFF_FFFF_FFFF_FFFF
MAX_MAILBOX = 1_000  # octets on the wire
MAX_FLAGS = 200

_TAG = re.compile(rb"""[^\x00-\x20\x7f-\xff(){%*"\\+]{1,64}""")
_ATOM = re.compile(rb"""[^\x00-\x20\x7f-\xff(){%*"\\\]]+""")
_ASTRING = re.compile(rb"""[^\x00-\x20\x7f-\xff(){%*"\\]+""")
_LIST = re.compile(rb"""[^\x00-\x20\x7f-\xff(){"\\]+""")
_FLAG = re.compile(rb"""\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+""")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00]|\\["\\])*)"')
_ESCAPED = re.compile(rb"\\(.)")
_NUMBER = re.compile(rb"[0-9]{1,19}")
_SET = re.compile(rb"[0-9*:,]+")
_PLACES = re.compile(rb"[1-9][0-9]{0,9}:[1-9][0-9]{0,9}|-[1-9][0-9]{0,9}:-[1-9][0-9]{0,9}")
_WORD = re.compile(rb"[A-Za-z0-9.+-]+")


class Cursor:
    """Reads a ``Frame`` from left to right."""

    __slots__ = ("_literal", "_literals", "pos", "text", "utf8")

    def __init__(self, frame: Frame, *, utf8: bool = False) -> None:
        self.utf8 = utf8  # mailbox names are UTF-8 (RFC 6855 §3, RFC 9051 §5.1), else modified UTF-7
        self.text = frame.text
        self.pos = 0
        self._literals = frame.literals
        self._literal = 0

    # Single characters

    def at(self, token: bytes) -> bool:
        """True when ``token`` stands here; nothing is read."""
        return self.text.startswith(token, self.pos)

    def take(self, token: bytes) -> bool:
        """Read ``token`` if it stands here."""
        if self.text.startswith(token, self.pos):
            self.pos += len(token)
            return True
        return False

    def take_word(self, words: bytes) -> bool:
        """Read ``words``, written here in upper case, if they stand here in any case."""
        end = self.pos + len(words)
        if self.text[self.pos : end].upper() != words:
            return False
        self.pos = end
        return True

    def expect(self, token: bytes) -> None:
        if not self.take(token):
            raise self.fault(f"{token.decode('ascii')!r} was expected")

    def space(self) -> None:
        """SP. One is the rule; several in a row are taken as one, as old clients send them."""
        if not self.take(b" "):
            raise self.fault("A space was expected")
        while self.take(b" "):
            pass

    def end(self) -> None:
        """Nothing may follow but spaces, which some clients leave behind."""
        if self.text[self.pos :].strip(b" "):
            raise self.fault("The command goes on where it should end")

    def at_end(self) -> bool:
        return self.pos >= len(self.text)

    def fault(self, what: str) -> ProtocolError:
        return ProtocolError(f"{what} at character {self.pos + 1}")

    def _match(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        found = pattern.match(self.text, self.pos)
        if found is None:
            raise self.fault(f"{what} was expected")
        self.pos = found.end()
        return found[0]

    # Words and numbers

    def tag(self) -> str:
        return self._match(_TAG, "A tag").decode("ascii")

    def atom(self) -> str:
        return self._match(_ATOM, "An atom").decode("ascii")

    def word(self) -> str:
        """A name of the protocol (letters, digits, dot, plus, minus), in upper case."""
        return self._match(_WORD, "A word").decode("ascii").upper()

    def number(self) -> int:
        """number: 32 bits without sign."""
        value = int(self._match(_NUMBER, "A number"))
        if value > MAX_NUMBER:
            raise self.fault("A number below 4294967296 was expected")
        return value

    def nonzero(self) -> int:
        value = self.number()
        if not value:
            raise self.fault("A number above 0 was expected")
        return value

    def number64(self) -> int:
        """number64 and mod-sequence-valzer: 63 bits (RFC 7162 §7)."""
        value = int(self._match(_NUMBER, "A number"))
        if value > MAX_NUMBER_64:
            raise self.fault("A number below 9223372036854775808 was expected")
        return value

    def places(self) -> tuple[int, int]:
        """partial-range = partial-range-first / partial-range-last        RFC 9394 §4"""
        found = self._match(_PLACES, "A range of places such as 1:50 or -1:-50")
        first, last = map(int, found.split(b":"))
        if max(abs(first), abs(last)) > MAX_NUMBER:
            raise self.fault("A number below 4294967296 was expected")
        return first, last

    def sequence_set(self) -> SequenceSet:
        if self.take(b"$"):
            return SequenceSet((), saved=True)
        return parse_sequence_set(self._match(_SET, "A set of message numbers"))

    # Strings

    def at_string(self) -> bool:
        return self.text[self.pos : self.pos + 1] in (b'"', b"\n")

    def string(self) -> bytes:
        """string = quoted / literal. Octets above 127 are let through in both: clients send them."""
        if self.take(b"\n"):
            return self._small(self._next_literal())
        found = _QUOTED.match(self.text, self.pos)
        if found is None:
            raise self.fault("A string was expected")
        self.pos = found.end()
        return _ESCAPED.sub(rb"\1", found[1]) if b"\\" in found[1] else found[1]

    def _next_literal(self) -> Octets:
        data = self._literals[self._literal]
        self._literal += 1
        return data

    def _small(self, data: Octets) -> bytes:
        if not isinstance(data, bytes):
            raise self.fault("This string is too long")
        return data

    def literal(self) -> bytes:
        """literal / literal8, and no quoted string."""
        return self._small(self.message())

    def at_literal(self) -> bool:
        return self.at(b"\n") or self.at(b"~")

    def message(self) -> Octets:
        """A literal of any size: the messages of APPEND."""
        self.take(b"~")
        if not self.take(b"\n"):
            raise self.fault("A literal was expected")
        return self._next_literal()

    def astring(self) -> bytes:
        return self.string() if self.at_string() else self._match(_ASTRING, "A string")

    def nstring(self) -> bytes | None:
        if self.at_string():
            return self.string()
        if self._match(_ATOM, "A string or NIL").upper() != b"NIL":
            raise self.fault("A string or NIL was expected")
        return None

    def text_string(self) -> str:
        """An astring that is UTF-8: user names, passwords, quota roots."""
        return self.decode(self.astring())

    def decode(self, data: bytes) -> str:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise self.fault("A string that is UTF-8 was expected") from None
        if "\0" in text:
            raise self.fault("A string without NUL was expected")
        return text

    # Mailboxes and flags

    def mailbox(self) -> str:
        """mailbox = "INBOX" / astring, INBOX in any case (RFC 9051 §5.1)."""
        name = self._mailbox_name(self.astring())
        if not name:
            raise self.fault("A mailbox name was expected")
        return "INBOX" if name.upper() == "INBOX" else name

    def reference(self) -> str:
        """The first argument of LIST, which may be empty."""
        return self._mailbox_name(self.astring())

    def list_mailbox(self) -> str:
        """list-mailbox = 1*list-char / string: a name in which % and * stand for anything."""
        wire = self.string() if self.at_string() else self._match(_LIST, "A mailbox pattern")
        try:
            return self._mailbox_name(wire)
        except BadMailboxName:
            return wire.decode("ascii", "replace")  # "&*" is one, whatever it matches

    def _mailbox_name(self, wire: bytes) -> str:
        if len(wire) > MAX_MAILBOX:
            raise self.fault("A shorter mailbox name was expected")
        try:
            name = self.decode(wire) if self.utf8 else mutf7.decode(wire)
        except ProtocolError as error:  # the command is well written: there is no such mailbox
            raise BadMailboxName(str(error)) from None
        if not name.isprintable() and any(ord(char) < 32 or 127 <= ord(char) < 160 for char in name):
            raise self.fault("A mailbox name without control characters was expected")
        return name

    def flag(self) -> str:
        return parse_flag(self._match(_FLAG, "A flag").decode("ascii"))

    def flag_list(self) -> list[str]:
        """flag-list = "(" [flag *(SP flag)] ")"."""
        self.expect(b"(")
        flags: list[str] = []
        while not self.take(b")"):
            if flags:
                self.space()
            if len(flags) == MAX_FLAGS:
                raise self.fault(f"At most {MAX_FLAGS} flags were expected")
            flags.append(self.flag())
        return flags
