"""Addresses of the envelope: Path and Mailbox, parsed strictly and written back canonically.

An Address holds what the words mean, not how they were spelt: the local part without quotes (NFC), the
domain in lower case with its labels in ASCII form. ``str(address)`` quotes again where it must, so two
spellings of one address print the same. Source routes are read and dropped (RFC 5321 appendix C).

Stricter than the grammar: an empty quoted local part is refused, since it would look like the null
sender, and so are control characters beyond ASCII. More lenient: the caller may allow long local parts,
because bounce addresses of large senders (VERP) pass 64 octets every day.

RFC 5321 §4.1.2, §4.1.3, §4.5.3.1; RFC 6531 §3.3 (SMTPUTF8); RFC 5890 (labels).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from mailnode.proto.replies import Refused

MAX_LOCAL = 64  # octets, RFC 5321 §4.5.3.1.1
MAX_DOMAIN = 255  # octets, RFC 5321 §4.5.3.1.2
MAX_PATH = 256  # octets with the brackets, RFC 5321 §4.5.3.1.3
MAX_LABEL = 63  # octets, RFC 5890 §2.3.2.1
_MAX_TEXT = 2048  # what is longer is not looked at

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
# Everything beyond ASCII but controls, blanks, line separators, surrogates and noncharacters.
_WIDE = (
    "\u00a1-\u167f\u1681-\u1fff\u200c\u200d\u2010-\u2027\u2030-\u205e\u2070-\u2fff"
    "\u3001-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe\uff00-\uffef\U00010000-\U0010fffd"
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*+"

_USUAL = re.compile(rf"<([{_ATEXT}]++(?:\.[{_ATEXT}]++)*+)@({_DOMAIN})>\Z")
_DOT_STRING = re.compile(rf"[{_ATEXT}{_WIDE}]++(?:\.[{_ATEXT}{_WIDE}]++)*+")
_QUOTED = re.compile(rf'"((?:[ !#-\[\]-~{_WIDE}]|\\[ -~])*+)"')
_PAIR = re.compile(r"\\(.)")
_ASCII_DOMAIN = re.compile(rf"{_DOMAIN}\Z")
_WIDE_LABEL = re.compile(rf"[A-Za-z0-9{_WIDE}](?:[A-Za-z0-9{_WIDE}\-]*+(?<!-))?\Z")
_ROUTE = re.compile(rf"(?:@{_DOMAIN}(?:,@{_DOMAIN})*+):")
_PLAIN_LOCAL = re.compile(rf"[{_ATEXT}{_WIDE}]++(?:\.[{_ATEXT}{_WIDE}]++)*+\Z")


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox. ``domain`` is empty only for the bare ``<Postmaster>`` (RFC 5321 §4.5.1)."""

    local: str
    domain: str
    text: str = field(init=False, repr=False, compare=False)  # as it is written

    def __post_init__(self) -> None:
        local = self.local if _PLAIN_LOCAL.match(self.local) else _quote(self.local)
        object.__setattr__(self, "text", f"{local}@{self.domain}" if self.domain else local)

    def __str__(self) -> str:
        return self.text

    @property
    def ascii(self) -> bool:
        """True where the address can be sent without SMTPUTF8."""
        return self.local.isascii()

    @property
    def folded(self) -> str:
        """One spelling for all letter cases, to look things up by."""
        return Address(self.local.casefold(), self.domain).text

    @property
    def is_literal(self) -> bool:
        """True where the domain is an address literal such as ``[192.0.2.1]``."""
        return self.domain.startswith("[")


def parse_path(text: str, *, max_local: int = MAX_LOCAL) -> tuple[Address | None, str]:
    """Read the path at the beginning of a MAIL or RCPT argument, and give what follows after a space.

    The null path ``<>`` is None. Raises Refused (501 or 553), never anything else.
    """
    path, _, parameters = text.partition(" ")
    usual = _usual(path) if len(path) <= MAX_PATH else None
    if usual is not None and len(usual.local) <= max_local:
        return usual, parameters
    if not text.startswith("<"):
        raise Refused(501, "5.5.4", "The address must stand in angle brackets")
    end = _closing(text)
    rest = text[end + 1 :]
    if rest and not rest.startswith(" "):
        raise Refused(501, "5.5.4", "A space must follow the address")
    inner = text[1:end]
    if not inner:
        return None, rest[1:]
    if len(inner.encode("utf-8", "surrogatepass")) > MAX_PATH - 2:
        raise _malformed("it is too long")
    route = _ROUTE.match(inner)
    inner = inner[route.end() :] if route else inner  # read and ignored: RFC 5321 §4.1.2, appendix C
    if inner.lower() == "postmaster":
        return Address("postmaster", ""), rest[1:]
    return parse_mailbox(inner, max_local=max_local), rest[1:]


