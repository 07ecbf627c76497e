"""What the submission ports decide: log in first, send as yourself, and then to anybody.

RFC 6409 §4.3 (authentication), §6.1 (who may send as whom); RFC 4954 §6 (530); RFC 4865 (a message that
waits), RFC 2852 (one that must arrive in time).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.context import Context
from mailnode.database import utcnow
from mailnode.delivery import deliver
from mailnode.directory import lookup
from mailnode.directory.dialogue import Attempt
from mailnode.directory.lookup import RemoteDomain
from mailnode.errors import MailError
from mailnode.octets import Octets
from mailnode.outbound import admission
from mailnode.proto.parameters import MailParameters
from mailnode.proto.replies import Refused, Reply
from mailnode.queue.envelope import Deadline
from mailnode.queue.outcome import Delivered, Ending
from mailnode.smtpd import binary, login, stamp
from mailnode.smtpd.answers import answer_to, queue_recipients
from mailnode.smtpd.reception import Envelope, Peer, Recipient
from mailnode.smtpd.refusal import refusal
from mailnode.smtpd.refusals import Refusal, Refusals, arrival
from mailnode.store.incoming import staged
from mailnode.submission import accept
from mailnode.submission.accept import Submission

LONGEST_HOLD = 60 * 86_400  # seconds that a message may wait to leave
INLINE = 1 << 18  # a message up to this size is parsed at once, a larger one on another thread

_log = log.get("submission")
_LOG_IN = Reply(530, "5.7.0", "Log in first")
_SENDER_OK = Reply(250, "2.1.0", "Sender accepted")


class SubmissionReception:
    """The doors' decisions; one for all connections."""

    def __init__(self, context: Context, refusals: Refusals | None = None) -> None:
        self.hostname = context.settings.hostname
        self.banner = context.settings.smtpd_banner
        self._context = context
        self._settings = context.settings
        self._refusals = refusals or Refusals(context.offload)

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        return login.mechanisms(self._context, peer)

    async def on_connect(self, peer: Peer) -> Reply | None:
        return None

    async def on_login(self, peer: Peer, attempt: Attempt) -> Reply:
        return await login.log_in(self._context, peer, attempt)

    def greeting_delay(self, peer: Peer) -> float:
        return 0.0

    async def on_mail(self, peer: Peer, envelope: Envelope) -> Reply:
        user_id, sender = peer.user_id, envelope.reverse_path
        if user_id is None:
            return _LOG_IN
        if envelope.parameters.times:
            envelope.since = utcnow()
            _check_times(envelope.parameters, envelope.since)
        with self._told(peer, envelope):
            await self._context.offload.look(lambda tx: accept.check_sender(tx, user_id, sender))
        return _SENDER_OK

    async def on_rcpt(self, peer: Peer, envelope: Envelope, recipient: Recipient) -> Reply:
        address, size = str(recipient.address), envelope.parameters.size or 0
        user_id = peer.user_id or 0
        ending = await self._context.offload.look(lambda tx: _ending_of(tx, user_id, address, size))
        reply = answer_to(ending, status="2.1.5", text="Recipient accepted")
        if not reply.positive:
            self._refusals.add(Refusal.of(peer, envelope, address, reply, "delivery"))
        return reply

    async def on_data(self, peer: Peer, envelope: Envelope) -> Reply | None:
        return None

    def on_fault(self, peer: Peer, envelope: Envelope, reply: Reply, fault: str) -> None:
        if peer.user_id is not None:  # who has not logged in names whom he likes
            self._refusals.add(Refusal.of(peer, envelope, "", reply, fault))

    async def on_message(self, peer: Peer, envelope: Envelope, content: Octets) -> Reply:
        id_ = stamp.new_id()
        with self._told(peer, envelope, id_):
            await self._take(peer, envelope, content, id_)
        return Reply(250, "2.0.0", f"Accepted as {id_}")

    async def _take(self, peer: Peer, envelope: Envelope, content: Octets, id_: str) -> None:
        offload = self._context.offload
        content = await binary.in_lines(offload, envelope, content)
        send_at = _release(envelope.parameters, envelope.since) if envelope.since else None
        if len(content) <= INLINE:
            submission = self._prepared(peer, envelope, content, id_)
        else:
            submission = await offload.labour(lambda: self._prepared(peer, envelope, content, id_))
        accepted = await offload.write(
            lambda tx: accept.hand_in(tx, submission, now=utcnow(), send_at=send_at),
            prepare=staged(offload.engine, submission.message),
        )
        _log.info(
            "message accepted",
            id=id_,
            peer=peer.address,
            user=peer.user,
            sender=submission.sender,
            recipients=len(submission.recipients),
            queue_id=accepted.queue_id,
            size=len(submission.message.raw),
        )

    @contextmanager
    def _told(self, peer: Peer, envelope: Envelope, id_: str = "") -> Iterator[None]:
        """What the rules say no to is told to the history as well."""
        try:
            yield
        except MailError as error:
            self._refusals.add(Refusal.of(peer, envelope, "", refusal(error), error.kind, trace=id_))
            raise

    def _prepared(self, peer: Peer, envelope: Envelope, content: Octets, id_: str) -> Submission:
        assert peer.user_id is not None
        now = utcnow()
        return accept.prepare(
            self._settings,
            user_id=peer.user_id,
            sender=envelope.reverse_path,
            recipients=queue_recipients(envelope.recipients),
            raw=content,
            now=now,
            received=stamp.received(peer, envelope, by=self.hostname, id=id_, when=now),
            envid=envelope.parameters.envid,
            ret=envelope.parameters.ret,
            smtputf8=envelope.parameters.smtputf8,
            requiretls=envelope.parameters.requiretls,
            deadline=_deadline(envelope),
            engine=self._context.offload.engine,
            id=id_,
            arrival=arrival(peer, envelope),
        )


def _release(given: MailParameters, since: datetime) -> datetime | None:
    """When the message may leave; None: at once."""
    return given.hold_until or (since + timedelta(seconds=given.hold_for) if given.hold_for else None)


def _check_times(given: MailParameters, since: datetime) -> None:
    """Raises Refused for a wait that is too long, and for a message that would be late before it leaves."""
    release = _release(given, since) or since
    if release > since + timedelta(seconds=LONGEST_HOLD):
        raise Refused(501, "5.5.4", f"A message waits for at most {LONGEST_HOLD} seconds here")  # RFC 4865 §4
    if given.by is not None and given.by.mode == "R" and since + timedelta(seconds=given.by.seconds) <= release:
        raise Refused(501, "5.5.4", "The message would be given back before it may leave")


def _deadline(envelope: Envelope) -> Deadline | None:
    """By when it must have arrived, counted from MAIL (RFC 2852 §4)."""
    by = envelope.parameters.by
    if by is None or envelope.since is None:
        return None
    return Deadline(int(envelope.since.timestamp()) + by.seconds, by.mode, by.trace)


def _ending_of(tx: Session, user_id: int, address: str, size: int) -> Ending:
    """What would become of a message to this recipient; elsewhere the queue finds out.

    Raises Suppressed, so that the message still goes to the others.
    """
    found = lookup.resolve(tx, address)
    if not isinstance(found, RemoteDomain):
        return deliver.check_found(tx, found, size)
    admission.check_recipient(tx, user_id, address, utcnow())
    return Delivered()
