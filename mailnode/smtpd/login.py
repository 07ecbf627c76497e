"""Who may log in at an SMTP door, and the login itself.

RFC 4954 §4, §6: 235 for success, 535 for a wrong password, 454 where a later try may succeed. No
mechanism is offered before TLS, unless the setting says that the loopback interface needs none.
"""

from __future__ import annotations

from mailnode import log
from mailnode.context import Context
from mailnode.errors import MailError
from mailnode.peers import is_loopback
from mailnode.proto.replies import Reply
from mailnode.proto.sasl import MECHANISMS, Credentials
from mailnode.settings import Settings
from mailnode.smtpd.reception import Peer
from mailnode.smtpd.refusal import refusal

_log = log.get("smtpd")


def mechanisms(settings: Settings, peer: Peer) -> tuple[str, ...]:
    """The mechanisms that this peer may use now."""
    allowed = peer.tls or (settings.auth_without_tls == "loopback" and is_loopback(peer.address))
    return MECHANISMS if allowed else ()


async def log_in(context: Context, peer: Peer, credentials: Credentials) -> Reply:
    """Check the credentials; a positive answer has set the peer's user."""
    if credentials.acting_as.lower() not in ("", credentials.name.lower()):
        return Reply(535, "5.7.8", "Nobody can act as somebody else here")  # RFC 4616 §2
    try:
        found = await context.authenticator.check(credentials.name, credentials.password, peer.address)
    except MailError as error:
        _log.info("login refused", peer=peer.address, why=error.kind)
        reply = refusal(error)
        return Reply(454, reply.status, reply.text) if reply.temporary else reply
    peer.user_id, peer.user = found.user_id, found.address
    _log.info("logged in", peer=peer.address, user=found.address)
    return Reply(235, "2.7.0", "Welcome")
