"""The bytes that leave: a queued body, with DKIM signatures in front where we vouch for the author, and with our seal
where an alias forwards a stranger's message.

Claims that wait at the same moment are read in one step on a reader thread, so that neither reading
nor signing keeps the event loop from its connections. Only what has just been written, is small and is not signed is
read at once: it is in memory still, and takes less time than the way to a thread.

A message is signed for the domain of its From field, with every active key of that domain; what a stranger sent
through us is never signed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial

from sqlalchemy.orm import Session

from mailnode.directory import domains
from mailnode.directory.addresses import normal_domain
from mailnode.errors import BadDomainName, NoSuchDomain
from mailnode.message import addresses, headers
from mailnode.offload import Offload
from mailnode.outbound import feedback_id
from mailnode.proto.lines import sendable
from mailnode.queue.envelope import Claim, Envelope
from mailnode.senderauth import arc_forward, dkim_keys
from mailnode.senderauth.dkim_sign import Signer, sign
from mailnode.store import bodies
from mailnode.store.blobs import Damaged
from mailnode.store.blobs.segments import Segments
from mailnode.store.opening import blobs_in

BATCH = 16  # messages read in one step
AT_ONCE = 2  # steps at the same time
FRESH, LITTLE = 10, 128 * 1024  # seconds since it came in, and octets, of what is read at once
KEYS_FOR = 30.0  # seconds until a domain's keys are looked up again

read_key = lru_cache(maxsize=1000)(dkim_keys.read)


@dataclass(slots=True)
class Keys:
    """Signers by domain, looked up in the directory now and then. Shared by reader threads."""

    known: dict[str, tuple[float, tuple[Signer, ...]]] = field(default_factory=dict)

    def of(self, tx: Session, domain: str) -> tuple[Signer, ...]:
        until, signers = self.known.get(domain, (0.0, ()))
        if until < time.monotonic():
            signers = _signers(tx, domain)
            self.known[domain] = (time.monotonic() + KEYS_FOR, signers)
        return signers


def _signers(tx: Session, domain: str) -> tuple[Signer, ...]:
    try:
        keys = domains.dkim_keys_of(tx, domain)
    except NoSuchDomain:
        return ()
    return tuple(Signer(domain, key.selector, read_key(key.private_key)) for key in keys)


def signed(tx: Session, keys: Keys, raw: bytes, now: int, *, feedback: bytes = b"", recipient: str = "") -> bytes:
    """The message with our signatures in front; as it is where its author is not ours. With the key ``feedback`` its
    one ``recipient`` can complain of it."""
    domain = author_domain(raw)
    signers = keys.of(tx, domain) if domain else ()
    if not signers:
        return raw
    if feedback and recipient:
        raw = feedback_id.fields(feedback, raw, recipient, domain) + raw
    return sign(raw, signers, now) + raw


def sealed(tx: Session, keys: Keys, raw: bytes, envelope: Envelope, authserv_id: str, now: int) -> bytes:
    """With a seal of the alias' domain in front, by its RSA key, which every verifier reads; as it is without one."""
    signers = keys.of(tx, envelope.sealed_by)
    return arc_forward.sealed(raw, signers[0], authserv_id=authserv_id, now=now) if signers else raw


def author_domain(raw: bytes) -> str:
    """The domain of the first address in From, in its one spelling; "" where there is none."""
    found = addresses.addresses(headers.get(raw, b"from") or b"")
    try:
        return normal_domain(found[0].host) if found else ""
    except BadDomainName:
        return ""


def _only_one(claim: Claim) -> str:
    """The one recipient of this copy of a person's message; "" where there are several, or it is a report of ours."""
    return claim.recipients[0].address if claim.envelope.sender and len(claim.recipients) == 1 else ""


def _is_at_hand(envelope: Envelope, now: int) -> bool:
    as_it_is = not envelope.sign and not envelope.sealed_by
    return as_it_is and envelope.size <= LITTLE and now - envelope.created_at <= FRESH


class Contents:
    """``load`` gives what to send for a claim. Raises StoreDamaged, or what went wrong in reading.

    ``hostname`` is the name with which the door signs its results. ``feedback``: complaints can name their message,
    once `prepare` has been there."""

    def __init__(self, offload: Offload, hostname: str, *, feedback: bool = False) -> None:
        self._offload = offload
        self._hostname = hostname
        self._feedback = feedback
        self._feedback_key = b""
        self._keys = Keys()
        self._blobs = blobs_in(offload.engine)
        self._reads_quickly = isinstance(self._blobs, Segments)
        self._waiting: list[tuple[Claim, asyncio.Future[bytes]]] = []
        self._readers: set[asyncio.Task[None]] = set()

    async def prepare(self) -> None:
        """Once, before anything is loaded."""
        if self._feedback:
            self._feedback_key = await self._offload.write(feedback_id.key_of)

    async def load(self, claim: Claim) -> bytes:
        place = claim.envelope.place
        if self._reads_quickly and place is not None and _is_at_hand(claim.envelope, int(time.time())):
            with suppress(Damaged):  # its row says where it is by now
                return sendable(self._blobs.read(place))
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((claim, future))
        if len(self._readers) < AT_ONCE:
            task = asyncio.create_task(self._read())
            self._readers.add(task)
            task.add_done_callback(self._readers.discard)
        return await future

    async def _read(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            found: Sequence[bytes | Exception]
            try:
                found = await self._offload.read(partial(self._contents, [claim for claim, _ in batch]))
            except Exception as error:  # of the database, behind the last message: nobody may wait for ever
                found = [error] * len(batch)
            for (_, future), content in zip(batch, found, strict=True):
                if future.done():
                    continue
                if isinstance(content, bytes):
                    future.set_result(content)
                else:
                    future.set_exception(content)

    def _contents(self, claims: Sequence[Claim], tx: Session) -> list[bytes | Exception]:
        return [self._content(tx, claim) for claim in claims]

    def _content(self, tx: Session, claim: Claim) -> bytes | Exception:
        """One message, or why it cannot be read: the others of the step do not suffer for it."""
        try:
            raw, now = sendable(bodies.read(tx, claim.envelope.blob_id)), int(time.time())  # before it is signed
            if claim.envelope.sign:
                return signed(tx, self._keys, raw, now, feedback=self._feedback_key, recipient=_only_one(claim))
            if claim.envelope.sealed_by:
                return sealed(tx, self._keys, raw, claim.envelope, self._hostname, now)
            return raw
        except Exception as error:
            return error