@lru_cache(2048)
def _usual(path: str) -> Address | None:
    """A path in which nothing is quoted, beyond ASCII or left out. The same few people write and are written to."""
    found = _USUAL.match(path)
    return Address(found[1], found[2].lower()) if found else None


def parse_mailbox(text: str, *, max_local: int = MAX_LOCAL) -> Address:
    """Read ``local@domain``, the whole text. Raises Refused (553 5.1.3)."""
    if len(text) > _MAX_TEXT:
        raise _malformed("it is too long")
    quoted = _QUOTED.match(text)
    match = quoted or _DOT_STRING.match(text)
    if match is None:
        raise _malformed("the part before the @ is not valid")
    local = _PAIR.sub(r"\1", quoted[1]) if quoted else match[0]
    local = unicodedata.normalize("NFC", local)
    if text[match.end() : match.end() + 1] != "@":
        raise _malformed("the part before the @ is not valid")
    if not local or len(local.encode()) > max_local:
        raise _malformed("the part before the @ is empty or too long")
    return Address(local, parse_domain(text[match.end() + 1 :]))


def parse_domain(text: str) -> str:
    """A domain or address literal in its one spelling. Raises Refused (553 5.1.3)."""
    if len(text) > MAX_DOMAIN:
        raise _malformed("the domain is too long")
    if _ASCII_DOMAIN.match(text):
        return text.lower()
    if text.startswith("[") and text.endswith("]"):
        return _literal(text[1:-1])
    if text.isascii():
        raise _malformed("the domain is not valid")
    domain = ".".join(_ascii_label(label) for label in text.split("."))
    if len(domain) > MAX_DOMAIN:
        raise _malformed("the domain is too long")
    return domain


def domain_to_unicode(domain: str) -> str:
    """The domain as people read it: labels in ASCII form decoded, where they decode."""
    return ".".join(_unicode_label(label) for label in domain.split("."))


def _closing(text: str) -> int:
    """Where the path's closing bracket stands: the first one outside quotes."""
    if len(text) > _MAX_TEXT:
        raise _malformed("it is too long")
    at, quoted = 1, False
    while at < len(text):
        letter = text[at]
        if quoted and letter == "\\":
            at += 1
        elif letter == '"':
            quoted = not quoted
        elif letter == ">" and not quoted:
            return at
        at += 1
    raise Refused(501, "5.5.4", "The address must stand in angle brackets")


def _ascii_label(label: str) -> str:
    """One label in ASCII form (RFC 5891 §4.4, without the mapping of local characters)."""
    if not _WIDE_LABEL.match(label) or not all(_may_stand_in_label(letter) for letter in label):
        raise _malformed("the domain is not valid")
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", label).lower())
    if not folded.isascii():
        folded = "xn--" + folded.encode("punycode").decode("ascii")
    if not folded or len(folded) > MAX_LABEL:
        raise _malformed("a label of the domain is too long")
    return folded


def _may_stand_in_label(letter: str) -> bool:
    """Letters, marks, digits, the hyphen, the joiners and the middle dots (near to RFC 5892 §2)."""
    return unicodedata.category(letter)[0] in "LMN" or letter in "-\u00b7\u30fb\u200c\u200d"


def _unicode_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        wide = label[4:].encode("ascii").decode("punycode")
        return wide if _ascii_label(wide) == label else label
    except (UnicodeError, Refused, OverflowError):
        return label


def _literal(inner: str) -> str:
    """RFC 5321 §4.1.3; other kinds than IPv4 and IPv6 were never registered and are refused."""
    try:
        if inner[:5].lower() == "ipv6:" and "%" not in inner:  # a scope means nothing to others
            return f"[IPv6:{IPv6Address(inner[5:])}]"
        return f"[{IPv4Address(inner)}]"
    except AddressValueError:
        raise _malformed("the address literal is not valid") from None


def _quote(local: str) -> str:
    return '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _malformed(why: str) -> Refused:
    return Refused(553, "5.1.3", f"This is not a mail address: {why}")
