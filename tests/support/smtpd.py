"""An SMTP session server on loopback with a Reception that takes everything and remembers it.

It runs in a thread with an event loop of its own, so that tests may speak to it over plain sockets.
"""

from __future__ import annotations

import asyncio
import datetime
import ssl
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailnode.directory import dialogue
from mailnode.directory.dialogue import Attempt
from mailnode.directory.login import LoggedIn
from mailnode.errors import BadCredentials, ProtocolError
from mailnode.octets import Octets
from mailnode.proto.replies import Reply
from mailnode.proto.sasl import Proven, ScramKeys
from mailnode.room import MEMORY, Room
from mailnode.settings import Listen, Networks
from mailnode.smtpd.reception import Envelope, Limits, Peer, Recipient
from mailnode.smtpd.serve import open_door
from mailnode.smtpd.stamp import protocol_name
from mailnode.streams import Door

T = TypeVar("T")


class Passwords:
    """A keeper of users who all have the password ``secret``, and nothing else to log in with."""

    scram_ready = False

    async def check(self, name: str, password: str, peer: str) -> LoggedIn:
        if name.startswith("bug@"):
            raise RuntimeError(f"password {password} leaked")
        if password != "secret":
            raise BadCredentials
        return LoggedIn(1, name, "", False, "")

    async def check_token(self, name: str, token: str, peer: str) -> LoggedIn:
        raise BadCredentials

    async def keys(self, name: str) -> ScramKeys:
        raise BadCredentials

    async def prove(self, proof: Proven, peer: str) -> LoggedIn:
        raise BadCredentials


class Recorder:
    """A Reception for tests. ``bug@…`` as sender, recipient or login is a bug of ours."""

    hostname = "mx.example"
    banner = "ESMTP test"

    def __init__(self) -> None:
        self.contents: list[bytes] = []
        self.faults: list[str] = []
        self.envelopes: list[Envelope] = []
        self.refuse_early = True
        self.delay = 0.0
        self.offers_login = True
        self.faulty = ""  # the one of our decisions that is a bug of ours

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        return ("PLAIN", "LOGIN") if peer.tls and self.offers_login else ()

    def _stumble(self, decision: str) -> None:
        if self.faulty == decision:
            raise RuntimeError("secret detail")

    async def on_connect(self, peer: Peer) -> Reply | None:
        self._stumble("on_connect")
        return None

    def on_fault(self, peer: Peer, envelope: Envelope, reply: Reply, fault: str) -> None:
        self.faults.append(fault)

    def greeting_delay(self, peer: Peer) -> float:
        return self.delay

    async def on_login(self, peer: Peer, attempt: Attempt) -> Reply:
        try:
            found = await dialogue.log_in(Passwords(), attempt)
        except BadCredentials:
            return Reply(535, "5.7.8", "No")
        peer.user_id, peer.user = found.user_id, found.address
        return Reply(235, "2.7.0", f"Welcome {found.address}")

    async def on_mail(self, peer: Peer, envelope: Envelope) -> Reply:
        if envelope.sender is not None and envelope.sender.local == "bug":
            raise RuntimeError("secret detail")
        given = envelope.parameters
        facts = f"{envelope.sender or '<>'} body={given.body} ret={given.ret} envid={given.envid} auth={given.auth}"
        return Reply(250, "2.1.0", facts)

    async def on_rcpt(self, peer: Peer, envelope: Envelope, recipient: Recipient) -> Reply:
        if recipient.address.local == "bug":
            raise RuntimeError("secret detail")
        if recipient.address.local == "nobody":
            return Reply(550, "5.1.1", "No such user")
        if recipient.address.local == "tarpit":
            peer.delay = 3600.0
            return Reply(550, "5.1.1", "No such user")
        if recipient.address.local == "peer":
            return Reply(250, "2.1.5", f"{peer.name} [{peer.address}]:{peer.port}")
        if recipient.address.local == "rude":
            raise ProtocolError("That is not how it is done")
        given = recipient.parameters
        return Reply(250, "2.1.5", f"{recipient.address} notify={given.notify} orcpt={given.orcpt}")

    async def on_data(self, peer: Peer, envelope: Envelope) -> Reply | None:
        self._stumble("on_data")
        return Reply(503, "5.5.0", "Commands came too early") if peer.talked_early and self.refuse_early else None

    async def on_message(self, peer: Peer, envelope: Envelope, content: Octets) -> Reply:
        self._stumble("on_message")
        if content.find(b"slow") >= 0:
            await asyncio.sleep(0.5)
        self.contents.append(content[:])
        self.envelopes.append(envelope)
        return Reply(250, "2.0.0", f"{len(content)} octets by {protocol_name(peer)}")


class SmtpdThread:
    """The server; ``with SmtpdThread(Limits()) as server: server.port``."""

    def __init__(
        self,
        limits: Limits,
        context: ssl.SSLContext | None = None,
        *,
        tls_first: bool = False,
        room: Room | None = None,
        trusted: Networks = (),
        proxies: Networks = (),
    ) -> None:
        self.recorder = Recorder()
        self.room = room or Room(MEMORY)
        self._limits = limits
        self._context = context
        self._tls_first = tls_first
        self._trusted = trusted
        self._proxies = proxies
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._door: Door | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it in the server's loop and wait."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(90)

    def __enter__(self) -> SmtpdThread:
        self._thread.start()
        opening = open_door(
            self.recorder,
            self._limits,
            [Listen("127.0.0.1", 0)],
            context=self._context,
            room=self.room,
            tls_first=self._tls_first,
            trusted=self._trusted,
            proxies=self._proxies,
        )
        self._door = self.run(opening)
        self.port = self._door.addresses[0].port
        return self

    @property
    def door(self) -> Door:
        assert self._door is not None
        return self._door

    async def _close(self) -> None:
        self.door.close()
        await asyncio.wait_for(self.door.wait_closed(), 60)

    def drain(self) -> None:
        self._loop.call_soon_threadsafe(self.door.close)

    def __exit__(self, *_error: object) -> None:
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)


def certificate(folder: Path) -> ssl.SSLContext:
    """A server-side context with a certificate made on the spot."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    path = folder / "tls.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
