"""What the submission ports decide: log in first, send as yourself, and then to anybody.

RFC 6409 §4.3 (authentication), §6.1 (who may send as whom); RFC 4954 §6 (530).
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.context import Context
from mailnode.database import utcnow
from mailnode.delivery import deliver
from mailnode.directory import lookup
from mailnode.directory.dialogue import Attempt
from mailnode.directory.lookup import RemoteDomain
from mailnode.octets import Octets
from mailnode.proto.replies import Reply
from mailnode.queue.outcome import Delivered, Ending
from mailnode.smtpd import login, stamp
from mailnode.smtpd.answers import answer_to, queue_recipients
from mailnode.smtpd.reception import Envelope, Peer, Recipient
from mailnode.store import messages
from mailnode.submission import accept
from mailnode.submission.accept import Submission

INLINE = 1 << 18  # a message up to this size is parsed at once, a larger one on another thread

_log = log.get("submission")
_LOG_IN = Reply(530, "5.7.0", "Log in first")
_SENDER_OK = Reply(250, "2.1.0", "Sender accepted")


class SubmissionReception:
    """The doors' decisions; one for all connections."""

    def __init__(self, context: Context) -> None:
        self.hostname = context.settings.hostname
        self.banner = context.settings.smtpd_banner
        self._context = context
        self._settings = context.settings

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        return login.mechanisms(self._context, peer)

    async def on_connect(self, peer: Peer) -> Reply | None:
        return None

    async def on_login(self, peer: Peer, attempt: Attempt) -> Reply:
        return await login.log_in(self._context, peer, attempt)

    async def on_mail(self, peer: Peer, envelope: Envelope) -> Reply:
        user_id, sender = peer.user_id, str(envelope.sender or "")
        if user_id is None:
            return _LOG_IN
        await self._context.offload.look(lambda tx: accept.check_sender(tx, user_id, sender))
        return _SENDER_OK

    async def on_rcpt(self, peer: Peer, envelope: Envelope, recipient: Recipient) -> Reply:
        address, size = str(recipient.address), envelope.parameters.size or 0
        ending = await self._context.offload.look(lambda tx: _ending_of(tx, address, size))
        return answer_to(ending, status="2.1.5", text="Recipient accepted")

    async def on_data(self, peer: Peer, envelope: Envelope) -> Reply | None:
        return None

    async def on_message(self, peer: Peer, envelope: Envelope, content: Octets) -> Reply:
        id_, offload = stamp.new_id(), self._context.offload
        if len(content) <= INLINE:
            submission = self._prepared(peer, envelope, content, id_)
        else:
            submission = await offload.labour(lambda: self._prepared(peer, envelope, content, id_))
        accepted = await offload.write(
            lambda tx: accept.hand_in(tx, submission, now=utcnow()),
            prepare=messages.staged(offload.engine, submission.message),
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
        return Reply(250, "2.0.0", f"Accepted as {id_}")

    def _prepared(self, peer: Peer, envelope: Envelope, content: Octets, id_: str) -> Submission:
        assert peer.user_id is not None
        now = utcnow()
        return accept.prepare(
            self._settings,
            user_id=peer.user_id,
            sender=str(envelope.sender or ""),
            recipients=queue_recipients(envelope.recipients),
            raw=content,
            now=now,
            received=stamp.received(peer, envelope, by=self.hostname, id=id_, when=now),
            envid=envelope.parameters.envid,
            ret=envelope.parameters.ret,
            smtputf8=envelope.parameters.smtputf8,
            engine=self._context.offload.engine,
        )


def _ending_of(tx: Session, address: str, size: int) -> Ending:
    """What would become of a message to this recipient; elsewhere the queue finds out."""
    found = lookup.resolve(tx, address)
    return Delivered() if isinstance(found, RemoteDomain) else deliver.check_found(tx, found, size)
