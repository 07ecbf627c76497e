"""MAIL, RCPT, DATA, BDAT and RSET: one message on its way in.

Who may send what to whom is the Reception's to say; here stand the order of the commands, the limits
and what a content must not hold.

RFC 5321 §3.3, §4.1.1.2 to §4.1.1.5; RFC 1870 §6 (SIZE); RFC 3030 §2 (BDAT), §3 (BINARYMIME);
RFC 2033 §4.2 and §4.3 (LMTP answers for every recipient).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence

from mailnode.octets import Octets
from mailnode.proto.content import OVERRUN, ContentReader, Fault, SizedReader, Vessel
from mailnode.proto.parameters import NO_MAIL_PARAMETERS, MailParameters, parse_mail, parse_rcpt
from mailnode.proto.replies import Refused, Reply
from mailnode.proto.spill import Share
from mailnode.smtpd.reception import Envelope, Recipient
from mailnode.smtpd.refusal import INTERNAL
from mailnode.smtpd.session import Each, SmtpSession

MAX_CHUNK_DIGITS = 12
SMALL_CHUNK = 1024  # octets; larger ones are limited by the message's size, not in number

_CHUNK = re.compile(rf"([0-9]{{1,{MAX_CHUNK_DIGITS}}})( LAST)?\Z", re.IGNORECASE)
_GO_ON = Reply(354, "", "End the message with <CR><LF>.<CR><LF>")

FAULTS: dict[Fault, Reply] = {
    "too-big": Reply(552, "5.3.4", "The message is too large"),
    "no-room": Reply(452, "4.3.1", "There is no room for the message at the moment; please try again later"),
    "line-too-long": Reply(554, "5.6.0", "The message has lines of more than 1000 octets (RFC 5321 4.5.3.1.6)"),
    "bare-newline": Reply(554, "5.6.0", "The message has a CR or LF that is not part of a CRLF (RFC 5321 2.3.8)"),
    "nul": Reply(554, "5.6.0", "The message has a NUL octet"),
    "strange-line-end": Reply(554, "5.6.0", "The message has a dot between control characters that some take for CRLF"),
}


def forget(session: SmtpSession) -> None:
    """End the transaction, whatever its state."""
    session.mail = None
    session.drop_parts()


async def mail(session: SmtpSession, argument: str) -> None:
    """MAIL FROM:<path> [parameters]        RFC 5321 §4.1.1.2"""
    if not session.peer.hello:
        raise Refused(503, "5.5.1", "Say EHLO first")
    if session.mail is not None:
        raise Refused(503, "5.5.1", "A message is under way; RSET forgets it")
    sender, parameters = parse_mail(argument)
    if not session.peer.extended and parameters is not NO_MAIL_PARAMETERS:
        raise Refused(555, "5.5.4", "Parameters need EHLO")
    if parameters is not NO_MAIL_PARAMETERS:
        _check(session, parameters)
    envelope = Envelope(sender, parameters)
    if parameters.size is not None and parameters.size > session.setup.limits.message_size:
        session.answer_refusal(_faulty(session, envelope, "too-big"))
        return
    reply = await session.reception.on_mail(session.peer, envelope)
    if reply.positive:
        session.mail = envelope
        session.answer(reply)
    else:
        session.answer_refusal(reply)


def _check(session: SmtpSession, parameters: MailParameters) -> None:
    """Raises Refused for what this door does not offer, or not now."""
    if parameters.requiretls and not session.secure:
        raise Refused(530, "5.7.10", "REQUIRETLS is for connections inside TLS")  # RFC 8689 §2
    if not parameters.times:
        return
    offers = session.setup.offers
    if parameters.by is not None and not offers.deliver_by:
        raise Refused(555, "5.5.4", "The parameter BY is not known here")
    if not offers.hold and (parameters.hold_for is not None or parameters.hold_until is not None):
        raise Refused(555, "5.5.4", "A message cannot be held here")


async def rcpt(session: SmtpSession, argument: str) -> None:
    """RCPT TO:<path> [parameters]        RFC 5321 §4.1.1.3"""
    envelope = session.mail
    if envelope is None:
        raise Refused(503, "5.5.1", "Say MAIL first")
    if session.parts is not None:
        raise Refused(503, "5.5.1", "The content has begun")
    address, parameters = parse_rcpt(argument, smtputf8=envelope.parameters.smtputf8)
    if len(envelope.recipients) >= session.setup.limits.recipients:
        session.answer_refusal(Reply(452, "4.5.3", "Too many recipients"))  # RFC 5321 §4.5.3.1.10
        return
    recipient = Recipient(address, parameters)
    reply = await session.reception.on_rcpt(session.peer, envelope, recipient)
    if reply.positive:
        envelope.recipients.append(recipient)
        session.answer(reply)
    else:
        session.answer_refusal(reply)


async def data(session: SmtpSession, argument: str) -> None:
    """DATA        RFC 5321 §4.1.1.4"""
    if argument:
        raise Refused(501, "5.5.4", "Syntax: DATA")
    envelope = _ready(session)
    if session.parts is not None:
        raise Refused(503, "5.5.1", "BDAT has begun the content")  # RFC 3030 §2
    if envelope.parameters.body == "BINARYMIME":
        raise Refused(503, "5.5.1", "BINARYMIME comes by BDAT")  # RFC 3030 §3
    refused = await _refusal_of(session.reception.on_data(session.peer, envelope), session)
    if refused is None:
        share = session.new_share()
        try:
            await _read(session, envelope, share)
        finally:
            share.give_back()
        return
    session.answer(refused)
    forget(session)
    if session.waiting:  # the content is here already and must not be read as commands
        session.end(in_step=False)


async def _read(session: SmtpSession, envelope: Envelope, share: Share) -> None:
    session.answer(_GO_ON)
    reader = ContentReader(session.setup.limits.message_size, share)
    whole = await session.read_content(reader)
    forget(session)
    if not whole and not reader.hopeless:
        return
    content = reader.content()
    await _take(session, envelope, content, reader.fault)
    if reader.hopeless and not whole:
        session.end(in_step=False)


async def chunk(session: SmtpSession, argument: str) -> None:
    """BDAT size [LAST]        RFC 3030 §2

    The octets follow unasked, so they are read whether they are wanted or not; but for so many that nobody would
    wait for the answer.
    """
    match = _CHUNK.match(argument)
    if match is None:
        session.end(in_step=False)  # nobody knows how many octets to pass over
        raise Refused(501, "5.5.4", "Syntax: BDAT size [LAST]")
    size, last = int(match[1]), match[2] is not None
    if size < SMALL_CHUNK:
        session.count_command()
    refused = await _refusal_of(_begin_chunk(session, size), session)
    reader = SizedReader(size, session.parts if refused is None else None)
    if size > session.setup.limits.message_size + OVERRUN:
        session.end(in_step=False)
    elif size and not await session.read_content(reader):
        return
    if refused is None and session.parts is not None and session.parts.fault:
        refused = _faulty(session, _ready(session), session.parts.fault)
    if refused is not None:
        _refuse_chunk(session, refused, last=last)
        return
    if not last:
        session.answer(Reply(250, "2.0.0", f"{size} octets received"))
        return
    envelope, parts = _ready(session), session.parts
    assert parts is not None
    share, session.parts_share = session.parts_share, None
    forget(session)
    try:
        content = parts.content()
        await _take(session, envelope, content, parts.fault)
    finally:
        if share is not None:
            share.give_back()


def _refuse_chunk(session: SmtpSession, reply: Reply, *, last: bool) -> None:
    envelope = session.mail
    if envelope is None or not envelope.recipients:
        session.answer(reply)
        return
    forget(session)
    if last and session.setup.each is not None:  # RFC 2033 §4.3
        _answer_each(session, [reply] * len(envelope.recipients))
    else:
        session.answer(reply)


async def _refusal_of(beginning: Awaitable[Reply | None], session: SmtpSession) -> Reply | None:
    """Never raises but OSError: the content is still to come, or here already, and must not be read as commands."""
    try:
        return await beginning
    except Exception as error:
        return session.told(error)


async def _begin_chunk(session: SmtpSession, size: int) -> Reply | None:
    envelope = _ready(session)
    if session.parts is None:
        refused = await session.reception.on_data(session.peer, envelope)
        if refused is not None:
            return refused
        session.parts_share = session.new_share()
        binary = session.mail is not None and session.mail.parameters.body == "BINARYMIME"
        session.parts = Vessel(session.parts_share, stuffed=False, binary=binary)
    if session.parts.size + size > session.setup.limits.message_size:
        return _faulty(session, envelope, "too-big")
    return None


async def reset(session: SmtpSession, argument: str) -> None:
    """RSET        RFC 5321 §4.1.1.5"""
    if argument:
        raise Refused(501, "5.5.4", "Syntax: RSET")
    forget(session)
    session.answer(Reply(250, "2.0.0", "OK"))


def _ready(session: SmtpSession) -> Envelope:
    if session.mail is None:
        raise Refused(503, "5.5.1", "Say MAIL first")
    if not session.mail.recipients:
        raise Refused(554 if session.setup.each is None else 503, "5.5.1", "No valid recipients")
    return session.mail


async def _take(session: SmtpSession, envelope: Envelope, content: Octets, fault: Fault) -> None:
    """Hand a content on, or say why not."""
    if session.setup.each is not None:
        await _take_for_each(session, session.setup.each, envelope, content, fault)
        return
    if fault:
        session.answer(_faulty(session, envelope, fault))
        return
    reply = await session.reception.on_message(session.peer, envelope, content)
    if reply.positive:
        session.message_accepted()
    session.answer(reply)


def _faulty(session: SmtpSession, envelope: Envelope, fault: Fault) -> Reply:
    session.reception.on_fault(session.peer, envelope, FAULTS[fault], fault)
    return FAULTS[fault]


async def _take_for_each(session: SmtpSession, each: Each, envelope: Envelope, content: Octets, fault: Fault) -> None:
    """As many answers as there are recipients, whatever happens: the client counts them (RFC 2033 §4.2)."""
    replies: Sequence[Reply] = ()
    try:
        told = FAULTS[fault] if fault else INTERNAL
        if not fault:
            replies = await each(session.peer, envelope, content)
    except Exception as error:
        told = session.told(error)
    _answer_each(session, replies or [told] * len(envelope.recipients))
    if any(reply.positive for reply in replies):
        session.message_accepted()


def _answer_each(session: SmtpSession, replies: Sequence[Reply]) -> None:
    for reply in replies:
        session.answer(reply.encode())  # not counted as errors: one message may have many
