"""Address lists of header fields: RFC 5322 §3.4, the obsolete syntax of §4.4, comments, and broken lists.

One pass over tokens; nothing is refused. What cannot be read as an address is kept as a name or a
local part without host, so that a reader still sees it. Beyond 10,000 addresses or 512 KB the list ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from mailnode.message.encoded_words import decode_text, unfold

ADDRESS_LISTS = frozenset((b"from", b"to", b"cc", b"bcc", b"sender", b"reply-to"))  # the fields that are such lists
MAX_ADDRESSES = 10_000
MAX_OCTETS = 512 * 1024
MAX_TOKENS = 20_000  # of elements that are not of the usual form

_TOKEN = re.compile(
    rb"(?P<blank>[ \t\r\n]++)"
    rb'|"(?P<quoted>(?:[^"\\]++|\\.)*+)(?P<closed>"?)'
    rb"|\[(?P<literal>[^\[\]]*+)\]?"
    rb'|(?P<atom>[^ \t\r\n"(),:;<>@\[\]]++)'
    rb"|(?P<special>.)",
    re.S,
)
_ATEXT = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\xff-]++"
# The usual form of one element, with the comma that ends it: what _List would make of it, at once.
_USUAL = re.compile(
    rb'[ \t]*+(?:(?:"([^"\\]*+)"|(' + _ATEXT + rb"(?:[ \t]++" + _ATEXT + rb")*+))?[ \t]*+"
    rb"<(" + _ATEXT + rb")@(" + _ATEXT + rb")>|(" + _ATEXT + rb")@(" + _ATEXT + rb"))[ \t]*+(?:,|\Z)"
)
_PAREN = re.compile(rb"\\.|[()]", re.S)
_ESCAPE = re.compile(rb"\\(.)", re.S)


# RFC 5322 §3.4: a comment may stand in the middle of an address. Blanks that no comment follows are gone over once.
_COMMENT = re.compile(rb"(?:(?<![ \t])[ \t]++)?\([^()]*+\)[ \t]*+")


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox, readable. ``group`` is the display name of the group that it stands in, "" outside of groups."""

    name: str
    local: str
    host: str
    group: str = ""

    @property
    def address(self) -> str:
        return f"{self.local}@{self.host}" if self.host else self.local

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name and self.address else self.name or self.address


class Entry(NamedTuple):
    """One element of an address list as IMAP's ENVELOPE wants it: undecoded bytes.

    ``kind`` is "mailbox", "group" (``name`` is its display name) or "end" (of that group).
    """

    kind: str
    name: bytes = b""
    route: bytes = b""
    local: bytes = b""
    host: bytes = b""


def addresses(value: bytes) -> list[Address]:
    """The mailboxes of an address list, in order."""
    return readable(entries(value))


def readable(listed: list[Entry]) -> list[Address]:
    """The mailboxes among the elements, decoded."""
    found: list[Address] = []
    group = ""
    for entry in listed:
        if entry.kind == "mailbox":
            found.append(Address(decode_text(entry.name), decode_text(entry.local), decode_text(entry.host), group))
        else:
            group = decode_text(entry.name)
    return found


def entries(value: bytes) -> list[Entry]:
    """The elements of an address list, in order, group starts and ends included."""
    value = unfold(value[:MAX_OCTETS])
    found: list[Entry] = []
    position = 0
    while position < len(value) and len(found) < MAX_ADDRESSES:
        usual = _USUAL.match(value, position)
        if not usual:
            return found + _List(value[position:]).read(MAX_ADDRESSES - len(found))
        quoted, atoms, local, host, bare_local, bare_host = usual.groups()
        name = quoted or (b" ".join(atoms.split()) if atoms else b"")
        found.append(Entry("mailbox", name, b"", local or bare_local, host or bare_host))
        position = usual.end()
    return found


