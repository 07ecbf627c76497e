"""STARTTLS and AUTH.

RFC 3207, RFC 4954. A login is never offered where the Reception offers no mechanism, and never taken
inside a transaction or twice.
"""

from __future__ import annotations

from functools import partial

from mailnode.directory.dialogue import Attempt
from mailnode.errors import ProtocolError
from mailnode.proto.replies import Refused, Reply
from mailnode.proto.sasl import Cancelled, decode_initial, decode_response, encode_challenge
from mailnode.smtpd.session import SmtpSession


async def starttls(session: SmtpSession, argument: str) -> None:
    """STARTTLS        RFC 3207 §4

    Whatever the client sent behind it in clear is dropped unread: a third party may have put it there.
    """
    if argument:
        raise Refused(501, "5.5.4", "Syntax: STARTTLS")
    if session.secure:
        raise Refused(503, "5.5.1", "TLS is on already")
    if session.setup.tls is None:
        raise Refused(502, "5.5.1", "TLS is not available here")
    session.drop_waiting()
    session.answer(Reply(220, "2.0.0", "Begin TLS"))
    await session.start_tls(session.setup.tls)


async def auth(session: SmtpSession, argument: str) -> None:
    """AUTH mechanism [initial response]        RFC 4954 §4"""
    name, _, initial = argument.partition(" ")
    offered = _offered(session, name)
    peer = session.peer
    try:
        response = decode_initial(initial.encode()) if initial else None
        attempt = Attempt(name, response, partial(_ask, session), peer.address, offered, peer.bindings)
        session.answer(await session.reception.on_login(peer, attempt))
    except Cancelled:
        raise Refused(501, "5.7.0", "The login was cancelled") from None
    except Refused:
        raise
    except ProtocolError as error:
        raise Refused(501, "5.5.2", str(error)) from error
    except _Gone:
        return


class _Gone(Exception):
    """The client has gone in the middle of the dialogue."""


async def _ask(session: SmtpSession, challenge: bytes) -> bytes:
    session.answer(Reply(334, "", encode_challenge(challenge).decode("ascii")))
    line = await session.read_line()
    if line is None:
        raise _Gone
    return decode_response(line)


def _offered(session: SmtpSession, name: str) -> tuple[str, ...]:
    """The mechanisms, when this one is among them and now is the time. Raises Refused."""
    peer = session.peer
    if not peer.extended:
        raise Refused(503, "5.5.1", "Say EHLO first")
    if peer.user_id is not None:
        raise Refused(503, "5.5.1", "You are logged in already")
    if session.mail is not None:
        raise Refused(503, "5.5.1", "A message is under way")
    if not name:
        raise Refused(501, "5.5.4", "Syntax: AUTH mechanism [initial response]")
    mechanisms = session.reception.mechanisms(peer)
    if not mechanisms and session.setup.tls is not None and not session.secure:
        raise Refused(538, "5.7.11", "Log in behind STARTTLS only")
    if not mechanisms:
        raise Refused(502, "5.5.1", "Nobody can log in here")
    if name.upper() not in mechanisms:
        raise Refused(504, "5.5.4", "This mechanism is not offered")
    return mechanisms
