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
from mailnode.learning import teaching
from mailnode.learning.model import LEAST
from mailnode.mx.rates import PERIODS
from mailnode.node.point import Point
from mailnode.outbound import admission, counts, freezes, limits
from mailnode.outbound.models import DOMAIN, USER
from mailnode.settings import Settings
from mailnode.store import quota

MOST_TARGETS = 50


def of_strangers(settings: Settings) -> Iterator[Point]:
    """How much may come from one client, one network and one sender."""
    yield Point("limit", "connections_per_address", f"at most {settings.connections_per_address} at once")
    for one in settings.stranger_rates:
        says = f"at most {one.number} {one.what} of one {one.who} in a {PERIODS[one.seconds]}"
        yield Point("limit", f"{one.who}:{one.what}", says)


def of_user(tx: Session, user_id: int, now: int) -> Iterator[Point]:
    """How much a user may send, all users of the domain together too, and how much that was; nothing is counted."""
    domain_id = admission.domain_of(tx, user_id)
    mine, everybodys = limits.limits_of(tx, user_id, domain_id)
    for kind, owner, bounds in ((USER, user_id, mine), (DOMAIN, domain_id, everybodys)):
        sent = asdict(counts.sent(tx, kind, owner, now))
        for name, number in sent.items():
            most = getattr(bounds, name)
            yield Point("limit", f"{kind}: {name}", f"{number} of {most}" if most else f"{number}, without limit")
    if freezes.is_frozen(tx, user_id):
        yield Point("limit", "frozen", "what this user sends is held until somebody releases it")


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
    size = f"{usage.size} of {usage.size_limit}" if usage.size_limit else f"{usage.size}"
    messages = f"{usage.messages} of {usage.message_limit}" if usage.message_limit else f"{usage.messages}"
    without = "" if usage.size_limit or usage.message_limit else ", without limit"
    return Point("quota", user.address, f"{size} octets and {messages} messages are kept{without}")


def _own_filter(tx: Session, user: UserRow) -> Point:
    known = teaching.status(tx, user.id)
    taught = f"it has been taught {known.junk} junk and {known.wanted} wanted messages"
    if user.taught:
        return Point("filter", user.address, f"the user's own filter is asked: {taught}")
    return Point("filter", user.address, f"the user's own filter is not asked: {taught}, of {LEAST} each that it needs")
