"""Logging in: one way for every door, with a name and a password, a proof or a token.

- Verification is off the event loop and bounded: so many at once as there are cores.
- A password that was right is remembered for some minutes under the user, the hash and a keyed
  digest of the password, in this process's memory only. A changed password is a changed hash, so the
  old one is forgotten at once; a disabled user is refused all the same, for the row is read each time.
- An unknown user costs the same time as a wrong password.
- A proof (SCRAM) is compared in the dialogue; here is said whether its user is let in. A token (`bearer`) is
  guessed by nobody, so a wrong one counts for its peer alone: a program with an old token must not lock its user out.
- Failures are throttled (see ``throttle``), and looked at again right before the verification, so
  that a burst of guesses at one moment gains nothing.

RFC 4616 (authcid and passwd), RFC 5802 (proofs), RFC 6750 (tokens).
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

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import utcnow
from mailnode.directory import bearer, passwords, scram, throttle
from mailnode.directory import secrets as secrets_of
from mailnode.directory.addresses import spelling
from mailnode.directory.models import Domain, User
from mailnode.errors import BadCredentials, LoginThrottled, UserDisabled
from mailnode.offload import Offload
from mailnode.prepared import Prepared
from mailnode.proto import sasl_scram
from mailnode.proto.sasl import Proven, ScramKeys

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
    disabled: bool
    hash: str | None
    scram_keys: str | None
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
        self._strangers = scram.Strangers(offload)
        self._readiness = scram.Readiness(offload, self._pool)
        self._token_key = ""

    async def check(self, name: str, password: str, peer: str) -> LoggedIn:
        """Who this is. Raises BadCredentials, LoginThrottled or UserDisabled.

        ``name`` is an address in any spelling; ``peer`` is the client's IP address.
        """
        found = await self._offload.look(lambda tx: _candidate(tx, name, peer))
        if not self._remembers(found, password):
            await self._offload.run_on(self._pool, lambda: self._examine(found, password))
        return _admitted(found)

    def check_now(self, name: str, password: str, peer: str) -> LoggedIn:
        """`check` for a thread that may block."""
        found = self._offload.read_now(lambda tx: _candidate(tx, name, peer))
        if not self._remembers(found, password):
            self._pool.submit(self._examine, found, password).result()
        return _admitted(found)

    @property
    def scram_ready(self) -> bool:
        """True where everybody who may log in can do so by SCRAM."""
        return bool(self._readiness)

    async def keys(self, name: str) -> ScramKeys:
        """What SCRAM compares with; of somebody who is not here, keys that look like any others."""
        return await self._offload.run_on(self._pool, lambda: self._keys_of(name))

    async def prove(self, proof: Proven, peer: str) -> LoggedIn:
        """Who has shown this proof. Raises BadCredentials, LoginThrottled, UserDisabled."""
        found = await self._offload.read(lambda tx: _candidate(tx, proof.name, peer))
        right = proof.right and found.scram_keys == sasl_scram.written(proof.keys)  # it may have changed meanwhile
        await self._offload.run_on(self._pool, lambda: self._judge(found.who, right))
        return _admitted(found)

    async def check_token(self, name: str, token: str, peer: str) -> LoggedIn:
        """Whose access token of the API this is; ``name`` may be empty.

        Raises BadCredentials, TokenExpired, LoginThrottled, UserDisabled.
        """
        return await self._offload.run_on(self._pool, lambda: self._check_token(name, token, peer))

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
        self._require_patience(found.who)
        self._settle(found.who, passwords.verify(found.hash, password))
        assert found.hash is not None
        if passwords.is_outdated(found.hash) or found.scram_keys is None:
            renewed = passwords.hashed(password) if passwords.is_outdated(found.hash) else found.hash
            keys = found.scram_keys or scram.keys_of(password, self._strangers.salt(found.who.name))
            self._offload.write_now(lambda tx: _renew(tx, found, renewed, keys))
        self._remembered.remember(self._key(found, password))

    def _judge(self, who: throttle.Keys, right: bool) -> None:
        """What is right is worth nothing while its user or peer is throttled. Raises BadCredentials, LoginThrottled."""
        self._require_patience(who)
        self._settle(who, right)

    def _require_patience(self, who: throttle.Keys) -> None:
        if self._offload.read_now(lambda tx: throttle.is_blocked(tx, who, self._clock())):
            _log.warning("login throttled", user=who.name, peer=who.peer)
            raise LoginThrottled

    def _settle(self, who: throttle.Keys, right: bool) -> None:
        """Count a failure, or note where the user is at home. Raises BadCredentials."""
        if not right:
            self._offload.write_now(lambda tx: throttle.failed(tx, who, self._clock()))
            _log.warning("login failed", user=who.name, peer=who.peer)
            raise BadCredentials
        if not self._offload.read_now(lambda tx: throttle.is_noted(tx, who, self._clock())):
            self._offload.write_now(lambda tx: throttle.succeeded(tx, who, self._clock()))

    def _keys_of(self, name: str) -> ScramKeys:
        found = self._offload.read_now(lambda tx: _candidate(tx, name, ""))
        stranger = self._strangers.keys(found.who.name)  # costs the same whoever it is
        return sasl_scram.read(found.scram_keys) if found.scram_keys else stranger

    def _check_token(self, name: str, token: str, peer: str) -> LoggedIn:
        peer_alone = throttle.keys("", peer)
        self._require_patience(peer_alone)
        try:
            session_id, user_id = bearer.session_of(token, self._key_of_tokens())
            found = self._offload.read_now(
                lambda tx: _described(bearer.user_of(tx, session_id, user_id, self._clock()))
            )
            if name and spelling(name) != found.address:
                raise BadCredentials
        except BadCredentials:
            self._settle(peer_alone, False)
            raise
        return found

    def _key_of_tokens(self) -> str:
        if not self._token_key:
            self._token_key = self._offload.write_now(lambda tx: secrets_of.secret(tx, bearer.TOKENS))
        return self._token_key


_by_address = Prepared(
    select(
        User.id,
        User.address,
        User.display_name,
        User.administrator,
        User.language,
        User.password_hash,
        User.scram_keys,
        User.disabled,
        Domain.enabled,
    )
    .join(Domain)
    .where(User.address == bindparam("address"))
)


def _candidate(tx: Session, name: str, peer: str) -> _Candidate:
    who = throttle.keys(spelling(name), peer)  # who is nobody is throttled all the same
    row = _by_address.run(tx.connection(), {"address": who.name}).fetchone()
    if row is None:
        return _Candidate(who, False, None, None, None)
    user_id, address, display_name, administrator, language, hash_, scram_keys, disabled, enabled = row
    user = LoggedIn(user_id, address, display_name, bool(administrator), language)
    return _Candidate(who, bool(disabled) or not enabled, hash_, scram_keys, user)


def _described(user: User) -> LoggedIn:
    return LoggedIn(user.id, user.address, user.display_name, user.administrator, user.language)


def _admitted(found: _Candidate) -> LoggedIn:
    assert found.user is not None
    if found.disabled:
        raise UserDisabled
    return found.user


def _renew(tx: Session, found: _Candidate, renewed: str, keys: str) -> None:
    """Today's parameters for an old hash and keys for SCRAM, unless the password was changed meanwhile."""
    assert found.user is not None
    same = (User.id == found.user.user_id, User.password_hash == found.hash)
    tx.execute(update(User).where(*same).values(password_hash=renewed, scram_keys=keys))