class _List:
    """The state of the one pass: words seen so far, and what the angle brackets held."""

    __slots__ = ("angle", "at", "blank", "bracket", "comment", "found", "group", "phrase", "route", "value")

    def __init__(self, value: bytes) -> None:
        self.value = value
        self.bracket = -1  # where the next ">" stands; looked up anew only when passed, so that all is one pass
        self.found: list[Entry] = []
        self.group = False
        self.clear()

    def clear(self) -> None:
        self.phrase: list[bytes] = []  # words before "<", or the bare address
        self.at = -1  # where in it the last "@" stands
        self.blank = False
        self.angle: bytes | None = None
        self.route = b""
        self.comment = b""

    def read(self, limit: int) -> list[Entry]:
        position, end = 0, len(self.value)
        for _ in range(MAX_TOKENS):
            if position >= end or len(self.found) >= limit:
                break
            token = _TOKEN.match(self.value, position)
            assert token  # the last alternative takes any byte
            kind, position = token.lastgroup, token.end()
            if kind == "blank":
                self.blank = True
            elif kind == "atom":
                self.word(token["atom"])
            elif kind == "closed":
                position = self.quoted(token)
            elif kind == "literal":
                self.word(b"[" + token["literal"] + b"]")
            else:
                position = self.special(token["special"], position)
        self.end_address()
        if self.group:
            self.found.append(Entry("end"))
        return self.found

    def word(self, word: bytes) -> None:
        # RFC 5322 §4.4: blanks may stand around the dots and the "@" of an address.
        if self.blank and self.phrase and not self.joins(word):
            self.phrase.append(b" ")
        self.blank = False
        self.phrase.append(word)

    def joins(self, word: bytes) -> bool:
        last = self.phrase[-1]
        return last == b"@" or (self.at >= 0 and (last.endswith(b".") or word.startswith(b".")))

    def quoted(self, token: re.Match[bytes]) -> int:
        if not token["closed"]:
            return self.ignore(b'"', token.start() + 1)
        text = token["quoted"]
        self.word(_ESCAPE.sub(rb"\1", text) if b"\\" in text else text)
        return token.end()

    def ignore(self, mark: bytes, position: int) -> int:
        """An opening mark had no partner: from here on it means nothing, or each one would search to the end."""
        self.value = self.value[:position] + self.value[position:].replace(mark, b" ")
        return position

    def special(self, special: bytes, position: int) -> int:
        if special == b"(":
            return self.skip_comment(position)
        if special == b"<":
            return self.read_angle(position)
        if special == b"@":
            self.at = len(self.phrase)
            self.phrase.append(b"@")
            self.blank = False
        elif special == b":" and not self.group and self.angle is None and self.at < 0:
            self.found.append(Entry("group", b"".join(self.phrase)))
            self.clear()
            self.group = True
        elif special in b",;":
            self.end_address()
            if special == b";" and self.group:
                self.found.append(Entry("end"))
                self.group = False
        return position

    def skip_comment(self, position: int) -> int:
        """RFC 5322 §3.2.2: comments nest. An unpaired parenthesis is passed over."""
        depth = 1
        for paren in _PAREN.finditer(self.value, position):
            if paren[0] == b"(":
                depth += 1
            elif paren[0] == b")":
                depth -= 1
                if not depth:
                    self.comment = _ESCAPE.sub(rb"\1", self.value[position : paren.start()])
                    return paren.end()
        return self.ignore(b"(", position)

    def read_angle(self, position: int) -> int:
        """What stands between "<" and ">", with the route of RFC 5322 §4.4."""
        value = self.value
        if self.bracket < position:
            self.bracket = value.find(b">", position)
            if self.bracket < 0:
                self.bracket = len(value)
        end = self.bracket
        inner = value.find(b"<", position, end)
        if inner >= 0 or end == len(value):  # the ">" is missing: a comma or the next "<" ends it
            comma = value.find(b",", position, inner if inner >= 0 else end)
            end = comma if comma >= 0 else inner if inner >= 0 else end
        text = self.value[position:end].strip(b" \t\r")
        if text.startswith(b"@") and b":" in text:
            route, _, text = text.partition(b":")
            self.route = route.strip(b" \t\r")
        self.angle = text
        self.blank = True
        return end + 1 if self.value[end : end + 1] == b">" else end

    def end_address(self) -> None:
        if self.angle is not None:
            local, host = _split(self.angle)
            name = b"".join(self.phrase) or self.comment
            if local or host or name:
                self.found.append(Entry("mailbox", name, self.route, local, host))
        elif self.phrase:
            before, after = (self.phrase, []) if self.at < 0 else (self.phrase[: self.at], self.phrase[self.at + 1 :])
            cut = len(before)
            while cut and (before[cut - 1] != b" " or self.at < 0):
                cut -= 1
            name = b"".join(before[:cut]).strip(b" ") or self.comment
            host = b"".join(after).partition(b" ")[0]
            self.found.append(Entry("mailbox", name, self.route, b"".join(before[cut:]), host))
        self.clear()


def _split(address: bytes) -> tuple[bytes, bytes]:
    """Local part and host of what stood between angle brackets; the quotes of a quoted local part go."""
    if b"(" in address and b'"' not in address:
        address = _COMMENT.sub(b"", address)
    local, at, host = address.rpartition(b"@")
    if not at:
        local, host = host, b""
    local = local.strip(b" \t\r")
    if len(local) >= 2 and local[:1] == local[-1:] == b'"':
        local = _ESCAPE.sub(rb"\1", local[1:-1])
    return local, host.strip(b" \t\r")
