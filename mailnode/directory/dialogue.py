"""One SASL dialogue from its beginning to a user who is let in, the same at every door.

The door says which mechanisms it offers (`offered`), how a challenge reaches the client and the answer comes back, and
translates the errors. Nobody acts as somebody else here: an authorization identity (RFC 4422 §3.4.1) is one's own
address or none.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from mailnode import channel_binding
from mailnode.directory.addresses import spelling
from mailnode.directory.login import LoggedIn
from mailnode.errors import ActsAsAnother, MailError, ProtocolError
from mailnode.peers import is_loopback
from mailnode.proto import sasl
from mailnode.proto.sasl import Binding, Challenge, Credentials, KeysWanted, Proven, ScramKeys, Step, Token
from mailnode.settings import Settings

Ask = Callable[[bytes], Awaitable[bytes]]
NONCE = 18  # octets of randomness


class Keeper(Protocol):
    """Who knows the users; `mailnode.directory.login.Authenticator` is the one."""

    @property
    def scram_ready(self) -> bool: ...

    async def check(self, name: str, password: str, peer: str) -> LoggedIn: ...

    async def check_token(self, name: str, token: str, peer: str) -> LoggedIn: ...

    async def keys(self, name: str) -> ScramKeys: ...

    async def prove(self, proof: Proven, peer: str) -> LoggedIn: ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a client asks for. ``ask(challenge)`` sends it and returns the answer, both before base64.

    ``initial`` is the response that came with the command, None for none; ``peer`` the client's IP address.
    """

    mechanism: str
    initial: bytes | None = field(repr=False)
    ask: Ask
    peer: str
    offered: Sequence[str]
    bindings: Sequence[Binding] = ()


def offered(settings: Settings, keeper: Keeper, peer: str, *, tls: bool) -> tuple[str, ...]:
    """The mechanisms for this client now; none where it must begin TLS first.

    SCRAM hides the password from a listener, but not the mail, and lets him try passwords at his leisure
    (RFC 5802 §9); so it needs TLS as the others do, unless the settings let the loopback through.
    """
    if not tls and not (settings.auth_without_tls == "loopback" and is_loopback(peer)):
        return ()
    names = sasl.MECHANISMS if keeper.scram_ready else tuple(one for one in sasl.MECHANISMS if one != sasl.SCRAM)
    plus = tls and keeper.scram_ready and channel_binding.available()
    return (*names, sasl.PLUS) if plus else names


async def log_in(keeper: Keeper, attempt: Attempt) -> LoggedIn:
    """Who this is. Raises ProtocolError, MailError, and what ``ask`` raises."""
    nonce = secrets.token_urlsafe(NONCE)
    mechanism = sasl.begin(attempt.mechanism, attempt.offered, nonce=nonce, bindings=attempt.bindings)
    step = mechanism.step(attempt.initial)
    while True:
        match step:
            case Challenge(data):
                step = mechanism.step(await attempt.ask(data))
            case KeysWanted(name, go_on):
                step = go_on(await keeper.keys(name))
            case _:
                return await _admitted(keeper, attempt, step)


async def _admitted(keeper: Keeper, attempt: Attempt, step: Step) -> LoggedIn:
    match step:
        case Credentials(name, password, acting_as):
            _require_oneself(name, acting_as)
            return await keeper.check(name, password, attempt.peer)
        case Proven(name=name, acting_as=acting_as, last=last):
            _require_oneself(name, acting_as)
            found = await keeper.prove(step, attempt.peer)
            await attempt.ask(last)
            return found
        case Token(name, token, refusal):
            try:
                return await keeper.check_token(name, token, attempt.peer)
            except MailError:
                with suppress(ProtocolError):  # whatever the client answers, it stays refused
                    await attempt.ask(refusal)
                raise
    raise AssertionError(step)


def _require_oneself(name: str, acting_as: str) -> None:
    """Raises ActsAsAnother."""
    if acting_as and spelling(acting_as) != spelling(name):
        raise ActsAsAnother
