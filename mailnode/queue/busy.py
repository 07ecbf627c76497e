"""Of what a process has enough in hand: a claim passes it over, so that one slow host takes no other's place.

A host counts for all destinations whose mail leaves through it, those of which nothing is in hand as well. Which
way is a destination's is the rule of `directory.transports`: the most exact pattern counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, false, or_, select, true

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

    @property
    def has_shared(self) -> bool:
        """True where a host of many destinations is busy."""
        return self.rest or any(is_busy for _, is_busy in self.below)


NOTHING = Busy()


def is_passed_over(busy: Busy) -> ColumnElement[bool]:
    """For recipients of destinations that share a busy host; mail for here never does."""
    to = _recipient.destination
    ways = ((to.endswith(f".{domain}", autoescape=True), is_busy) for domain, is_busy in busy.below)
    return case(
        (or_(to == "", to.in_(select(Domain.name))), false()),
        (to.in_(select(Transport.pattern)), false()),  # has a way of its own, which is a name in ``destinations``
        *((covered, true() if is_busy else false()) for covered, is_busy in ways),
        else_=true() if busy.rest else false(),
    )
