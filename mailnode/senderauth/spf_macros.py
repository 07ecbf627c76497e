"""Macro strings of SPF records: checked when the record is read, expanded when a name or a text is needed.

    macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"

RFC 7208 §7. Expansion of ``p`` needs the DNS; the caller looks first whether it is there (`Macro.needs_name`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

MAX_NAME = 253  # octets of a name in a question
MAX_TEXT = 4096  # characters of a macro string; what it expands to may be long

_PIECE = re.compile(
    r"%\{(?P<letter>[A-Za-z])(?P<parts>[0-9]*)(?P<reverse>[rR]?)(?P<delimiters>[.\-+,/_=]*)\}"
    r"|%(?P<escape>[%_\-])|(?P<literal>[^%]+)"
)
_IN_NAMES, _IN_TEXTS = frozenset("slodiphv"), frozenset("slodiphvcrt")
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
_TOP = re.compile(r"\.(?=[a-z0-9-]*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.?\Z", re.IGNORECASE)
_VISIBLE = re.compile(r"[!-~]*\Z")


class BadMacro(Exception):
    """The text is no macro string."""


@dataclass(frozen=True, slots=True)
class Values:
    """What the letters stand for. ``name`` is the validated name of the address, for ``p``."""

    ip: IPv4Address | IPv6Address
    sender: str
    local: str
    sender_domain: str
    domain: str
    helo: str
    receiver: str
    time: int
    name: str = "unknown"

    def of(self, letter: str) -> str:
        """The value of a letter in lower case."""
        match letter:
            case "s":
                return self.sender
            case "l":
                return self.local
            case "o":
                return self.sender_domain
            case "d":
                return self.domain
            case "i":
                return _dotted(self.ip)
            case "p":
                return self.name
            case "v":
                return "in-addr" if self.ip.version == 4 else "ip6"
            case "h":
                return self.helo
            case "c":
                return str(self.ip)
            case "r":
                return self.receiver
            case _:
                return str(self.time)


@dataclass(frozen=True, slots=True)
class Macro:
    """A checked macro string."""

    text: str

    @property
    def needs_name(self) -> bool:
        return any(found["letter"] in ("p", "P") for found in _PIECE.finditer(self.text) if found["letter"])

    def expand(self, values: Values) -> str:
        return "".join(_expanded(found, values) for found in _PIECE.finditer(self.text))

    def name(self, values: Values) -> str:
        """The expansion as a name to ask for: without a final dot, cut from the left to fit (§7.3)."""
        name = self.expand(values).removesuffix(".")
        if len(name) <= MAX_NAME:
            return name
        dot = name.find(".", len(name) - MAX_NAME - 1)
        return name[dot + 1 :] if dot >= 0 else ""


def macro(text: str, *, in_text: bool = False) -> Macro:
    """Check a macro string. Raises BadMacro. ``in_text``: in an explanation c, r and t may stand too, and blanks."""
    if not in_text and not _VISIBLE.match(text):
        raise BadMacro("a character that is not visible ASCII")
    if len(text) > MAX_TEXT:
        raise BadMacro("too long")
    letters = _IN_TEXTS if in_text else _IN_NAMES
    at = 0
    while at < len(text):
        found = _PIECE.match(text, at)
        if found is None:
            raise BadMacro("a % that begins no macro")
        letter, parts = found["letter"], found["parts"]
        if letter and letter.lower() not in letters:
            raise BadMacro(f"unknown macro letter {letter}")
        if parts and (len(parts) > 3 or int(parts) == 0):
            raise BadMacro("a bad number of parts")
        at = found.end()
    return Macro(text)


def domain_spec(text: str) -> Macro:
    """Check a domain-spec (§7.1): a macro string that ends in a macro or in a top label. Raises BadMacro."""
    checked = macro(text)
    *_, last = _PIECE.finditer(text) if text else [None]
    if last is None or (last["literal"] is not None and not _TOP.search(text)) or last["escape"]:
        raise BadMacro("not a domain name")
    return checked


def _expanded(found: re.Match[str], values: Values) -> str:
    if found["literal"] is not None:
        return found["literal"]
    if found["escape"]:
        return _ESCAPES[found["escape"]]
    value = values.of(found["letter"].lower())
    if found["parts"] or found["reverse"] or found["delimiters"]:
        delimiters = re.escape(found["delimiters"] or ".")
        parts = re.split(f"[{delimiters}]", value)
        if found["reverse"]:
            parts.reverse()
        value = ".".join(parts[-int(found["parts"]) :] if found["parts"] else parts)
    return quote(value, safe="") if found["letter"].isupper() else value


def _dotted(ip: IPv4Address | IPv6Address) -> str:
    """An IPv6 address is written nibble by nibble (§7.3), in upper case as in the public test suite."""
    return str(ip) if ip.version == 4 else ".".join(f"{int(ip):032X}")
