"""STARTTLS, LOGIN, AUTHENTICATE, ENABLE: from a stranger to a user (RFC 9051 §6.2).

A password before TLS is refused without being looked at, unless the settings let the loopback through.
"""

from __future__ import annotations

from mailnode import log
from mailnode.directory.dialogue import Attempt, log_in
from mailnode.directory.login import LoggedIn
from mailnode.imap import outside
from mailnode.imap.session import Session
from mailnode.proto import sasl
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Authenticate, Command, Compress, Enable, Login, StartTls, Unauthenticate
from mailnode.proto.imap.responses import Reply
from mailnode.proto.sasl_prep import saslprep

_log = log.get("imap")
_SPELLINGS = {"IMAP4REV2": "IMAP4rev2"}


async def starttls(session: Session, command: StartTls) -> Reply | None:
    """The OK travels in plain text and is the last that does (RFC 9051 §6.2.1)."""
    if session.tls:
        return Reply(responses.bad(command.tag, "TLS is in use already"))
    session.wire.write(bytes(responses.ok(command, "Begin TLS now")))
    try:
        await session.wire.begin_tls(session.context.tls)
    except OSError as error:
        _log.info("no TLS", peer=session.peer, error=str(error))
        session.over = True
        return None
    session.tls = True
    return None


async def login(session: Session, command: Login) -> Reply:
    if not session.mechanisms:
        return _only_after_tls(command)
    name = saslprep(command.user, mixed=True) if command.user else ""
    user = await session.context.authenticator.check(name, command.password, session.peer)
    return _admit(session, command, user, "LOGIN")


async def authenticate(session: Session, command: Authenticate) -> Reply:
    """Any mechanism that is offered, with the first response in the command or without (RFC 4959)."""
    offered = session.mechanisms
    if not offered:
        return _only_after_tls(command)

    async def ask(challenge: bytes) -> bytes:
        session.wire.write(responses.continuation(sasl.encode_challenge(challenge)))
        line = await session.wire.line()
        return sasl.decode_response(line if line is not None else b"*")

    bindings = session.wire.bindings()
    attempt = Attempt(command.mechanism, command.initial, ask, session.peer, offered, bindings)
    try:
        user = await log_in(session.context.authenticator, attempt)
    except sasl.UnknownMechanism as error:
        return responses.no(command, str(error))  # NO, not BAD: RFC 9051 §6.2.2
    return _admit(session, command, user, command.mechanism.upper())


def _admit(session: Session, command: Command, user: LoggedIn, mechanism: str) -> Reply:
    _log.info("logged in", peer=session.peer, user=user.address, mechanism=mechanism, tls=session.tls)
    session.user = user
    session.wire.logged_in(session.context.settings.message_size_limit)
    return responses.ok(command, "Logged in", code=f"CAPABILITY {' '.join(session.capabilities())}")


def _only_after_tls(command: Command) -> Reply:
    return responses.no(command, "Begin TLS first", code="PRIVACYREQUIRED")  # RFC 5530 §3


async def unauthenticate(session: Session, command: Unauthenticate) -> Reply:
    """Another user may log in on the same connection (RFC 8437)."""
    session.log_out()
    return responses.ok(command, "Logged out", code=f"CAPABILITY {' '.join(session.capabilities())}")


async def compress(session: Session, command: Compress) -> Reply | None:
    """The OK is the last that is not compressed (RFC 4978 §3)."""
    if command.mechanism != "DEFLATE":
        return Reply(responses.bad(command.tag, "DEFLATE was expected"))
    if session.compressed:
        return responses.no(command, "Compression is in use already", code="COMPRESSIONACTIVE")
    session.wire.write(bytes(responses.ok(command, "Compress now")))
    session.wire.begin_compression()
    session.compressed = True
    return None


async def _tell_notes(session: Session) -> None:
    """Notes that others change are told from now on (RFC 5464 §4.1)."""
    watch = session.watch
    if watch.groups is None:
        watch = await session.context.offload.read(lambda tx: outside.begin_with_notes(tx, session))
    watch.metadata = True
    session.begin_watching(watch)


async def enable(session: Session, command: Enable) -> Reply:
    """What is not known, and what is on already, is passed over (RFC 5161 §3.1)."""
    on = {
        "CONDSTORE": session.condstore,
        "QRESYNC": session.qresync,
        "IMAP4REV2": session.rev2,
        "UTF8=ACCEPT": session.accept,
        "UIDONLY": session.uid_only,
        "METADATA": session.watch.metadata,
    }
    switched = [name for name in dict.fromkeys(command.names) if not on.get(name, True)]
    session.qresync = session.qresync or "QRESYNC" in switched
    session.rev2 = session.rev2 or "IMAP4REV2" in switched
    session.accept = session.accept or "UTF8=ACCEPT" in switched
    session.uid_only = session.uid_only or "UIDONLY" in switched
    session.utf8 = session.rev2 or session.accept
    if session.rev2 and session.selected is not None:
        session.here.first_recent = 0  # RFC 9051, appendix E
    if "METADATA" in switched:
        await _tell_notes(session)
    # QRESYNC includes mod-sequences: RFC 7162 §3.2.3.
    lines = session.want_modseqs() if {"QRESYNC", "CONDSTORE"} & {*switched} else []
    names = [_SPELLINGS.get(name, name) for name in switched]
    return responses.ok(command, "Done", [responses.enabled(names), *lines])
