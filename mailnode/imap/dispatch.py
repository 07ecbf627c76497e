"""Which command may run when, what happens around it, and what becomes of its errors (RFC 9051 §3 and §5.5).

A handler returns a Reply, or None when it has written everything itself. Errors:
ProtocolError is BAD, MailError is NO with a response code, anything else is our mistake: logged, NO [SERVERBUG].
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mailnode import log
from mailnode.errors import MailError, ProtocolError
from mailnode.imap import outside, uid_only, updates, whole
from mailnode.imap.commands import (
    access,
    append,
    copy,
    expunge,
    fetch,
    listing,
    mailbox,
    metadata,
    multisearch,
    notify,
    quota,
    search,
    select,
    sharing,
    simple,
)
from mailnode.imap.commands import idle as idling
from mailnode.imap.commands import store as storing
from mailnode.imap.patience import Patience
from mailnode.imap.refusals import code_of
from mailnode.imap.session import Session
from mailnode.proto.imap import annotating, responses, watching
from mailnode.proto.imap import commands as c
from mailnode.proto.imap import sharing as acl
from mailnode.proto.imap.framing import Frame, Refused, tag_of
from mailnode.proto.imap.parse import parse
from mailnode.proto.imap.parse_notify import BadEvent
from mailnode.proto.imap.parse_search import CHARSETS, BadCharset
from mailnode.proto.imap.responses import Reply

_log = log.get("imap")
_SLOW = (c.Search, c.MultiSearch, c.Sort, c.Thread, c.Copy, c.Move, c.Store, c.Expunge, c.Append, c.Select)
Handler = Callable[[Session, Any], Awaitable[Reply | None]]


class When(enum.Enum):
    """The states in which a command is allowed."""

    ALWAYS = "always"
    BEFORE_LOGIN = "before logging in"
    AFTER_LOGIN = "after logging in"
    SELECTED = "with a mailbox selected"


class News(enum.Enum):
    """What may be told of other people's changes before the command is answered."""

    NONE = 0
    KEEPING_NUMBERS = 1  # no EXPUNGE: the client's numbers must hold
    ALL = 2


@dataclass(frozen=True, slots=True)
class Rule:
    handler: Handler
    when: When
    news: News = News.ALL


RULES: dict[type[c.Command], Rule] = {
    c.Capability: Rule(simple.capability, When.ALWAYS),
    c.Noop: Rule(simple.noop, When.ALWAYS),
    c.Logout: Rule(simple.logout, When.ALWAYS, News.NONE),
    c.Id: Rule(simple.identify, When.ALWAYS),
    c.StartTls: Rule(access.starttls, When.BEFORE_LOGIN, News.NONE),
    c.Login: Rule(access.login, When.BEFORE_LOGIN, News.NONE),
    c.Authenticate: Rule(access.authenticate, When.BEFORE_LOGIN, News.NONE),
    c.Enable: Rule(access.enable, When.AFTER_LOGIN),
    c.Unauthenticate: Rule(access.unauthenticate, When.AFTER_LOGIN, News.NONE),
    c.Compress: Rule(access.compress, When.AFTER_LOGIN, News.NONE),
    c.Namespace: Rule(listing.namespace, When.AFTER_LOGIN),
    c.List: Rule(listing.list_mailboxes, When.AFTER_LOGIN),
    c.Lsub: Rule(listing.lsub, When.AFTER_LOGIN),
    c.Status: Rule(mailbox.status, When.AFTER_LOGIN),
    c.Create: Rule(mailbox.create, When.AFTER_LOGIN),
    c.Delete: Rule(mailbox.delete, When.AFTER_LOGIN),
    c.Rename: Rule(mailbox.rename, When.AFTER_LOGIN),
    c.Subscribe: Rule(mailbox.subscribe, When.AFTER_LOGIN),
    c.Unsubscribe: Rule(mailbox.unsubscribe, When.AFTER_LOGIN),
    c.GetQuota: Rule(quota.get_quota, When.AFTER_LOGIN),
    c.GetQuotaRoot: Rule(quota.get_quota_root, When.AFTER_LOGIN),
    annotating.GetMetadata: Rule(metadata.get_metadata, When.AFTER_LOGIN),
    annotating.SetMetadata: Rule(metadata.set_metadata, When.AFTER_LOGIN),
    acl.SetAcl: Rule(sharing.set_acl, When.AFTER_LOGIN),
    acl.DeleteAcl: Rule(sharing.delete_acl, When.AFTER_LOGIN),
    acl.GetAcl: Rule(sharing.get_acl, When.AFTER_LOGIN),
    acl.ListRights: Rule(sharing.list_rights, When.AFTER_LOGIN),
    acl.MyRights: Rule(sharing.my_rights, When.AFTER_LOGIN),
    c.Append: Rule(append.append, When.AFTER_LOGIN),
    c.Select: Rule(select.select, When.AFTER_LOGIN, News.NONE),
    c.Idle: Rule(idling.idle, When.AFTER_LOGIN, News.NONE),
    c.MultiSearch: Rule(multisearch.multisearch, When.AFTER_LOGIN, News.KEEPING_NUMBERS),
    watching.Notify: Rule(notify.notify, When.AFTER_LOGIN),
    watching.CancelUpdate: Rule(search.cancel_update, When.SELECTED, News.KEEPING_NUMBERS),
    c.Check: Rule(simple.noop, When.SELECTED),
    c.Close: Rule(select.close, When.SELECTED, News.NONE),
    c.Unselect: Rule(select.unselect, When.SELECTED, News.NONE),
    c.Fetch: Rule(fetch.fetch, When.SELECTED, News.KEEPING_NUMBERS),
    c.Store: Rule(storing.store, When.SELECTED, News.KEEPING_NUMBERS),
    c.Search: Rule(search.search, When.SELECTED, News.KEEPING_NUMBERS),
    c.Sort: Rule(search.sort, When.SELECTED, News.KEEPING_NUMBERS),
    c.Thread: Rule(search.thread, When.SELECTED, News.KEEPING_NUMBERS),
    c.Copy: Rule(copy.copy, When.SELECTED),
    c.Move: Rule(copy.move, When.SELECTED),
    c.Expunge: Rule(expunge.expunge, When.SELECTED),
    c.Replace: Rule(append.replace, When.SELECTED),
}


