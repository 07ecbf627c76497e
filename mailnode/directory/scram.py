"""The SCRAM keys of users: what is kept beside the hash, and what strangers are shown.

- Whoever asks for the keys of a name that nobody has is shown a salt that is always the same for that name, as a
  user's would be. Users whose password came here without keys get that very salt at their next plain login, so that
  this shows nothing either.
- The iterations cost about what the argon2id hash beside the keys costs: whoever has stolen the database tries
  passwords against the cheaper of the two. The client pays them at each login, the server once for each password.
- SCRAM is offered once everybody who may log in has keys. Programs take the strongest that is offered and try
  nothing else, so that offering it earlier would lock those out whose keys are still missing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as random
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from time import monotonic

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.directory import secrets
from mailnode.directory.models import User
from mailnode.errors import ProtocolError
from mailnode.offload import Offload
from mailnode.proto import sasl_scram
from mailnode.proto.sasl import ScramKeys
from mailnode.proto.sasl_prep import saslprep

ITERATIONS = 50_000  # RFC 7677 §4: at least 4096, and 0.1 s of a modern machine at best
SALT = 16  # octets
SECRET = "scram"  # noqa: S105  the name of one
LOOK_SECONDS = 60.0
_log = log.get("login")


def prepare(password: str) -> bytes:
    """What clients compute with: SASLprep (RFC 5802 §5.1), or the text as it is where that refuses it."""
    try:
        return saslprep(password).encode()
    except ProtocolError:
        return password.encode("utf-8", "surrogatepass")


def keys_of(password: str, salt: bytes | None = None) -> str:
    """The keys of a password, written down; takes about 25 ms."""
    return sasl_scram.written(sasl_scram.derived(prepare(password), salt or random.token_bytes(SALT), ITERATIONS))


class Strangers:
    """Keys of names that nobody has. Safe for threads; the secret is read at the first use."""

    def __init__(self, offload: Offload) -> None:
        self._offload = offload
        self._secret = b""

    def keys(self, name: str) -> ScramKeys:
        """The same for a name for ever; no proof fits them. Blocks at the first use."""
        return ScramKeys(self.salt(name), ITERATIONS, self._digest("stored", name), self._digest("server", name))

    def salt(self, name: str) -> bytes:
        return self._digest("salt", name)[:SALT]

    def _digest(self, what: str, name: str) -> bytes:
        if not self._secret:
            self._secret = self._offload.write_now(lambda tx: secrets.secret(tx, SECRET)).encode()
        return hmac.digest(self._secret, f"{what}\0{name}".encode("utf-8", "surrogatepass"), hashlib.sha256)


class Readiness:
    """Whether SCRAM is offered; looked up again from time to time, off the caller's thread."""

    def __init__(self, offload: Offload, pool: Executor, clock: Callable[[], float] = monotonic) -> None:
        self._offload = offload
        self._pool = pool
        self._clock = clock
        self._lock = threading.Lock()
        self._ready: bool | None = None
        self._again = 0.0

    def __bool__(self) -> bool:
        if self._ready is None:
            self._look()
        with self._lock:
            due = self._clock() >= self._again
            if due:
                self._again = self._clock() + LOOK_SECONDS
        if due:
            self._pool.submit(self._look)
        return bool(self._ready)

    def _look(self) -> None:
        self._again = self._clock() + LOOK_SECONDS
        try:
            self._ready = self._offload.read_now(everybody_has_keys)
        except Exception:  # the last answer holds
            _log.exception("readiness not read")


_WITHOUT = (User.scram_keys.is_(None), ~User.disabled)


def everybody_has_keys(tx: Session) -> bool:
    """True where no user who may log in lacks keys."""
    return tx.execute(select(User.id).where(*_WITHOUT).limit(1)).first() is None


def number_without_keys(tx: Session) -> int:
    """How many users may log in and lack keys."""
    return tx.scalar(select(func.count()).select_from(User).where(*_WITHOUT)) or 0
