"""What bounds a message, for an explanation: how much may come or leave, what a mailbox may hold, who judges there.

What strangers have brought so far is counted in the memory of the processes that serve them (`mx.rates`), so only the
numbers are told; what users have sent and what their mailboxes hold stands in the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sqlalchemy.orm import Session

from mailnode.directory import lookup
from mailnode.directory.lookup import AliasTo, LocalUser, UserRow
from mailnode.errors import AliasLoop, UnknownUser
from mailnode.history.saying import Pair
from mailnode.learning import teaching
from mailnode.learning.model import LEAST
from mailnode.node import saying
from mailnode.node.point import Point
from mailnode.node.saying import said
from mailnode.outbound import admission, counts, freezes, limits
from mailnode.outbound.models import DOMAIN, USER
from mailnode.settings import Settings
from mailnode.store import quota
from mailnode.strangers import Rate

MOST_TARGETS = 50


def of_strangers(settings: Settings) -> Iterator[Point]:
    """How much may come from one client, one network and one sender."""
    yield Point("limit", "connections_per_address", said(saying.AT_ONCE, number=settings.connections_per_address))
    for one in settings.stranger_rates:
        yield Point("limit", f"{one.who}:{one.what}", _rate(one))


def _rate(one: Rate) -> Pair:
    what, who, period = saying.WHAT[one.what], saying.WHO[one.who], saying.PERIODS[one.seconds]
    return said(saying.RATE, number=one.number, what=what, who=who, period=period)


def of_user(tx: Session, user_id: int, now: int) -> Iterator[Point]:
    """How much a user may send, all users of the domain together too, and how much that was; nothing is counted."""
    domain_id = admission.domain_of(tx, user_id)
    mine, everybodys = limits.limits_of(tx, user_id, domain_id)
    for kind, owner, bounds in ((USER, user_id, mine), (DOMAIN, domain_id, everybodys)):
        sent = asdict(counts.sent(tx, kind, owner, now))
        for name, number in sent.items():
            most = getattr(bounds, name)
            says = said(saying.SENT if most else saying.SENT_FREELY, number=number, most=most)
            yield Point("limit", f"{kind}: {name}", says)
    if freezes.is_frozen(tx, user_id):
        yield Point("limit", "frozen", saying.FROZEN)


def of_mailboxes(tx: Session, recipient: str, *, judged: bool) -> Iterator[Point]:
    """What the recipients' mailboxes hold and may hold and, where a stranger's mail is ``judged``, who judges there."""
    for user in _users(tx, recipient):
        yield _quota(tx, user)
        if judged:
            yield _own_filter(tx, user)


def _users(tx: Session, recipient: str) -> Sequence[UserRow]:
    match lookup.resolve(tx, recipient):
        case LocalUser(user):
            return [user]
        case AliasTo():
            try:
                return [target.user for target in lookup.expand(tx, recipient, enough=MOST_TARGETS).users]
            except (AliasLoop, UnknownUser):
                return []
        case _:
            return []


def _quota(tx: Session, user: UserRow) -> Point:
    usage = quota.usage(tx, user.id)
    pair = saying.KEPT if usage.size_limit or usage.message_limit else saying.KEPT_FREELY
    size = _amount(usage.size, usage.size_limit)
    return Point("quota", user.address, said(pair, size=size, messages=_amount(usage.messages, usage.message_limit)))


def _amount(number: int, most: int | None) -> int | Pair:
    return said(saying.AMOUNT, number=number, most=most) if most else number


def _own_filter(tx: Session, user: UserRow) -> Point:
    known = teaching.status(tx, user.id)
    pair = saying.FILTER_ASKED if user.taught else saying.FILTER_NOT_ASKED
    return Point("filter", user.address, said(pair, junk=known.junk, wanted=known.wanted, least=LEAST))
