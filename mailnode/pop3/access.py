"""AUTHORIZATION: what a client may do before it has logged in, and how it logs in.

RFC 1939 §4 and §7 (USER, PASS), RFC 5034 (AUTH), RFC 2595 §4 (STLS), RFC 6856 §2 (UTF8). Names and passwords may be
UTF-8 from the beginning on; what is no UTF-8, or holds letters that stand in none (RFC 4013 §2.3), is refused.
"""

from __future__ import annotations

from mailnode import log
from mailnode.directory.dialogue import Attempt, log_in
from mailnode.directory.login import LoggedIn
from mailnode.errors import ProtocolError
from mailnode.pop3.session import Session
from mailnode.proto import pop3, sasl
from mailnode.proto.pop3 import Command
from mailnode.proto.sasl_prep import check_letters, saslprep

_log = log.get("pop3")


async def stls(session: Session, command: Command) -> bytes:
    """The OK travels in plain text and is the last that does (RFC 2595 §4)."""
    command.nothing()
    if session.tls:
        return pop3.err("TLS is in use already")
    if session.utf8:
        return pop3.err("TLS comes before UTF8")  # RFC 6856 §2.1
    session.write(pop3.ok("Begin TLS now"))
    session.name = ""
    try:
        await session.wire.begin_tls(session.context.tls)
    except OSError as error:  # it could not be agreed on
        raise ConnectionResetError from error
    session.tls = True
    return b""


async def user(session: Session, command: Command) -> bytes:
    """Whether there is such a user is not told (RFC 1939 §7)."""
    _require_safety(session)
    name = _text(command.rest).strip()
    session.name = saslprep(name, mixed=True) if name else ""
    return pop3.ok("And the password?") if session.name else pop3.err("USER takes a name")


async def password(session: Session, command: Command) -> bytes:
    """RFC 1939 §7: the whole rest of the line is the password, blanks too."""
    _require_safety(session)
    name, session.name = session.name, ""
    if not name:
        return pop3.err("USER comes first")
    given = _text(command.rest)
    check_letters(given)
    found = await session.context.authenticator.check(name, given, session.wire.peer)
    return await _admit(session, found, "PASS")


async def auth(session: Session, command: Command) -> bytes:
    """RFC 5034 §4, with an initial response or without; "=" is an empty one."""
    words = command.words
    if not words:
        return pop3.listing("Mechanisms", session.mechanisms)
    _require_safety(session)

    async def ask(challenge: bytes) -> bytes:
        session.write(b"+ " + sasl.encode_challenge(challenge) + b"\r\n")
        return sasl.decode_response(await session.wire.line())

    attempt = Attempt(
        words[0].decode("ascii", "replace"),
        sasl.decode_initial(words[1]) if len(words) > 1 else None,
        ask,
        session.wire.peer,
        session.mechanisms,
        session.wire.bindings(),
    )
    return await _admit(session, await log_in(session.context.authenticator, attempt), attempt.mechanism.upper())


async def _admit(session: Session, found: LoggedIn, mechanism: str) -> bytes:
    _log.info("logged in", peer=session.wire.peer, user=found.address, mechanism=mechanism, tls=session.tls)
    return await session.enter(found)


async def utf8(session: Session, command: Command) -> bytes:
    """From here on messages are sent as they are, whatever letters stand in their headers (RFC 6856 §2.1)."""
    command.nothing()
    session.utf8 = True
    return pop3.ok("Messages come as they are")


def _require_safety(session: Session) -> None:
    if not session.mechanisms:
        raise ProtocolError("Begin TLS first")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError("A name or password is not UTF-8") from None
