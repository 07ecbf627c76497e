"""What goes into the SMTP client machine and what comes out of it, as values.

RFC 5321 §4.1.1.1 (EHLO), RFC 1870, RFC 3461, RFC 4954, RFC 6152, RFC 6531, RFC 8689, RFC 9422.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mailnode.proto.dsn_params import Notify, OriginalRecipient, encode_xtext
from mailnode.proto.mail_times import DeliverBy
from mailnode.proto.replies import Reply

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # not letters that Python does not know yet


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How to open a connection.

    ``hostname`` is what we call ourselves. ``secure``: TLS is on from the first byte. ``credentials`` are
    name and password; they are sent inside TLS only, unless ``auth_without_tls``. ``nonce``: some random
    letters and digits of this connection alone, for SCRAM.
    """

    hostname: str
    starttls: Literal["never", "opportunistic", "required"] = "opportunistic"
    secure: bool = False
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    auth_without_tls: bool = False
    nonce: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Features:
    """What the server's EHLO offered. ``size_limit`` 0: no limit named. ``auth`` in capitals.

    ``most_recipients`` of a message and ``most_messages`` of a connection, by LIMITS; 0: not named (RFC 9422).
    """

    name: str = ""
    pipelining: bool = False
    starttls: bool = False
    size: bool = False
    size_limit: int = 0
    eightbit: bool = False
    smtputf8: bool = False
    dsn: bool = False
    chunking: bool = False
    most_recipients: int = 0
    most_messages: int = 0
    auth: frozenset[str] = frozenset()
    keywords: frozenset[str] = frozenset()


NO_FEATURES = Features()


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient. ``address`` as on the wire, without brackets."""

    address: str
    notify: Notify | None = None
    orcpt: OriginalRecipient | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message to send. ``sender`` "" is the null sender; ``content`` has CRLF line ends.

    ``clean``: the content is `sendable`, as `lines` has it, and need not be looked through again.
    ``smtputf8``: an address or a header field needs SMTPUTF8. ``eightbit``: there are octets above 127.
    """

    sender: str
    recipients: tuple[Recipient, ...]
    content: bytes = field(repr=False)
    smtputf8: bool = False
    eightbit: bool = False
    ret: str | None = None
    envid: str | None = None
    by: DeliverBy | None = None
    requiretls: bool = False
    clean: bool = False

    def __post_init__(self) -> None:
        if not self.recipients:
            raise ValueError("a message needs a recipient")
        for address in (self.sender, *(recipient.address for recipient in self.recipients)):
            if _CONTROL.search(address):  # a line end here would be a command of somebody else's
                raise ValueError("an address holds control characters")

    def mail_command(self, features: Features) -> bytes:
        """The MAIL command, with the parameters the server knows."""
        words = [f"MAIL FROM:<{self.sender}>"]
        if features.size:
            words.append(f"SIZE={len(self.content)}")
        # Without 8BITMIME the octets are sent as they are: servers that old pass them on, and
        # rewriting a message would break its signatures. (More lenient than RFC 6152 §3.)
        if self.eightbit and features.eightbit:
            words.append("BODY=8BITMIME")
        if self.smtputf8:
            words.append("SMTPUTF8")
        if features.dsn and self.ret:
            words.append(f"RET={self.ret}")
        if features.dsn and self.envid:
            words.append(f"ENVID={encode_xtext(self.envid)}")
        if self.requiretls:
            words.append("REQUIRETLS")
        if self.by and "DELIVERBY" in features.keywords:
            words.append(f"BY={self.by}")
        return " ".join(words).encode()

    def rcpt_command(self, number: int, features: Features) -> bytes:
        """The RCPT command of one recipient."""
        recipient = self.recipients[number]
        words = [f"RCPT TO:<{recipient.address}>"]
        if features.dsn and recipient.notify is not None:
            words.append(f"NOTIFY={recipient.notify}")
        if features.dsn and recipient.orcpt is not None:
            words.append(f"ORCPT={recipient.orcpt}")
        return " ".join(words).encode()


@dataclass(frozen=True, slots=True)
class Result:
    """How one recipient ended. ``stage``: mail, rcpt, data, content, or where the connection broke."""

    recipient: str
    stage: str
    reply: Reply

    @property
    def delivered(self) -> bool:
        return self.stage == "content" and self.reply.positive


@dataclass(frozen=True, slots=True)
class Ready:
    """Greeting, EHLO, TLS and login are done: messages may be submitted."""

    features: Features


@dataclass(frozen=True, slots=True)
class StartTls:
    """Wrap the socket in TLS now, then call ``tls_started``."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A message is done: one Result for each of its recipients, in their order."""

    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is of no more use. ``reply`` is the server's or ours; ``stage`` says where it ended."""

    stage: str
    reply: Reply


Event = Ready | StartTls | Finished | Closed


def read_features(reply: Reply) -> Features:
    """Read the answer to EHLO; what is malformed counts as not offered."""
    name, *lines = reply.text.split("\n")
    offered: dict[str, list[str]] = {}
    auth: set[str] = set()
    for line in lines:
        # "AUTH=LOGIN PLAIN" is the old form that some servers still print.
        words = line.upper().replace("AUTH=", "AUTH ", 1).split()
        if words and words[0] == "AUTH":
            auth.update(words[1:])
        if words:
            offered.setdefault(words[0], words[1:])
    size = offered.get("SIZE", [])
    return Features(
        name=name.split(" ")[0],
        pipelining="PIPELINING" in offered,
        starttls="STARTTLS" in offered,
        size="SIZE" in offered,
        size_limit=_number(size[0]) if size else 0,
        eightbit="8BITMIME" in offered,
        smtputf8="SMTPUTF8" in offered,
        dsn="DSN" in offered,
        chunking="CHUNKING" in offered,
        most_recipients=_limit(offered, "RCPTMAX"),
        most_messages=_limit(offered, "MAILMAX"),
        auth=frozenset(auth),
        keywords=frozenset(offered),
    )


def _limit(offered: Mapping[str, Sequence[str]], name: str) -> int:
    """RFC 9422 §3: of a limit that stands twice the first counts."""
    found = (word.partition("=") for word in offered.get("LIMITS", ()))
    return next((_number(value) for key, _, value in found if key == name), 0)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 0
