"""What follows MAIL FROM: and RCPT TO: -- the path and the parameters, as values.

Parameter names are read in any letter case, values keep theirs. A parameter we do not know is refused
with 555 (RFC 5321 §4.1.1.11), one named twice with 501. Blanks between the colon and the path, which the
grammar forbids and many clients send, are let pass; a path without brackets is not.

Whether a door offers what a parameter asks for is the door's to say; here all of them are read.

RFC 5321 §4.1.1.2, §4.1.1.3; RFC 1870 (SIZE); RFC 6152 and RFC 3030 §3 (BODY); RFC 6531 §3.4 (SMTPUTF8);
RFC 4954 §5 (AUTH); RFC 3461 §4 (RET, ENVID, NOTIFY, ORCPT); RFC 8689 §2 (REQUIRETLS); RFC 4865 §4
(HOLDFOR, HOLDUNTIL); RFC 2852 §4 (BY).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailnode.proto.address import Address, parse_mailbox, parse_path
from mailnode.proto.dsn_params import (
    Notify,
    OriginalRecipient,
    decode_xtext,
    parse_envid,
    parse_notify,
    parse_orcpt,
    parse_ret,
)
from mailnode.proto.mail_times import DeliverBy, parse_by, parse_hold_for, parse_hold_until
from mailnode.proto.replies import Refused

MAX_SENDER_LOCAL = 254  # VERP addresses pass 64 octets; the path's own limit still holds
MAX_PARAMETERS = 20

_PARAMETER = re.compile("([A-Za-z0-9][A-Za-z0-9-]*+)(?:=([!-<>-~\u0080-\U0010ffff]++))?\\Z")
_DIGITS = re.compile(r"[0-9]{1,20}\Z")


@dataclass(frozen=True, slots=True)
class MailParameters:
    """The parameters of MAIL. ``auth`` is None when absent and "" for ``AUTH=<>``."""

    size: int | None = None
    body: str = ""  # "", "7BIT", "8BITMIME" or "BINARYMIME"
    smtputf8: bool = False
    auth: str | None = None
    ret: str | None = None
    envid: str | None = None
    requiretls: bool = False
    hold_for: int | None = None  # seconds
    hold_until: datetime | None = None
    by: DeliverBy | None = None

    @property
    def times(self) -> bool:
        """True where it has times that only submission takes."""
        return self.by is not None or self.hold_for is not None or self.hold_until is not None


@dataclass(frozen=True, slots=True)
class RcptParameters:
    """The parameters of RCPT."""

    notify: Notify | None = None
    orcpt: OriginalRecipient | None = None


NO_MAIL_PARAMETERS = MailParameters()
NO_RCPT_PARAMETERS = RcptParameters()


def parse_mail(argument: str) -> tuple[Address | None, MailParameters]:
    """The argument of MAIL: ``FROM:<path> [parameters]``; the null sender is None. Raises Refused."""
    if argument[:5].upper() != "FROM:":
        raise Refused(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]")
    sender, rest = parse_path(argument[5:].lstrip(" "), max_local=MAX_SENDER_LOCAL)
    parameters = _mail_parameters(rest) if rest and not rest.isspace() else NO_MAIL_PARAMETERS
    if not argument.isascii() and not parameters.smtputf8:
        raise Refused(553, "5.6.7", "An address beyond ASCII needs SMTPUTF8")
    return sender, parameters


def parse_rcpt(argument: str, *, smtputf8: bool) -> tuple[Address, RcptParameters]:
    """The argument of RCPT: ``TO:<path> [parameters]``. Raises Refused."""
    if argument[:3].upper() != "TO:":
        raise Refused(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]")
    if not argument.isascii() and not smtputf8:
        raise Refused(553, "5.6.7", "An address beyond ASCII needs SMTPUTF8")
    recipient, rest = parse_path(argument[3:].lstrip(" "))
    if recipient is None:
        raise Refused(501, "5.1.3", "A recipient cannot be empty")
    return recipient, _rcpt_parameters(rest) if rest and not rest.isspace() else NO_RCPT_PARAMETERS


def _mail_parameters(text: str) -> MailParameters:
    found: dict[str, Any] = {}
    for name, value in _parameters(text):
        read = _MAIL.get(name)
        if read is None:
            raise _unknown(name)
        key, reader = read
        found[key] = reader(name, value)
    if "hold_for" in found and "hold_until" in found:
        raise Refused(501, "5.5.4", "HOLDFOR and HOLDUNTIL do not go together")  # RFC 4865 §4
    return MailParameters(**found)


def _rcpt_parameters(text: str) -> RcptParameters:
    notify: Notify | None = None
    orcpt: OriginalRecipient | None = None
    for name, value in _parameters(text):
        match name:
            case "NOTIFY":
                notify = parse_notify(_needed(name, value))
            case "ORCPT":
                orcpt = parse_orcpt(_needed(name, value))
            case _:
                raise _unknown(name)
    return RcptParameters(notify, orcpt)


def _parameters(text: str) -> Iterator[tuple[str, str | None]]:
    words = [word for word in text.split(" ") if word]
    if len(words) > MAX_PARAMETERS:
        raise Refused(501, "5.5.4", "Too many parameters")
    seen: set[str] = set()
    for word in words:
        match = _PARAMETER.match(word)
        if match is None:
            raise Refused(501, "5.5.4", "A parameter must read NAME or NAME=value")
        name = match[1].upper()
        if name in seen:
            raise Refused(501, "5.5.4", f"The parameter {name} stands twice")
        seen.add(name)
        yield name, match[2]


def _needed(name: str, value: str | None) -> str:
    if value is None:
        raise Refused(501, "5.5.4", f"The parameter {name} needs a value")
    return value


def _flag(name: str, value: str | None) -> bool:
    if value is not None:
        raise Refused(501, "5.5.4", f"The parameter {name} takes no value")
    return True


def _size(_name: str, value: str | None) -> int:
    """RFC 1870 §4: up to 20 digits."""
    if value is None or not _DIGITS.match(value):
        raise Refused(501, "5.5.4", "SIZE must be a number of octets")
    return int(value)


def _body(_name: str, value: str | None) -> str:
    """RFC 6152 §3, RFC 3030 §3."""
    body = (value or "").upper()
    if body not in ("7BIT", "8BITMIME", "BINARYMIME"):
        raise Refused(501, "5.5.4", "BODY must be 7BIT, 8BITMIME or BINARYMIME")
    return body


def _auth(value: str) -> str:
    """RFC 4954 §5: the submitter as xtext, or <>."""
    if value == "<>":
        return ""
    decoded = decode_xtext(value)
    parse_mailbox(decoded, max_local=MAX_SENDER_LOCAL)
    return decoded


def _with_value(parse: Callable[[str], object]) -> Callable[[str, str | None], object]:
    return lambda name, value: parse(_needed(name, value))


def _unknown(name: str) -> Refused:
    return Refused(555, "5.5.4", f"The parameter {name} is not known here")


# By the parameter's name: which field of MailParameters it fills, and how it is read.
_MAIL: dict[str, tuple[str, Callable[[str, str | None], object]]] = {
    "SIZE": ("size", _size),
    "BODY": ("body", _body),
    "SMTPUTF8": ("smtputf8", _flag),
    "AUTH": ("auth", _with_value(_auth)),
    "RET": ("ret", _with_value(parse_ret)),
    "ENVID": ("envid", _with_value(parse_envid)),
    "REQUIRETLS": ("requiretls", _flag),
    "HOLDFOR": ("hold_for", _with_value(parse_hold_for)),
    "HOLDUNTIL": ("hold_until", _with_value(parse_hold_until)),
    "BY": ("by", _with_value(parse_by)),
}
