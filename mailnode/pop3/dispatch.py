"""Which POP3 command may run in which state, the commands that belong to both, and what becomes of errors.

RFC 1939 §3 (states), RFC 2449 §5 (CAPA) and §8 (response codes), RFC 6856 §3 (LANG).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mailnode import log
from mailnode.errors import MailError, ProtocolError
from mailnode.pop3 import access, language, reading
from mailnode.pop3.refusals import code_of
from mailnode.pop3.session import Session
from mailnode.proto import pop3
from mailnode.proto.pop3 import Command

_log = log.get("pop3")


async def execute(session: Session, line: bytes) -> bytes:
    """Carry out one command line; always returns a reply."""
    reply = await _answer(session, line)
    return reply if session.language != language.CHINESE else language.in_chinese(reply)


async def _answer(session: Session, line: bytes) -> bytes:
    try:
        command = pop3.parse(line)
        handler = (TRANSACTION if session.drop else AUTHORIZATION).get(command.name)
        if handler is None:
            known = command.name in AUTHORIZATION or command.name in TRANSACTION
            return pop3.err("Not now" if known else "This command is not known here")
        await session.keep_lock()
        return await handler(session, command)
    except ProtocolError as error:
        return pop3.err(str(error))
    except MailError as error:
        return pop3.err(language.refusal(error, session.language), code_of(error))
    except ConnectionResetError:
        raise
    except Exception:
        _log.exception("command failed", peer=session.wire.peer)
        return pop3.err("Something went wrong here; try again later", "SYS/TEMP")


async def capa(session: Session, _command: Command) -> bytes:
    """RFC 2449 §5; what a client may use now. There is no LOGIN-DELAY: one may come as often as one likes."""
    offered = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER", "LANG"]
    if session.drop is None and session.mechanisms:
        offered += ["USER", f"SASL {' '.join(session.mechanisms)}"]
    if session.drop is None and not session.tls:
        offered.append("STLS")
    return pop3.listing("What can be done", [*offered, "IMPLEMENTATION Mailnode"])


async def quit_(session: Session, command: Command) -> bytes:
    """What was marked is removed and committed before the answer (RFC 1939 §6)."""
    command.nothing()
    session.over = True
    await session.update()
    return pop3.ok("Goodbye")


Handler = Callable[[Session, Command], Awaitable[bytes]]
AUTHORIZATION: dict[str, Handler] = {
    "CAPA": capa,
    "STLS": access.stls,
    "UTF8": access.utf8,
    "LANG": language.lang,
    "USER": access.user,
    "PASS": access.password,
    "AUTH": access.auth,
    "QUIT": quit_,
}
TRANSACTION: dict[str, Handler] = {
    "CAPA": capa,
    "LANG": language.lang,
    "STAT": reading.stat,
    "LIST": reading.list_,
    "UIDL": reading.uidl,
    "RETR": reading.retr,
    "TOP": reading.top,
    "DELE": reading.dele,
    "RSET": reading.rset,
    "NOOP": reading.noop,
    "QUIT": quit_,
}
