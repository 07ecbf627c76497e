"""The face that a door (mx, submission) shows to an SMTP session, and the values between them.

A session asks its Reception about everything that is policy and answers by itself everything that is
protocol. A Reception's methods return the Reply to send; None, where allowed, means "go on". They may
raise Refused and MailError; anything else is a bug, logged and answered 451.

RFC 5321 §4.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from mailnode.directory.dialogue import Attempt
from mailnode.octets import Octets
from mailnode.proto.address import Address
from mailnode.proto.parameters import NO_MAIL_PARAMETERS, MailParameters, RcptParameters
from mailnode.proto.replies import Reply
from mailnode.proto.sasl import Binding


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask for. Times in seconds, sizes in octets.

    ``errors``, ``refusals`` (of senders and recipients) and ``commands`` are counted from the last
    accepted message on: a client that delivers is not the one meant.
    """

    message_size: int = 52_428_800
    recipients: int = 1000  # at least 100: RFC 5321 §4.5.3.1.8
    idle: float = 300.0  # RFC 5321 §4.5.3.2.7
    login: float = 0.0  # to log in, over all, however busy the client is; 0 where it need not
    transaction: float = 3600.0  # for one message's content, however slowly it drips
    errors: int = 20
    refusals: int = 100
    commands: int = 200
    connections: int = 100  # of one address, in this process
    network: int = 0  # of all addresses of one network together; 0: any number
    crowd: int = 1000  # connections of the door in this process, beyond which new ones are given less time:
    hurried: float = 30.0  # in place of ``idle``


@dataclass(frozen=True, slots=True)
class Offers:
    """What a door does beyond what all of them do.

    ``hold``: seconds for which it lets a message wait at most (RFC 4865), 0: not at all. ``deliver_by``: it
    takes times by which a message must have arrived (RFC 2852).
    """

    hold: int = 0
    deliver_by: bool = False


NO_OFFERS = Offers()


@dataclass(slots=True)
class Peer:
    """The client of one connection. ``hello`` is "" before EHLO; ``tls`` names version and cipher, and ``bindings`` are
    what a login can be bound to.

    ``name`` is the host name that the address and the DNS agree on, where it is known.
    ``talked_early``: commands came when none were due (RFC 2920 §3.1). ``user_id`` and ``user`` are set
    by the Reception when somebody has logged in. ``delay`` is the Reception's too: the seconds that every
    refusal of a sender or recipient waits (a tarpit).
    """

    address: str
    port: int = 0
    name: str = ""
    hello: str = ""
    extended: bool = False
    lmtp: bool = False
    tls: str = ""
    bindings: tuple[Binding, ...] = ()
    talked_early: bool = False
    user_id: int | None = None
    user: str = ""
    delay: float = 0.0

    def forget(self) -> None:
        """TLS begins: what was said in clear counts no more (RFC 3207 §4.2)."""
        self.hello, self.extended = "", False
        self.user_id, self.user = None, ""


@dataclass(slots=True)
class Recipient:
    """One accepted RCPT. A Reception may give it another name for whom it means."""

    address: Address
    parameters: RcptParameters


@dataclass(slots=True)
class Envelope:
    """One mail transaction. ``sender`` None is the null sender. ``since``: when it began, where times count from it.
    ``elsewhere``: how many of the recipients the Reception knows to live elsewhere."""

    sender: Address | None
    parameters: MailParameters = NO_MAIL_PARAMETERS
    recipients: list[Recipient] = field(default_factory=list)
    since: datetime | None = None
    elsewhere: int = 0

    @property
    def reverse_path(self) -> str:
        """The sender as it is written, "" for the null sender."""
        return self.sender.text if self.sender else ""


class Reception(Protocol):
    """What a door decides."""

    @property
    def hostname(self) -> str:
        """What the server calls itself."""

    @property
    def banner(self) -> str:
        """The text behind the host name in the greeting."""

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        """The SASL mechanisms offered to this peer now; none where it may not log in."""

    async def on_connect(self, peer: Peer) -> Reply | None:
        """Somebody has connected. A Reply refuses them."""

    def greeting_delay(self, peer: Peer) -> float:
        """Seconds between the connection and our greeting, 0 for nearly everybody.

        Who speaks meanwhile has not waited for its turn: the wait ends, and ``peer.talked_early`` is set.
        """

    async def on_login(self, peer: Peer, attempt: Attempt) -> Reply:
        """Sets ``peer.user_id`` and ``peer.user`` where the answer is positive. Raises what the dialogue raises."""

    async def on_mail(self, peer: Peer, envelope: Envelope) -> Reply:
        """MAIL with a well-formed sender."""

    async def on_rcpt(self, peer: Peer, envelope: Envelope, recipient: Recipient) -> Reply:
        """RCPT; a positive answer adds the recipient to the envelope."""

    async def on_data(self, peer: Peer, envelope: Envelope) -> Reply | None:
        """DATA or the first BDAT, before the content. A Reply refuses it."""

    def on_fault(self, peer: Peer, envelope: Envelope, reply: Reply, fault: str) -> None:
        """The session refuses a content by itself, with this reply; ``fault`` says in a word why.

        At MAIL already, where its size is announced: without recipients, and maybe before anybody has logged in.
        """

    async def on_message(self, peer: Peer, envelope: Envelope, content: Octets) -> Reply:
        """The whole content, CRLF at every line's end. A positive answer means: on stable storage."""
