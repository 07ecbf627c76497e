"""What a check found in a message or its sender, and what follows from all that was found.

Every check at the doors -- lists in the DNS, names, greylisting, SPF, DKIM and DMARC, content filters, the user's
own filter -- says what it saw as a `Finding`. Points are added up; an action that a check asks for by itself stands
above the sum. The same values go into the log, into the history of the message and into what ``explain`` prints,
so a finding's ``text`` is a sentence for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Action(IntEnum):
    """What becomes of a message, from the kindest to the harshest."""

    TAKE = 0
    TAG = 1  # taken, with a field that says what was found
    JUNK = 2  # into the Junk mailbox of each recipient
    QUARANTINE = 3  # kept where only an administrator can look at it and release it
    DEFER = 4  # 4xx: the sender tries again
    REJECT = 5  # 5xx


@dataclass(frozen=True, slots=True)
class Finding:
    """``rule`` is the check's name, as in the settings and the log; ``score`` is in points, above zero for suspicion.

    ``action``: what the check asks for whatever the others say; None leaves it to the sum.
    """

    rule: str
    score: float = 0.0
    text: str = ""
    action: Action | None = None


def total(findings: Iterable[Finding]) -> float:
    """The sum of the points."""
    return sum(finding.score for finding in findings)


def harshest(findings: Iterable[Finding]) -> Finding | None:
    """The finding that asks for the harshest action by itself, if any asks."""
    asking = [finding for finding in findings if finding.action is not None]
    return max(asking, key=lambda finding: finding.action or Action.TAKE, default=None)
