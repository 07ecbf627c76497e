"""What would become of a message, said point after point: the doors are asked, in a `rehearsal`.

Port 25 without ``login``, the submission port with it. Nothing is counted against the client's rates, and nobody is
kept waiting. Without the message itself nobody can judge its content or who has signed it, so these are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.utils import format_datetime

from sqlalchemy.orm import Session

from mailnode.context import Context
from mailnode.database import utcnow
from mailnode.directory import lookup
from mailnode.directory.lookup import AliasTo, LocalUser, NoSuchUser, RemoteDomain
from mailnode.errors import AliasLoop, MailError, UnknownUser
from mailnode.findings import Finding, total
from mailnode.mx.policy import PERMIT, Asked, Policy
from mailnode.mx.reception import MxReception
from mailnode.node import bounds, saying
from mailnode.node.point import Point
from mailnode.node.rehearsal import Rehearsal
from mailnode.node.saying import SCORES, said
from mailnode.proto.address import Address
from mailnode.proto.parameters import MailParameters, RcptParameters
from mailnode.proto.replies import Refused, Reply
from mailnode.settings import Settings
from mailnode.smtpd.reception import Envelope, Peer, Reception, Recipient
from mailnode.smtpd.refusal import refusal
from mailnode.smtpd.refusals import Refusal, Refusals
from mailnode.submission.reception import SubmissionReception


@dataclass(frozen=True, slots=True)
class Case:
    """The message in question. ``content`` None: there is none, and one line of text stands for it."""

    sender: Address | None
    recipient: Address
    peer: Peer
    content: bytes | None = None


class _Noted(Refusals):
    """Keeps refusals for the explanation, and from the history."""

    def __init__(self, offload: Rehearsal) -> None:
        super().__init__(offload)
        self.given: list[Refusal] = []

    def add(self, refusal: Refusal) -> None:
        self.given.append(refusal)


async def explain(context: Context, rehearsal: Rehearsal, case: Case) -> list[Point]:
    """Walk the way of the message until somebody refuses it or it has arrived."""
    case = await context.offload.look(lambda tx: _as_known(tx, case, context.settings.hostname))
    noted = _Noted(rehearsal)
    submitted = case.peer.user_id is not None
    door: Reception = SubmissionReception(context, noted) if submitted else MxReception(context, noted)
    points = [] if submitted else await _restrictions(context, case)
    reply = await _transaction(door, case)
    judged = not submitted and not Policy(context.settings, context.resolver).is_ours(case.peer)
    points += [_client(case.peer, judged=judged), *(bounds.of_strangers(context.settings) if judged else ())]
    points += await context.offload.read(lambda tx: list(_known(tx, case, judged=judged)))
    for refused in noted.given:
        points += _checks(context.settings, refused.findings, judged=judged)
        points.append(Point("answer", refused.rule, saying.answer(reply, refused.rule), decides=True))
    for row in rehearsal.rows:
        points += _checks(context.settings, row.detail.findings, judged=judged)
        points += [Point("delivery", step.act.name.lower(), saying.step(step)) for step in row.detail.steps]
    if not noted.given:
        points.append(Point("answer", "", saying.answer(reply), decides=True))
    return points


def _as_known(tx: Session, case: Case, hostname: str) -> Case:
    """With the recipient by the name that the doors take it for."""
    address = str(case.recipient)
    own = lookup.as_known(tx, address, hostname)
    return case if own == address else replace(case, recipient=Address(own, ""))


def _client(peer: Peer, *, judged: bool) -> Point:
    """Who brings it, and whether that one is judged at all."""
    if peer.user_id is not None:
        return Point("client", peer.user, saying.LOGGED_IN)
    if not judged:
        return Point("client", peer.address, saying.OURS)
    return Point("client", peer.address, said(saying.NAMED_STRANGER if peer.name else saying.STRANGER, name=peer.name))


def _known(tx: Session, case: Case, *, judged: bool) -> Iterator[Point]:
    """What the database knows before anything is done."""
    if case.peer.user_id is not None:
        yield from bounds.of_user(tx, case.peer.user_id, int(utcnow().timestamp()))
    yield from _directory(tx, str(case.recipient))
    yield from bounds.of_mailboxes(tx, str(case.recipient), judged=judged)


def _checks(settings: Settings, findings: Sequence[Finding], *, judged: bool) -> Iterator[Point]:
    """Each check that has seen something, and all points beside the numbers from which on something follows."""
    yield from (Point("check", one.rule, saying.check(one)) for one in findings)
    if judged and findings:
        score = total(one for one in findings if one.rule not in SCORES)
        limits = {name: getattr(settings, name) for name in SCORES}
        told = ", ".join(f"{name} {limit:g}" for name, limit in limits.items() if limit is not None)
        yield Point("check", "score", said(saying.SCORE, score=score, limits=told))


async def _transaction(door: Reception, case: Case) -> Reply:
    """The last reply that the client would get."""
    envelope = Envelope(case.sender, MailParameters(size=len(case.content) if case.content else None))
    recipient = Recipient(case.recipient, RcptParameters())
    try:
        first = await door.on_connect(case.peer)
        if first is not None:
            return first
        for answer in (await door.on_mail(case.peer, envelope), await door.on_rcpt(case.peer, envelope, recipient)):
            if not answer.positive:
                return answer
        envelope.recipients.append(recipient)
        return await door.on_data(case.peer, envelope) or await door.on_message(case.peer, envelope, _content(case))
    except MailError as error:
        return refusal(error)
    except Refused as error:
        return error.reply


def _content(case: Case) -> bytes:
    if case.content is not None:
        return case.content
    sender = case.sender or case.recipient
    date = format_datetime(utcnow())
    lines = (f"From: <{sender}>", f"To: <{case.recipient}>", "Subject: ?", f"Date: {date}", "Message-ID: <1@explain>")
    return ("\r\n".join(lines) + "\r\n\r\nText\r\n").encode()


async def _restrictions(context: Context, case: Case) -> list[Point]:
    """The list of port 25, as far as it goes."""
    local = await context.offload.look(lambda tx: _lives_here(tx, case))
    sender_is_local, recipient_is_local = local
    takes = recipient_is_local or case.recipient.domain in context.settings.relay_domains
    seen: list[tuple[str, Reply | None]] = []
    await Policy(context.settings, context.resolver).check(
        Asked(case.peer, case.sender, case.recipient, sender_is_local, takes), seen
    )
    return [_restriction(name, reply) for name, reply in seen]


def _lives_here(tx: Session, case: Case) -> tuple[bool, bool]:
    sender = case.sender is not None and lookup.is_local_domain(tx, case.sender.domain)
    return sender, not isinstance(lookup.resolve(tx, str(case.recipient)), RemoteDomain)


def _restriction(name: str, reply: Reply | None) -> Point:
    if reply is None:
        return Point("restriction", name, saying.NOTHING)
    if reply is PERMIT:
        return Point("restriction", name, saying.LET_PASS, decides=True)
    return Point("restriction", name, saying.answer(reply, name), decides=True)


def _directory(tx: Session, recipient: str) -> Iterator[Point]:
    """Whom the address leads to."""
    match lookup.resolve(tx, recipient):
        case LocalUser(user):
            yield Point("directory", recipient, said(saying.USER, user=user.address))
        case AliasTo(targets, name):
            listed = ", ".join(targets[: bounds.MOST_TARGETS])
            yield Point("directory", recipient, said(saying.ALIAS, name=name, targets=listed))
            try:
                found = lookup.expand(tx, recipient, enough=bounds.MOST_TARGETS)
            except (AliasLoop, UnknownUser) as error:
                yield Point("directory", name, saying.refused(error))
                return
            for target in found.users:
                yield Point("directory", name, said(saying.LEADS_TO_USER, user=target.user.address))
            for address in found.remote:
                yield Point("directory", name, said(saying.LEADS_AWAY, address=address))
        case RemoteDomain(domain):
            yield Point("directory", recipient, said(saying.ELSEWHERE, domain=domain))
        case NoSuchUser():
            yield Point("directory", recipient, saying.NOBODY)
        case _:
            yield Point("directory", recipient, saying.OWN_ADDRESS)