def refuse(event: Refused) -> bytes:
    """The answer to a command that was thrown away unread."""
    if event.too_big and event.tag != "*":
        return responses.tagged_no(event.tag, event.reason, "TOOBIG")  # RFC 7889 §4
    if event.no_room:
        return responses.tagged_no(event.tag, event.reason, "UNAVAILABLE")
    return responses.bad(event.tag, event.reason)


async def execute(session: Session, frame: Frame) -> bool:
    """Carry out one command and write its answer. False when the client made a mistake.

    Raises ConnectionResetError when the client has gone.
    """
    if session.idling is not None:
        return _end_idle(session, frame)
    try:
        command = parse(frame, utf8=session.utf8)
        rule = RULES[type(command)]
        _require(rule.when, session)
        if session.uid_only:
            uid_only.require(command)
    except (MailError, ProtocolError) as error:
        answer, understood = _refusal(tag_of(frame.text), error)
        session.wire.write(answer)
        return understood
    if rule.when is When.SELECTED and session.stale and not await updates.may_still_read(session):
        session.wire.write(updates.shut_out(session))
        return True
    reply, understood = await _run(session, command, rule.handler)
    if reply is not None:
        lines = [*reply.untagged, *await _news(session, command, rule.news), reply.tagged]
        session.wire.write(b"".join(lines))
    return understood


def _refusal(tag: str, error: MailError | ProtocolError) -> tuple[bytes, bool]:
    """The answer to a command that is not carried out, and whether it was one at all."""
    match error:
        case BadCharset():
            return responses.tagged_no(tag, str(error), f"BADCHARSET ({' '.join(CHARSETS)})"), True
        case BadEvent():
            events = " ".join(event.value for event in watching.Event)
            return responses.tagged_no(tag, str(error), f"BADEVENT ({events})"), True
        case MailError():
            return responses.tagged_no(tag, error.public, code_of(error)), True
        case uid_only.UidRequired():
            return responses.bad(tag, str(error), "UIDREQUIRED"), False
        case _:
            return responses.bad(tag, str(error)), False


def _end_idle(session: Session, frame: Frame) -> bool:
    """RFC 2177 §3: only DONE may follow IDLE."""
    tag, session.idling = session.idling, None
    if frame.text.strip().upper() == b"DONE" and tag is not None:
        session.wire.write(responses.ok(c.Idle(tag), "Idle is over").tagged)
        return True
    session.wire.write(responses.bad(tag or "*", "DONE was expected"))
    return False


def _require(when: When, session: Session) -> None:
    allowed = {
        When.ALWAYS: True,
        When.BEFORE_LOGIN: session.user is None,
        When.AFTER_LOGIN: session.user is not None,
        When.SELECTED: session.selected is not None,
    }
    if not allowed[when]:
        raise ProtocolError(f"This command is allowed {when.value}")


async def _run(session: Session, command: c.Command, handler: Handler) -> tuple[Reply | None, bool]:
    patience = Patience(session.wire.write, command) if isinstance(command, _SLOW) else None
    try:
        await whole.read_for(session, command)
        return await handler(session, command), True
    except ProtocolError as error:
        return Reply(responses.bad(command.tag, str(error))), False
    except MailError as error:
        return responses.no(command, error.public, code=code_of(error)), True
    except ConnectionError:
        raise
    except Exception:
        _log.exception("command failed", command=type(command).__name__, peer=session.peer)
        return responses.no(command, "Something went wrong here; it has been written down", code="SERVERBUG"), True
    finally:
        if patience is not None:
            patience.end()


def _tells_news(session: Session, command: c.Command, *, expunge: bool) -> bool:
    here = session.selected
    if here is None:
        return False
    asked = isinstance(command, c.Noop | c.Check)
    return asked or session.stale or bool(here.contexts.kept) or (expunge and here.has_gone)


async def _news(session: Session, command: c.Command, news: News) -> list[bytes]:
    """News before the tagged answer. NOOP and CHECK ask for them, others bring them along."""
    if news is News.NONE:
        return []
    try:
        expunge = news is News.ALL or bool(getattr(command, "by_uid", False))
        told = await updates.gather(session, expunge=expunge) if _tells_news(session, command, expunge=expunge) else []
        # Who has said NOTIFY hears of the rest in a moment, without asking.
        return told if session.watch.pushes else [*told, *await outside.gather(session)]
    except Exception:  # the command itself is done; the news stay for the next one
        _log.exception("news not read", peer=session.peer)
        return []
