"""One message over one connection, and what the host's answers mean for each recipient.

A 4xx answer or a broken connection is Deferred, a 5xx answer to a command about the message is
Failed. A connection that breaks when the whole message has gone out and no answer has come is
Deferred too, although the host may have taken it: sending again may double, not sending may lose, and
RFC 1047 prefers the former. Such a recipient is not tried at another host in the same run.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from mailnode.proto.replies import Reply
from mailnode.proto.smtp_client_values import Message, Recipient, Result
from mailnode.queue.envelope import ClaimedRecipient, Ended, Envelope
from mailnode.queue.outcome import Deferred, Delivered, Ending, Failed, Way
from mailnode.queue.spool import destination_of
from mailnode.relay.connection import Connection

MAX_RECIPIENTS = 100  # of one transaction: every server takes so many (RFC 5321 §4.5.3.1.8)
OUR_WORDS = "4.4.2"  # the status of a reply that no server gave: the connection broke


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one conversation: who is done, and who may be tried at another host, with the reason."""

    ended: tuple[Ended, ...]
    left: tuple[tuple[ClaimedRecipient, Deferred], ...]


async def send(
    connection: Connection, envelope: Envelope, recipients: Sequence[ClaimedRecipient], content: bytes
) -> Sent:
    """Hand the message over in as many transactions as the recipients need. Never raises for the peer."""
    ended: list[Ended] = []
    left: list[tuple[ClaimedRecipient, Deferred]] = []
    most = min(connection.features.most_recipients or MAX_RECIPIENTS, MAX_RECIPIENTS)
    for start in range(0, len(recipients), most):
        some = recipients[start : start + most]
        if not connection.usable:
            lost = Deferred("4.4.2", "The connection was lost", connection.host.name, connection.way)
            left += [(one, lost) for one in some]
            continue
        results = await connection.send(message_for(envelope, some, content))
        for recipient, result in zip(some, results, strict=True):
            outcome = outcome_of(result, connection.way, reports=connection.features.dsn)
            if isinstance(outcome, Deferred) and result.stage != "content":
                left.append((recipient, outcome))
            else:
                ended.append(Ended(recipient, outcome))
    return Sent(tuple(ended), tuple(left))


def message_for(envelope: Envelope, recipients: Sequence[ClaimedRecipient], content: bytes) -> Message:
    """The transaction's message; the content is `sendable`. SMTPUTF8 only where it is needed (RFC 6531 §3.2)."""
    sender, *addresses = map(_on_the_wire, [envelope.sender, *(recipient.address for recipient in recipients)])
    wide = not all(address.isascii() for address in (sender, *addresses))
    if envelope.smtputf8 and not wide:
        wide = not content.partition(b"\r\n\r\n")[0].isascii()
    return Message(
        sender=sender,
        recipients=tuple(
            Recipient(address, one.notify, one.orcpt) for address, one in zip(addresses, recipients, strict=True)
        ),
        content=content,
        smtputf8=wide,
        eightbit=envelope.eightbit or wide or not content.isascii(),
        ret=envelope.ret,
        envid=envelope.envid,
        requiretls=envelope.requiretls,
        clean=True,
        by=envelope.deadline.left(int(time.time())) if envelope.deadline else None,
    )


def _on_the_wire(address: str) -> str:
    """With the domain's labels in ASCII, so that only a local part beyond ASCII needs SMTPUTF8."""
    if address.isascii():
        return address
    return f"{address.rpartition('@')[0]}@{destination_of(address)}"


def outcome_of(result: Result, way: Way, *, reports: bool = False) -> Ending:
    """What one recipient's answer means. ``reports``: the host speaks DSN (RFC 3461)."""
    reply, host = result.reply, way.host
    if result.delivered:
        return Delivered(status_of(reply), str(reply), host, reports, way)
    if reply.permanent:
        return Failed(status_of(reply), str(reply), host, way)
    if reply.status == OUR_WORDS:
        return Deferred(OUR_WORDS, f"{host}: {reply.text}", way=way)
    return Deferred(status_of(reply), str(reply), host, way)


def status_of(reply: Reply) -> str:
    """The reply's enhanced status; made from its code where it has none (RFC 3463 §2)."""
    kind = "5" if reply.permanent else "2" if reply.positive else "4"
    return reply.status if reply.status[:1] == kind else f"{kind}.0.0"
