"""How much may be sent: by a user, and by all of a domain, in an hour and in a day.

There are limits from the start, generous ones. Each can be set for one user, for every user of a domain
and for a domain as a whole; the closer one counts, and 0 lifts it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TypedDict, Unpack

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailnode.database import insert_on_conflict
from mailnode.errors import BadLimit, SendingLimited
from mailnode.outbound import counts
from mailnode.outbound.counts import Sent
from mailnode.outbound.models import DOMAIN, EACH, USER, SendingLimit
from mailnode.prepared import Prepared

MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """0 is no limit. ``burst_recipients``: fewer recipients an hour than this are never a burst."""

    hourly_messages: int
    hourly_recipients: int
    daily_messages: int
    daily_recipients: int
    burst_recipients: int


class LimitChanges(TypedDict, total=False):
    """What `change` may set; None goes back to the limit further away."""

    hourly_messages: int | None
    hourly_recipients: int | None
    daily_messages: int | None
    daily_recipients: int | None
    burst_recipients: int | None


OF_A_USER = Limits(1_000, 2_000, 5_000, 10_000, 300)
OF_A_DOMAIN = Limits(10_000, 20_000, 50_000, 100_000, 0)
NAMES = tuple(one.name for one in fields(Limits))
_RULES = (  # of Sent and Limits, with the words for each
    ("hourly_messages", "messages an hour"),
    ("hourly_recipients", "recipients an hour"),
    ("daily_messages", "messages a day"),
    ("daily_recipients", "recipients a day"),
)
_SET = Prepared(
    text(
        "SELECT kind, hourly_messages, hourly_recipients, daily_messages, daily_recipients, burst_recipients"
        " FROM sending_limit WHERE (kind = 'user' AND owner_id = :user)"
        " OR (kind IN ('each', 'domain') AND owner_id = :domain)"
    )
)


def limits_of(tx: Session, user_id: int, domain_id: int) -> tuple[Limits, Limits]:
    """What counts for the user, and what for the user's domain."""
    found = {
        row[0]: tuple(row[1:]) for row in _SET.run(tx.connection(), {"user": user_id, "domain": domain_id}).fetchall()
    }
    return _nearest(OF_A_USER, found.get(USER), found.get(EACH)), _nearest(OF_A_DOMAIN, found.get(DOMAIN))


def _nearest(usual: Limits, *closer: tuple[int | None, ...] | None) -> Limits:
    """Of each limit the first that is set."""
    values = [next((one[at] for one in closer if one and one[at] is not None), None) for at in range(len(NAMES))]
    return Limits(*(usual if one is None else one for one, usual in zip(values, asdict(usual).values(), strict=True)))


def own(tx: Session, kind: str, owner_id: int) -> dict[str, int | None]:
    """The limits set here and nowhere else, by their names; None where nothing is set."""
    row = tx.get(SendingLimit, (kind, owner_id))
    return {name: getattr(row, name) if row else None for name in NAMES}


def change(tx: Session, kind: str, owner_id: int, **values: Unpack[LimitChanges]) -> None:
    """Set what is given, for a user, a domain or each user of a domain; of two at once the last counts, for each limit.

    Raises BadLimit.
    """
    if any(value is not None and not 0 <= value <= MOST for value in values.values()):  # type: ignore[operator]
        raise BadLimit
    if values:
        fresh = insert_on_conflict(tx, SendingLimit).values(kind=kind, owner_id=owner_id, **values)
        changed = fresh.on_conflict_do_update(index_elements=["kind", "owner_id"], set_=values)
        tx.scalar(changed.returning(SendingLimit), execution_options={"populate_existing": True})


def check(limits: Limits, sent: Sent, *, whole_domain: bool = False) -> None:
    """Raises SendingLimited where what was sent, this message counted in, is more than may be."""
    for name, words in _RULES:
        most: int = getattr(limits, name)
        if most and getattr(sent, name) > most:
            who = "All users of your domain together" if whole_domain else "You"
            raise SendingLimited(f"{who} may send {most} {words}; try again later")


def counted(tx: Session, user_id: int, domain_id: int, recipients: int, now: int) -> tuple[Limits, Sent]:
    """Count one message of the user's. Raises SendingLimited; the caller then rolls back."""
    mine, everybodys = limits_of(tx, user_id, domain_id)
    counts.count(tx, USER, user_id, recipients, now)
    counts.count(tx, DOMAIN, domain_id, recipients, now)
    sent = counts.sent(tx, USER, user_id, now)
    check(mine, sent)
    check(everybodys, counts.sent(tx, DOMAIN, domain_id, now), whole_domain=True)
    return mine, sent
