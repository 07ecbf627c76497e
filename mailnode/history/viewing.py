"""Who is shown what of a row.

- A system administrator sees everything.
- Whoever sent a message sees its recipients as it was addressed, whether it arrived, and each attempt elsewhere with
  the other host's words. Not the recipients' mailboxes and rules, nor whom an alias stands for: all of that is
  "arrived".
- Whoever got a message, or would have, sees who brought it, what was found in it and where it was put. Not the other
  recipients (some are blind copies), nor how the sender had logged in.
- The administrator of a domain sees what its users see together, without the words by which a user's own filter
  decided, and without the names of other domains' mailboxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailnode.history.details import NOBODY, Act, Step, What
from mailnode.history.finding import Row

# What happens behind the recipient's address is the recipient's own affair.
_ARRIVED = (Act.KEPT, Act.FORWARDED, Act.DISCARDED, Act.QUARANTINED)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. ``domains`` are those that they administer."""

    user_id: int = 0
    administrator: bool = False
    domains: frozenset[str] = frozenset()


ADMINISTRATOR = Viewer(administrator=True)


def seen(viewer: Viewer, row: Row) -> Row | None:
    """The row as it may be shown; None: not at all."""
    if viewer.administrator:
        return row
    sent = bool(row.user_id) and (row.user_id == viewer.user_id or _domain(row.sender) in viewer.domains)
    steps = tuple(dict.fromkeys(_steps(viewer, row, sent=sent)))
    if not steps:
        return None
    detail = replace(row.detail, steps=steps)
    if not sent:
        ours = row.what == What.SUBMITTED
        detail = replace(detail, arrival=NOBODY if ours else detail.arrival._replace(user=""))
        detail = replace(detail, findings=()) if ours else detail
    return replace(row, detail=detail, queue_id=row.queue_id if sent else 0)


def _steps(viewer: Viewer, row: Row, *, sent: bool) -> Iterator[Step]:
    for step in row.detail.steps:
        if viewer.user_id and step.user_id == viewer.user_id:
            yield step
        elif _is_in(viewer, step):
            yield _as_administered(viewer, step)
        elif sent:
            yield _as_sent(step)


def _is_in(viewer: Viewer, step: Step) -> bool:
    return _domain(step.recipient) in viewer.domains or _domain(step.target) in viewer.domains


def _as_administered(viewer: Viewer, step: Step) -> Step:
    """Without the words that a user's own filter or rules go by, and without other domains' mailboxes."""
    if step.act in _ARRIVED:
        step = step._replace(text="")
    foreign = step.target and _domain(step.target) not in viewer.domains
    return step._replace(mailbox="", user_id=0) if foreign else step


def _as_sent(step: Step) -> Step:
    """What the sender may know of it."""
    if step.act in _ARRIVED:
        return Step(Act.ARRIVED, step.recipient)
    if step.user_id or step.target:  # at a mailbox here: the words may name it
        text = "" if step.target else step.text
        rule = step.rule if step.act == Act.REFUSED else ""
        return step._replace(user_id=0, mailbox="", target="", text=text, rule=rule)
    return step


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
