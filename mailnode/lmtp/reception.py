"""What the LMTP door decides: neighbours only, users here only, and an answer for every recipient.

The neighbour has received the message from the world and judged it; here it is delivered as it is, without what
claims to be our own word, and to Junk where the neighbour's filter has marked it. Whoever has room has it when the
answer says so, and the neighbour keeps its queue for the others (RFC 2033 §4.2), so that nothing of ours waits or
bounces. Aliases that lead elsewhere are ours to follow, as always.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.context import Context
from mailnode.database import utcnow
from mailnode.delivery import deliver
from mailnode.delivery.deliver import Mail
from mailnode.directory import lookup
from mailnode.directory.dialogue import Attempt
from mailnode.errors import MessageTooLarge
from mailnode.history.details import Step, What
from mailnode.history.record import Story, record
from mailnode.learning.judging import Known
from mailnode.message import headers
from mailnode.octets import Octets, with_head
from mailnode.peers import is_loopback, is_within
from mailnode.proto.address import Address
from mailnode.proto.replies import Refused, Reply
from mailnode.queue import envelope as queue
from mailnode.queue.outcome import Ending
from mailnode.smtpd import binary, border, stamp
from mailnode.smtpd.answers import answer_to, queue_recipients
from mailnode.smtpd.reception import Envelope, Peer, Recipient
from mailnode.smtpd.refusals import arrival
from mailnode.store.incoming import Incoming, incoming, staged, taken_in

INLINE = 1 << 18  # a message up to this size is parsed at once, a larger one on another thread

_log = log.get("lmtp")
_STRANGER = Reply(554, "5.7.1", "This door is for neighbouring mail servers")
_SENDER_OK = Reply(250, "2.1.0", "Sender accepted")


class LmtpReception:
    """The door's decisions; one for all its connections."""

    def __init__(self, context: Context) -> None:
        self.hostname = context.settings.hostname
        self.banner = "LMTP Mailnode"
        self._context = context
        self._settings = context.settings

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        return ()

    async def on_connect(self, peer: Peer) -> Reply | None:
        if is_loopback(peer.address) or is_within(peer.address, self._settings.mynetworks):
            return None
        return _STRANGER

    def greeting_delay(self, peer: Peer) -> float:
        return 0.0

    async def on_login(self, peer: Peer, attempt: Attempt) -> Reply:
        raise Refused(502, "5.5.1", "Nobody can log in here")

    async def on_mail(self, peer: Peer, envelope: Envelope) -> Reply:
        return _SENDER_OK

    async def on_rcpt(self, peer: Peer, envelope: Envelope, recipient: Recipient) -> Reply:
        address, size = str(recipient.address), envelope.parameters.size or 0
        known, ending = await self._context.offload.look(lambda tx: _checked(tx, address, self.hostname, size))
        if known != address:
            recipient.address = Address(known, "")
        return answer_to(ending, status="2.1.5", text="Recipient accepted")

    async def on_data(self, peer: Peer, envelope: Envelope) -> Reply | None:
        return None

    def on_fault(self, peer: Peer, envelope: Envelope, reply: Reply, fault: str) -> None:
        """The neighbour still has the message, and its own history."""

    async def on_message(self, peer: Peer, envelope: Envelope, content: Octets) -> Reply:
        """What SMTP would be told: the kindest of the answers."""
        return max(await self.on_messages(peer, envelope, content), key=lambda reply: (reply.positive, reply.temporary))

    async def on_messages(self, peer: Peer, envelope: Envelope, content: Octets) -> Sequence[Reply]:
        """The whole content; one answer for each recipient, in their order."""
        if headers.is_endless(content):
            raise MessageTooLarge(headers.TOO_LARGE)
        id_, offload = stamp.new_id(), self._context.offload
        content = border.without_our_name(self._settings, peer.address, content)
        content = await binary.in_lines(offload, envelope, content)
        received = stamp.received(peer, envelope, by=self.hostname, id=id_, when=utcnow())
        message = await self._parsed(with_head(content, received, 0))
        mail = self._mail(peer, envelope, message, id_)
        recipients = queue_recipients(envelope.recipients)
        endings = await offload.write(
            lambda tx: _delivered(tx, mail, recipients), prepare=staged(offload.engine, message)
        )
        replies = [answer_to(ending, status="2.1.5", text=f"Stored as {id_}") for ending in endings]
        _log.info(
            "message taken",
            id=id_,
            peer=peer.address,
            sender=mail.sender,
            recipients=len(recipients),
            stored=sum(reply.positive for reply in replies),
            size=len(message.raw),
        )
        return replies

    def _mail(self, peer: Peer, envelope: Envelope, message: Incoming, id_: str) -> Mail:
        given, sender = envelope.parameters, envelope.reverse_path
        return Mail(
            sender,
            message,
            given.envid,
            given.ret,
            given.smtputf8,
            "8BITMIME" if message.eight_bit else "7BIT",
            reporter=self.hostname,
            junk=_is_marked(message.raw),
            requiretls=given.requiretls,
            known=Known(message.raw),
            story=Story(
                What.RECEIVED,
                sender,
                id_,
                message_id=message.digest.message_id,
                size=len(message.raw),
                arrival=arrival(peer, envelope),
            ),
        )

    async def _parsed(self, raw: Octets) -> Incoming:
        if len(raw) <= INLINE:
            return incoming(raw)
        offload = self._context.offload
        return await offload.labour(lambda: taken_in(offload.engine, raw))


def _checked(tx: Session, address: str, hostname: str, size: int) -> tuple[str, Ending]:
    """What the directory knows the recipient by, and what would become of the message."""
    known = lookup.as_known(tx, address, hostname)
    return known, deliver.check(tx, known, size)


def _is_marked(raw: Octets) -> bool:
    """Whether it is junk by SpamAssassin's field, or by the one that rspamd's proxy writes."""
    said = headers.get(raw, b"x-spam-flag") or headers.get(raw, b"x-spam") or b""
    return said.strip().lower() == b"yes"


def _delivered(tx: Session, mail: Mail, recipients: Sequence[queue.Recipient]) -> list[Ending]:
    steps: list[Step] = []
    endings = deliver.deliver_all(tx, mail, recipients, utcnow(), steps)
    if mail.story is not None:
        record(tx, mail.story, steps)
    return endings
