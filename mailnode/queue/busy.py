"""Of what a process has enough in hand: a claim passes it over, so that one slow host takes no other's place.

A host counts for all destinations whose mail leaves through it, those of which nothing is in hand as well. Which
way is a destination's is the rule of `directory.transports`: the most exact pattern counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, false, or_, select, true

from mailnode.directory.models import Domain, Transport
from mailnode.queue.models import QueueRecipient

_recipient = QueueRecipient.__table__.c


@dataclass(frozen=True, slots=True)
class Busy:
    """``destinations`` one by one; ``below`` a domain, the most exact first, whether the way of all below it is busy;
    ``rest`` whether that is which takes what has no way of its own."""

    destinations: Sequence[str] = ()
    below: Sequence[tuple[str, bool]] = ()
    rest: bool = False


NOTHING = Busy()


def may_go(busy: Busy) -> ColumnElement[bool]:
    """For recipients whose mail leaves by no busy host, and those here."""
    is_free = _recipient.destination.not_in(busy.destinations)
    has_shared = busy.rest or any(is_busy for _, is_busy in busy.below)
    return and_(is_free, ~_shares_a_busy_host(busy)) if has_shared else is_free


def _shares_a_busy_host(busy: Busy) -> ColumnElement[bool]:
    to = _recipient.destination
    ways = ((to.endswith(f".{domain}", autoescape=True), is_busy) for domain, is_busy in busy.below)
    return case(
        (or_(to == "", to.in_(select(Domain.name))), false()),
        (to.in_(select(Transport.pattern)), false()),  # has a way of its own, which is a name in ``destinations``
        *((covered, true() if is_busy else false()) for covered, is_busy in ways),
        else_=true() if busy.rest else false(),
    )
