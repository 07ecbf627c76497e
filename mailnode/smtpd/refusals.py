"""Refusals for the history: gathered in memory, written together every second.

What is refused must cost less than what is taken. So a client that hammers one recipient becomes one row in each
second, and of those who try thousands of names only the first `MOST` are kept, and of those who never stop `LASTING`
in a second: the history lies on the disk for weeks. A process that is killed loses its last
second of refusals; nothing else depends on them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.directory import lookup
from mailnode.directory.lookup import LocalUser
from mailnode.errors import AliasLoop, UnknownUser
from mailnode.findings import Finding
from mailnode.history.details import NOBODY, Act, Arrival, Step, What
from mailnode.history.record import MAX_STEPS, MAX_TEXT, Story, record_many
from mailnode.offload import Offload
from mailnode.proto.replies import Reply
from mailnode.smtpd import stamp
from mailnode.smtpd.reception import Envelope, Peer

SECONDS = 1.0
MOST = 500  # rows of one second and process
LASTING, AT_FIRST = 10.0, 5_000.0  # rows of each second in the long run, and before that begins to count
BEHIND_ALIAS = 20  # users who are told what was refused for an alias of theirs

_log = log.get("history")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody was told no. ``recipients`` is empty where it was not about any. ``user_id``: whoever had logged in."""

    sender: str
    recipients: tuple[str, ...]
    rule: str
    status: str
    text: str
    user_id: int = 0
    arrival: Arrival = NOBODY
    findings: tuple[Finding, ...] = field(default=(), compare=False)
    message_id: str = field(default="", compare=False)
    trace: str = field(default="", compare=False)

    @classmethod
    def of(
        cls,
        peer: Peer,
        envelope: Envelope | None,
        recipient: str,
        reply: Reply,
        rule: str,
        *,
        findings: tuple[Finding, ...] = (),
        trace: str = "",
    ) -> Refusal:
        """``recipient`` "": all of the envelope's."""
        given = envelope.recipients if envelope else ()
        return cls(
            envelope.reverse_path if envelope else "",
            (recipient,) if recipient else tuple([one.address.text for one in given[:MAX_STEPS]]),
            rule,
            reply.status,
            reply.text[:MAX_TEXT],
            peer.user_id or 0,
            arrival(peer, envelope),
            findings,
            trace=trace,
        )


def arrival(peer: Peer, envelope: Envelope | None = None) -> Arrival:
    """Who brings something, for the history."""
    wide = envelope is not None and envelope.parameters.smtputf8
    with_ = stamp.protocol_name(peer, smtputf8=wide)
    return Arrival(peer.address, peer.name, peer.hello, peer.tls, with_, peer.user)


class Refusals:
    """One for a door. To be used in its event loop."""

    def __init__(self, offload: Offload) -> None:
        self._offload = offload
        self._waiting: dict[Refusal, int] = {}
        self._left_out = 0
        self._left = AT_FIRST
        self._counted_at = time.monotonic()
        self._writing: asyncio.Task[None] | None = None
        offload.on_close(self._write_last)

    def add(self, refusal: Refusal) -> None:
        """Keep it for the next batch."""
        if refusal in self._waiting:
            self._waiting[refusal] += 1
        elif len(self._waiting) < MOST and self._may_last():
            self._waiting[refusal] = 1
        else:
            self._left_out += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    def _may_last(self) -> bool:
        """Whether there is room for one more row among those that are kept in the long run."""
        now = time.monotonic()
        self._left = min(AT_FIRST, self._left + LASTING * (now - self._counted_at))
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    async def _write_soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(SECONDS)
            batch = self._taken()
            try:
                told = await self._offload.read(lambda tx, batch=batch: stories(tx, batch))  # type: ignore[misc]
                await self._offload.write(lambda tx, told=told: record_many(tx, told))  # type: ignore[misc]
            except Exception:
                _log.exception("refusals not kept", number=len(batch))

    def _write_last(self) -> None:
        batch = self._taken()
        if batch:
            told = self._offload.read_now(lambda tx: stories(tx, batch))
            self._offload.write_now(lambda tx: record_many(tx, told))

    def _taken(self) -> dict[Refusal, int]:
        batch, self._waiting = self._waiting, {}
        if self._left_out:
            _log.info("too many refusals to keep", number=self._left_out)
            self._left_out = 0
        return batch


def stories(tx: Session, batch: dict[Refusal, int]) -> list[tuple[Story, list[Step]]]:
    """The rows, with the users whom they are about."""
    known: dict[str, Sequence[tuple[int, str]]] = {}
    told: list[tuple[Story, list[Step]]] = []
    for one, times in batch.items():
        story = Story(
            What.REFUSED,
            one.sender,
            one.trace,
            user_id=one.user_id,
            message_id=one.message_id,
            arrival=one.arrival,
            findings=one.findings,
        )
        step = Step(Act.REFUSED, status=one.status, text=one.text, rule=one.rule, times=times)
        steps: list[Step] = []
        for recipient in one.recipients:
            if recipient not in known:
                known[recipient] = _users(tx, recipient)
            for user_id, target in known[recipient]:
                steps.append(step._replace(recipient=recipient, user_id=user_id, target=target))
        told.append((story, steps or [step]))
    return told


def _users(tx: Session, recipient: str) -> Sequence[tuple[int, str]]:
    """Whom the address leads to, with the address of each that is another one; (0, "") for nobody here."""
    found = lookup.resolve(tx, recipient)
    if isinstance(found, LocalUser):
        return [(found.user.id, "" if found.user.address == recipient.lower() else found.user.address)]
    try:
        users = lookup.expand(tx, recipient, enough=BEHIND_ALIAS).users
    except (UnknownUser, AliasLoop):
        users = ()
    return [(target.user_id, target.user.address) for target in users] or [(0, "")]
