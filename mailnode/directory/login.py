"""Logging in: one way for every door, with a name and a password (RFC 4616's authcid and passwd).

- Verification is off the event loop and bounded: so many at once as there are cores.
- A password that was right is remembered for some minutes under the user, the hash and a keyed
  digest of the password, in this process's memory only. A changed password is a changed hash, so the
  old one is forgotten at once; a disabled user is refused all the same, for the row is read each time.
- An unknown user costs the same time as a wrong password.
- Failures are throttled (see ``throttle``), and looked at again right before the verification, so
  that a burst of guesses at one moment gains nothing.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import utcnow
from mailnode.directory import passwords, throttle
from mailnode.directory.addresses import normal
from mailnode.directory.models import Domain, User
from mailnode.errors import BadAddress, BadCredentials, LoginThrottled, UserDisabled
from mailnode.offload import Offload

REMEMBERED_SECONDS = 300.0
REMEMBERED_MOST = 20_000
_log = log.get("login")


@dataclass(frozen=True, slots=True)
class LoggedIn:
    user_id: int
    address: str
    display_name: str
    administrator: bool
    language: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What one read tells about a log-in before the password is looked at."""

    who: throttle.Keys
    failed_before: bool
    disabled: bool
    hash: str | None
    user: LoggedIn | None


class Remembered:
    """Passwords that were right a short time ago. Safe for threads."""

    def __init__(self, seconds: float = REMEMBERED_SECONDS, most: int = REMEMBERED_MOST) -> None:
        self._secret = secrets.token_bytes(32)
        self._seconds = seconds
        self._most = most
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    def key(self, user_id: int, hash_: str, password: str) -> bytes:
        digest = hashlib.blake2b(key=self._secret, digest_size=32)
        digest.update(b"%d\0%s\0" % (user_id, hash_.encode()))
        digest.update(passwords.prepare(password))
        return digest.digest()

    def knows(self, key: bytes) -> bool:
        with self._lock:
            return self._until.get(key, 0.0) > monotonic()

    def remember(self, key: bytes) -> None:
        with self._lock:
            self._until[key] = monotonic() + self._seconds
            self._until.move_to_end(key)
            while len(self._until) > self._most:
                self._until.popitem(last=False)


class Authenticator:
    """Lets people in. One for each process; ``at_once`` verifications run together."""

    def __init__(self, offload: Offload, *, at_once: int | None = None, clock: Callable[[], datetime] = utcnow) -> None:
        self._offload = offload
        self._clock = clock
        self._remembered = Remembered()
        self._pool = ThreadPoolExecutor(at_once or os.cpu_count() or 1, "password")

    async def check(self, name: str, password: str, peer: str) -> LoggedIn:
        """Who this is. Raises BadCredentials, LoginThrottled or UserDisabled.

        ``name`` is an address in any spelling; ``peer`` is the client's IP address.
        """
        found = await self._offload.read(lambda tx: _candidate(tx, name, peer))
        if not self._remembers(found, password):
            await self._offload.run_on(self._pool, lambda: self._examine(found, password))
        return _admitted(found)

    def check_now(self, name: str, password: str, peer: str) -> LoggedIn:
        """`check` for a thread that may block."""
        found = self._offload.read_now(lambda tx: _candidate(tx, name, peer))
        if not self._remembers(found, password):
            self._pool.submit(self._examine, found, password).result()
        return _admitted(found)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _remembers(self, found: _Candidate, password: str) -> bool:
        """Right a short time ago: no verification, and no throttling of someone who has the password."""
        return found.user is not None and self._remembered.knows(self._key(found, password))

    def _key(self, found: _Candidate, password: str) -> bytes:
        assert found.user is not None
        assert found.hash is not None
        return self._remembered.key(found.user.user_id, found.hash, password)

    def _examine(self, found: _Candidate, password: str) -> None:
        """On a thread of the pool, until the failure is counted. Raises BadCredentials, LoginThrottled."""
        offload, who = self._offload, found.who
        if offload.read_now(lambda tx: throttle.is_blocked(tx, who, self._clock())):
            _log.warning("login throttled", user=who.name, peer=who.peer)
            raise LoginThrottled
        if not passwords.verify(found.hash, password):
            offload.write_now(lambda tx: throttle.failed(tx, who, self._clock()))
            _log.warning("login failed", user=who.name, peer=who.peer)
            raise BadCredentials
        assert found.hash is not None
        if found.failed_before:
            offload.write_now(lambda tx: throttle.succeeded(tx, who))
        if passwords.is_outdated(found.hash):
            renewed = passwords.hashed(password)
            offload.write_now(lambda tx: _renew(tx, found, renewed))
        self._remembered.remember(self._key(found, password))


def _candidate(tx: Session, name: str, peer: str) -> _Candidate:
    try:
        name = normal(name)
    except BadAddress:
        pass  # nobody's name; compared and throttled all the same
    who = throttle.keys(name, peer)
    failed_before = throttle.has_failures(tx, who)
    row = tx.execute(select(User, Domain.enabled).join(Domain).where(User.address == who.name)).first()
    if row is None:
        return _Candidate(who, failed_before, False, None, None)
    user, enabled = row
    one = LoggedIn(user.id, user.address, user.display_name, user.administrator, user.language)
    return _Candidate(who, failed_before, user.disabled or not enabled, user.password_hash, one)


def _admitted(found: _Candidate) -> LoggedIn:
    assert found.user is not None
    if found.disabled:
        raise UserDisabled
    return found.user


def _renew(tx: Session, found: _Candidate, renewed: str) -> None:
    """Today's parameters for an old hash, unless the password was changed meanwhile."""
    assert found.user is not None
    same = (User.id == found.user.user_id, User.password_hash == found.hash)
    tx.execute(update(User).where(*same).values(password_hash=renewed))
