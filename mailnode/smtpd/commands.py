"""The table of SMTP commands, and those that are about no message.

RFC 5321 §4.1; RFC 1869 and its heirs by keyword: RFC 2920 (PIPELINING), RFC 1870 (SIZE), RFC 6152
(8BITMIME), RFC 6531 (SMTPUTF8), RFC 2034 (ENHANCEDSTATUSCODES), RFC 3461 (DSN), RFC 3030 (CHUNKING and
BINARYMIME), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 9422 (LIMITS), RFC 8689 (REQUIRETLS, inside TLS),
RFC 4865 (FUTURERELEASE) and RFC 2852 (DELIVERBY) where the door has them. LMTP is the same but for LHLO
and the answers to a message (RFC 2033).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from mailnode.database import utcnow
from mailnode.proto.lines import text_of
from mailnode.proto.replies import Refused, Reply
from mailnode.smtpd import security, transaction, xclient
from mailnode.smtpd.reception import Limits, Offers
from mailnode.smtpd.session import SmtpSession

MAX_LINE = 2048  # RFC 5321 §4.5.3.1.4 says 512; RFC 3461 §4 adds 500 for a parameter more than once

_HELLO = re.compile(r"[!-~\u0080-\U0010ffff]{1,255}\Z")

Run = Callable[[SmtpSession, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table. ``ends_group``: nothing may be sent behind it unasked (RFC 2920 §3.1). ``counts``: without
    a message there may be so many of it; others are limited by their own numbers."""

    run: Run
    syntax: str
    ends_group: bool = False
    max_line: int = MAX_LINE
    counts: bool = True


async def obey(session: SmtpSession, line: bytes) -> None:
    """Run one command line."""
    verb, _, rest = line.partition(b" ")
    command = (COMMANDS if session.setup.each is None else LMTP_COMMANDS).get(verb.upper())
    if command is None:
        session.count_command()
        raise Refused(500, "5.5.2", "This command is not known here; HELP lists those that are")
    if len(line) > command.max_line:
        raise Refused(500, "5.5.2", "The line is too long")
    if (command.ends_group or not session.peer.extended) and session.waiting:
        session.peer.talked_early = True
    if command.counts:
        session.count_command()
    await command.run(session, text_of(rest).strip(" ") if rest else "")


async def hello(session: SmtpSession, argument: str) -> None:
    """HELO (RFC 5321 §4.1.1.1)."""
    _greet(session, argument, extended=False)
    session.answer(Reply(250, "", session.reception.hostname))


async def extended_hello(session: SmtpSession, argument: str) -> None:
    """EHLO (RFC 5321 §4.1.1.1): what is offered depends on TLS, and begins anew behind it."""
    _greet(session, argument, extended=True)
    setup = session.setup
    session.answer(
        _offers(
            session.reception.hostname,
            setup.limits,
            setup.tls is not None and not session.secure,
            session.secure,
            session.reception.mechanisms(session.peer) if session.peer.user_id is None else (),
            _offers_of_door(setup.offers) if setup.offers.hold or setup.offers.deliver_by else (),
            bool(setup.trusted) and xclient.is_trusted(session),
        )
    )


def _greet(session: SmtpSession, argument: str, *, extended: bool) -> None:
    if not _HELLO.match(argument):
        raise Refused(501, "5.5.4", "Syntax: EHLO name" if extended else "Syntax: HELO name")
    session.peer.hello = argument
    session.peer.extended = extended
    session.peer.lmtp = session.setup.each is not None
    transaction.forget(session)  # RFC 5321 §4.1.4


def _offers_of_door(offers: Offers) -> tuple[str, ...]:
    """RFC 4865 §3 names the longest wait, in seconds and as a moment, which changes once an hour here."""
    until = f"{utcnow() + timedelta(seconds=offers.hold):%Y-%m-%dT%H:00:00Z}"
    hold = (f"FUTURERELEASE {offers.hold} {until}",) if offers.hold else ()
    return (*hold, "DELIVERBY") if offers.deliver_by else hold


@lru_cache(64)
def _offers(
    hostname: str,
    limits: Limits,
    starttls: bool,
    secure: bool,
    mechanisms: tuple[str, ...],
    of_door: tuple[str, ...],
    trusted: bool,
) -> bytes:
    lines = [hostname, "PIPELINING", f"SIZE {limits.message_size}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
    lines += ["DSN", "CHUNKING", "BINARYMIME", f"LIMITS RCPTMAX={limits.recipients}", *of_door]
    if starttls:
        lines.append("STARTTLS")
    if secure:
        lines.append("REQUIRETLS")  # RFC 8689 §2: offered inside TLS only
    if mechanisms:
        names = " ".join(mechanisms)
        lines += [f"AUTH {names}", f"AUTH={names}"]  # the second for clients older than RFC 2554
    if trusted:
        lines.append(xclient.OFFER)
    return Reply(250, "", "\n".join([*lines, "HELP"])).encode()


async def noop(session: SmtpSession, _argument: str) -> None:
    session.answer(Reply(250, "2.0.0", "OK"))


async def quit_(session: SmtpSession, argument: str) -> None:
    if argument:
        raise Refused(501, "5.5.4", "Syntax: QUIT")
    session.answer(Reply(221, "2.0.0", "Goodbye"))
    session.end()


async def verify(session: SmtpSession, argument: str) -> None:
    """Who exists is not told to just anybody (RFC 5321 §7.3)."""
    if not argument:
        raise Refused(501, "5.5.4", "Syntax: VRFY address")
    session.answer(Reply(252, "2.7.0", "Not verified here; send the message and see"))


async def unavailable(_session: SmtpSession, _argument: str) -> None:
    raise Refused(502, "5.5.1", "This command is not available here")


async def help_(session: SmtpSession, argument: str) -> None:
    if not argument:
        names = " ".join(name.decode() for name in sorted(COMMANDS) if name != b"XCLIENT")
        session.answer(Reply(214, "2.0.0", f"Commands: {names}"))
        return
    command = COMMANDS.get(argument.upper().encode())
    if command is None:
        raise Refused(504, "5.5.4", "There is no help about this")
    session.answer(Reply(214, "2.0.0", f"Syntax: {command.syntax}"))


COMMANDS = {
    b"AUTH": Command(security.auth, "AUTH mechanism [initial response]", True, 12288),
    b"BDAT": Command(transaction.chunk, "BDAT size [LAST]", counts=False),
    b"DATA": Command(transaction.data, "DATA", True),
    b"EHLO": Command(extended_hello, "EHLO name", True),
    b"EXPN": Command(unavailable, "EXPN list", True),
    b"HELO": Command(hello, "HELO name", True),
    b"HELP": Command(help_, "HELP [command]"),
    b"MAIL": Command(transaction.mail, "MAIL FROM:<address> [SIZE= BODY= SMTPUTF8 RET= ENVID= AUTH=]"),
    b"NOOP": Command(noop, "NOOP [text]", True),
    b"QUIT": Command(quit_, "QUIT", True),
    b"RCPT": Command(transaction.rcpt, "RCPT TO:<address> [NOTIFY= ORCPT=]", counts=False),
    b"RSET": Command(transaction.reset, "RSET"),
    b"STARTTLS": Command(security.starttls, "STARTTLS", True),
    b"VRFY": Command(verify, "VRFY address", True),
    b"XCLIENT": Command(xclient.speak_for, "XCLIENT attribute=value ...", True),
}
LMTP_COMMANDS = {name: one for name, one in COMMANDS.items() if name not in (b"EHLO", b"HELO")} | {
    b"LHLO": Command(extended_hello, "LHLO name", True)  # RFC 2033 §4.1
}
