"""The queue manager of one process.

It claims what is due in batches, gives mail for elsewhere to the relay and mail for here to delivery,
and records the ends in batches. Several may run, on several machines: leases keep them apart. It
renews the leases of what it has in hand; when it dies, the next one takes over at once on this
machine, and after `LEASE` seconds anywhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.context import Context
from mailnode.database import utcnow
from mailnode.delivery.deliver import Mail, is_flagged
from mailnode.dispatch import settle
from mailnode.dispatch.answered import Answered
from mailnode.dispatch.content import Contents
from mailnode.dispatch.dmarc_reporting import PAUSE as REPORTS_PAUSE
from mailnode.dispatch.dmarc_reporting import DmarcReporting
from mailnode.dispatch.owner import Owner
from mailnode.dispatch.rest import Rest
from mailnode.dispatch.rotation import PAUSE as ROTATION_PAUSE
from mailnode.dispatch.rotation import Rotation
from mailnode.queue import destinations, spool, stopping
from mailnode.queue.busy import NOTHING
from mailnode.queue.destinations import Destination
from mailnode.queue.envelope import Claim, Ended, Envelope
from mailnode.queue.outcome import Deferred, Delivered, Failed, said
from mailnode.queue.report import Reporter
from mailnode.queue.spool import in_time
from mailnode.relay.connection import Manner
from mailnode.relay.lane import Means
from mailnode.relay.relay import Relay
from mailnode.relay.upkeep import PAUSE, Upkeep
from mailnode.store import bodies
from mailnode.store.incoming import incoming

LEASE = 120  # seconds; renewed three times as often
GATHER = 0.04  # seconds between claims, and between recordings of ends, so that a busy queue works in batches
BATCH = 400  # recipients of one claim
IN_HAND = 4000  # recipients at once
OF_ONE_DESTINATION = 1000  # of these
HERE_AT_ONCE = 4  # deliveries into mailboxes of this system
DRAIN_SECONDS = 7.0
WARN_SECONDS, SWEEP_SECONDS, WRITE_SECONDS, RECALL_SECONDS = 30.0, 600.0, 5.0, 2.0

_log = log.get("dispatch")


async def run(context: Context, stop: asyncio.Event) -> None:
    """Work until ``stop``, then finish what is under way and let go of the rest."""
    owner = Owner(context.settings.data_dir)
    answered = Answered(context.settings.data_dir) if owner.lone else None
    try:
        await Runner(context, owner, answered).run(stop)
    finally:
        if answered is not None:
            answered.close()
        owner.close()


class Runner:
    """See the head of the file."""

    def __init__(self, context: Context, owner: Owner, answered: Answered | None) -> None:
        settings = context.settings
        self._answered = answered
        self._offload = context.offload
        self._owner = owner
        self._hostname = settings.hostname
        self._contents = Contents(context.offload, settings.hostname, feedback=settings.feedback_fields)
        self._rotation = Rotation(context.offload, context.resolver, settings.dkim_rotation_days, settings.hostname)
        self._reporting = DmarcReporting(settings.hostname, context.offload, context.resolver)
        self._sends_reports = settings.dmarc_reports_send
        self._upkeep = Upkeep(settings, context.offload, context.resolver)
        manner = Manner(settings.hostname)
        means = Means(self._upkeep.router, manner, self._contents.load, self._take_ended, tally=self._upkeep.tally)
        self._relay = Relay(means)
        self._in_hand: dict[int, Envelope] = {}  # by recipient
        self._flows = False  # the last claim found something, so the next one may
        self._written: list[Destination] = []
        self._ended: list[Ended] = []
        self._unnoted: list[int] = []
        self._something_ended = asyncio.Event()
        self._rest = Rest(context.offload.engine)
        self._recording = asyncio.Lock()  # who holds it is not cancelled
        self._here = asyncio.Semaphore(HERE_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        if self._answered is not None:
            await self._first(partial(self._take_over, self._answered), stop)
        await self._first(self._contents.prepare, stop)
        await self._first(self._upkeep.round, stop)
        loops = [
            asyncio.create_task(self._for_ever(self._claim_some, 0)),
            asyncio.create_task(self._for_ever(self._renew, LEASE / 3)),
            asyncio.create_task(self._for_ever(self._warn, WARN_SECONDS)),
            asyncio.create_task(self._for_ever(self._sweep, SWEEP_SECONDS)),
            asyncio.create_task(self._for_ever(self._upkeep.round, PAUSE)),
            asyncio.create_task(self._for_ever(self._rotation.round, ROTATION_PAUSE)),
            asyncio.create_task(self._for_ever(self._write_destinations, WRITE_SECONDS)),
            asyncio.create_task(self._for_ever(self._recall, RECALL_SECONDS)),
        ]
        if self._sends_reports:
            loops.append(asyncio.create_task(self._for_ever(lambda: self._reporting.round(utcnow()), REPORTS_PAUSE)))
        settling = asyncio.create_task(self._for_ever(self._settle_some, 0))
        await stop.wait()
        for task in loops:
            task.cancel()
        await asyncio.wait(loops)
        await self._drain()
        async with self._recording:
            settling.cancel()
        await asyncio.wait([settling])
        await self._settle()
        await self._upkeep.close()
        self._rest.close()
        await self._offload.write(lambda tx: spool.take_over(tx, self._owner.name, utcnow()))

    async def _first(self, work: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
        """Nothing else before this has succeeded; a disk that is full now may be emptied."""
        while not stop.is_set():
            try:
                await work()
            except Exception:
                _log.exception("dispatch failed")
                await asyncio.sleep(1.0)
            else:
                return

    async def _take_over(self, answered: Answered) -> None:
        """The process that had this name before is dead: end what it has sent, and free the rest."""
        sent = answered.left()
        freed = await self._offload.write(partial(settle.take_over, owner=self._owner.name, sent=sent, now=utcnow()))
        answered.recorded()
        if sent or freed:
            _log.info("taking over", sent=len(sent), left=freed)

    async def _drain(self) -> None:
        waits = [asyncio.create_task(self._relay.close(DRAIN_SECONDS)), *self._tasks]
        await asyncio.wait(waits, timeout=DRAIN_SECONDS)

    async def _for_ever(self, work: Callable[[], Awaitable[None]], pause: float) -> None:
        """Repeat; what goes wrong is logged and tried again, because mail must move on."""
        while True:
            try:
                await work()
            except Exception:
                _log.exception("dispatch failed")
                await asyncio.sleep(1.0)
            await asyncio.sleep(pause)

    def _reporter(self) -> Reporter:
        return Reporter(self._hostname, utcnow())

    # Claiming.

    async def _claim_some(self) -> None:
        room = min(IN_HAND - len(self._in_hand), BATCH)
        busy = self._relay.busy(OF_ONE_DESTINATION)
        flows = self._flows and busy == NOTHING
        if room < BATCH / 4 or not (flows or await self._offload.read(lambda tx: spool.due(tx, utcnow(), busy))):
            await self._rest.rest()
            return
        step = partial(
            settle.claim,
            owner=self._owner.name,
            now=utcnow(),
            limit=room,
            lease=LEASE,
            busy=busy,
        )
        claimed = await self._offload.write(step)
        for claim in filter(None, map(self._take_in_hand, claimed.elsewhere)):
            self._relay.send(claim)
        for claim in filter(None, map(self._take_in_hand, claimed.here)):
            task = asyncio.create_task(self._deliver_here(claim))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._flows = bool(claimed.elsewhere or claimed.here)
        await (_tick() if self._flows else self._rest.rest())

    def _take_in_hand(self, claim: Claim) -> Claim | None:
        """Without those that are in hand already: this process stood still until its own lease ran out."""
        new = tuple(recipient for recipient in claim.recipients if recipient.id not in self._in_hand)
        self._in_hand.update((recipient.id, claim.envelope) for recipient in new)
        if len(new) == len(claim.recipients):
            return claim
        return replace(claim, recipients=new) if new else None

    async def _renew(self) -> None:
        ids = list(self._in_hand)
        if ids:
            await self._offload.write(lambda tx: spool.renew(tx, self._owner.name, ids, utcnow(), LEASE))

    # Mail for mailboxes here.

    async def _deliver_here(self, claim: Claim) -> None:
        async with self._here:
            try:
                mail = await self._offload.read(partial(mail_of, claim.envelope))
                step = partial(
                    settle.deliver_here, owner=self._owner.name, reporter=self._reporter(), claim=claim, mail=mail
                )
                for ended in await self._offload.write(step):
                    _note(ended)
                self._forget(recipient.id for recipient in claim.recipients)
            except Exception:
                _log.exception("delivery failed", queue_id=claim.envelope.id)
                reason = Deferred("4.3.0", "Internal error")
                self._take_ended([Ended(recipient, reason) for recipient in claim.recipients])

    # Recording how it ended.

    def _take_ended(self, ended: Sequence[Ended]) -> None:
        if self._answered is not None and not self._unnoted:
            asyncio.get_running_loop().call_soon(self._note, self._answered)
        self._unnoted += [one.recipient.id for one in ended if isinstance(one.outcome, Delivered)]
        self._ended += ended
        self._something_ended.set()

    def _note(self, answered: Answered) -> None:
        """Once for all that came in together, before anything else is done."""
        answered.note(self._unnoted)
        self._unnoted.clear()

    async def _settle_some(self) -> None:
        await self._something_ended.wait()
        await _tick()
        async with self._recording:
            await self._settle()

    async def _settle(self) -> None:
        """Record everything that has ended by now: one step for the usual, one for each message to report on."""
        self._something_ended.clear()
        ended, self._ended = self._ended, []
        reporter = self._reporter()
        usual: list[Ended] = []
        reports: dict[int, list[Ended]] = {}
        for one in ended:
            final = in_time(one.recipient, one.outcome, reporter.now)
            told = settle.is_told(self._envelope(one), final)
            (reports.setdefault(one.recipient.message_id, []) if told else usual).append(final)
        steps = [self._report(reporter, some) for some in reports.values()]
        if usual:
            steps.append(self._record(reporter, usual))
        faults = [error for error in await asyncio.gather(*steps, return_exceptions=True) if error]
        if faults:
            # Nothing is forgotten: all of it is recorded again, and what was recorded is found to be.
            self._take_ended(ended)
            raise faults[0]
        self._forget(one.recipient.id for one in ended)
        for final in (*usual, *(one for some in reports.values() for one in some)):
            _note(final)
        if self._answered is not None:
            self._answered.recorded([one.recipient.id for one in self._ended])

    def _envelope(self, ended: Ended) -> Envelope:
        return self._in_hand[ended.recipient.id]

    async def _record(self, reporter: Reporter, ended: Sequence[Ended]) -> None:
        pairs = [(self._envelope(one), one) for one in ended]
        await self._offload.write(partial(settle.settle, owner=self._owner.name, ended=pairs, now=reporter.now))

    async def _report(self, reporter: Reporter, ended: Sequence[Ended]) -> None:
        envelope = self._envelope(ended[0])
        step = partial(
            settle.settle_and_report, owner=self._owner.name, reporter=reporter, envelope=envelope, ended=ended
        )
        try:
            await self._offload.write(step)
        except Exception:
            _log.exception("report failed", queue_id=envelope.id)
            await self._record(reporter, settle.without_report(ended))

    def _forget(self, recipient_ids: Iterable[int]) -> None:
        for recipient_id in recipient_ids:
            self._in_hand.pop(recipient_id, None)

    # Regular work.

    async def _warn(self) -> None:
        while await self._offload.write(lambda tx: settle.warn(tx, self._reporter())) == settle.WARNINGS:
            continue

    async def _recall(self) -> None:
        """What people have held or removed meanwhile does not go, as far as it has not begun."""
        waiting = self._relay.waiting()
        if not waiting:
            return
        taken = self._relay.recall(await self._offload.read(lambda tx: stopping.stopped(tx, waiting)))
        if taken:
            self._forget(taken)
            await self._offload.write(lambda tx: stopping.let_go(tx, self._owner.name, taken, utcnow()))

    async def _write_destinations(self) -> None:
        """What was learnt, where anything has changed."""
        found = self._relay.destinations()
        if found != self._written:
            await self._offload.write(
                partial(destinations.save, owner=self._owner.name, destinations=found, now=utcnow())
            )
            self._written = found

    async def _sweep(self) -> None:
        await self._offload.write(lambda tx: settle.sweep(tx, utcnow(), LEASE))


async def _tick() -> None:
    """Until the next moment at which a busy queue writes: one commit does for claims and for ends."""
    await asyncio.sleep(GATHER - asyncio.get_running_loop().time() % GATHER)


def mail_of(envelope: Envelope, tx: Session) -> Mail:
    """The message as delivery wants it, parsed outside of any writing transaction."""
    message = incoming(bodies.opened(tx, envelope.blob_id))
    body = "8BITMIME" if envelope.eightbit else "7BIT"
    return Mail(
        envelope.sender,
        message,
        envelope.envid,
        envelope.ret,
        envelope.smtputf8,
        body,
        junk=is_flagged(message),
        requiretls=envelope.requiretls,
        deadline=envelope.deadline,
        sign=envelope.sign,
        user_id=envelope.user_id,
    )


def _note(ended: Ended) -> None:
    """One line in the log for each end."""
    outcome, number, to = ended.outcome, ended.recipient.message_id, ended.recipient.address
    match outcome:
        case Delivered(way=None):
            _log.info("delivered", queue_id=number, to=to, reply=outcome.text)
        case Delivered():
            _log.info("sent", queue_id=number, to=to, host=outcome.remote, way=str(outcome.way), reply=outcome.text)
        case Deferred():
            _log.info("deferred", queue_id=number, to=to, status=outcome.status, reason=said(outcome))
        case Failed():
            _log.info("failed", queue_id=number, to=to, status=outcome.status, reason=said(outcome))
