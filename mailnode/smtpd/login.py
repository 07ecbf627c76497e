"""Who may log in at an SMTP door, and the login itself.

RFC 4954 §4, §6: 235 for success, 535 for a wrong password, 454 where a later try may succeed. No
mechanism is offered before TLS, unless the setting says that the loopback interface needs none.
"""

from __future__ import annotations

from mailnode import log
from mailnode.context import Context
from mailnode.directory import dialogue
from mailnode.directory.dialogue import Attempt
from mailnode.errors import MailError
from mailnode.proto.replies import Reply
from mailnode.smtpd.reception import Peer
from mailnode.smtpd.refusal import refusal

_log = log.get("smtpd")


def mechanisms(context: Context, peer: Peer) -> tuple[str, ...]:
    """The mechanisms that this peer may use now."""
    return dialogue.offered(context.settings, context.authenticator, peer.address, tls=bool(peer.tls))


async def log_in(context: Context, peer: Peer, attempt: Attempt) -> Reply:
    """Play the dialogue; a positive answer has set the peer's user. Raises ProtocolError, and what the client's end
    raises."""
    try:
        found = await dialogue.log_in(context.authenticator, attempt)
    except MailError as error:
        _log.info("login refused", peer=peer.address, why=error.kind)
        reply = refusal(error)
        return Reply(454, reply.status, reply.text) if reply.temporary else reply
    peer.user_id, peer.user = found.user_id, found.address
    mechanism = attempt.mechanism.upper()
    _log.info("logged in", peer=peer.address, user=found.address, mechanism=mechanism, tls=bool(peer.tls))
    return Reply(235, "2.7.0", "Welcome")
