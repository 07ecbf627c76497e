"""What a row tells: where a message came from, what was found in it, and its steps; as values and as JSON.

In the database each value is a list of its fields without the empty ones at the end; names would take more room than
what they name. New fields come at the end of a value, new numbers at the end of an enumeration: rows live for weeks,
and a newer program reads an older one's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

from mailnode.findings import Action, Finding
from mailnode.quoted import quoted


class What(IntEnum):
    """What a row is about; the numbers are kept in the database."""

    RECEIVED = 1  # another host brought a message, and it was taken
    SUBMITTED = 2  # one of ours sent a message
    REFUSED = 3  # nothing was kept
    DELIVERED = 4  # the queue brought it to mailboxes here, or tried
    ATTEMPTED = 5  # the queue brought it to another host, or tried
    REPORTED = 6  # the sender was told
    HANDLED = 7  # somebody held, released, hurried or removed it


class Act(IntEnum):
    """One step for one recipient; the numbers are kept in the database."""

    KEPT = 1  # in a mailbox here
    QUEUED = 2  # for later or for elsewhere, as `Step.queue_id`
    SENT = 3  # another host has taken it
    DEFERRED = 4  # not now
    FAILED = 5  # never
    REFUSED = 6  # the client was told no, by `Step.rule`
    FORWARDED = 7  # an alias or a rule sends it on to `Step.target`, as `Step.queue_id`
    DISCARDED = 8  # a rule took it away
    BOUNCED = 9  # the sender was told that it failed, by a message with `Step.queue_id`
    WARNED = 10  # the sender was told that it is late
    CONFIRMED = 11  # the sender was told that it arrived
    HELD = 12
    RELEASED = 13
    RETRIED = 14  # made due at once
    REMOVED = 15  # from the queue, without telling anybody
    CALLED_BACK = 16  # by its sender, before its time
    QUARANTINED = 17  # kept back, as `Step.quarantine_id`
    ARRIVED = 18  # at an address of the system's own; and all that a sender is shown of what happens at a recipient's


class Step(NamedTuple):
    """``recipient`` as the message was addressed, "" for all. ``target``: who that led to, where it is another one.

    ``user_id`` is whose mailbox it is about. ``text``: in words, the remote host's own where there is a ``host``.
    ``tls``: how the connection was protected. ``times``: so often, within some seconds.
    """

    act: Act
    recipient: str = ""
    user_id: int = 0
    mailbox: str = ""
    target: str = ""
    queue_id: int = 0
    status: str = ""
    text: str = ""
    rule: str = ""
    host: str = ""
    tls: str = ""
    quarantine_id: int = 0
    times: int = 1


class Arrival(NamedTuple):
    """Who brought the message: the client's address, its name in the DNS, what it said in EHLO; ``with_`` is the
    protocol's word in Received; ``user`` is who had logged in."""

    address: str = ""
    name: str = ""
    hello: str = ""
    tls: str = ""
    with_: str = ""
    user: str = ""


NOBODY = Arrival()
BY_HTTP = "HTTP"  # with what the API's callers come


@dataclass(frozen=True, slots=True)
class Detail:
    """All of a row that is not a column. ``size`` in octets."""

    steps: tuple[Step, ...]
    message_id: str = ""
    size: int = 0
    arrival: Arrival = NOBODY
    findings: tuple[Finding, ...] = ()


_USUAL = 4  # fields of a step into a mailbox
_UNSAID = Step(Act.KEPT)[_USUAL:]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def written(message_id: str, size: int, arrival: Arrival, findings: Sequence[Finding]) -> str:
    """All of a detail but its steps, as the end of its JSON."""
    found = _encode([[one.rule, one.score, one.text, one.action] for one in findings]) if findings else "[]"
    return f"{quoted(message_id)},{size},{_brought(arrival)},{found}]"


@lru_cache(512)
def _brought(arrival: Arrival) -> str:
    """The same clients come again and again."""
    return _encode(_trimmed(arrival))


def with_steps(steps: Sequence[Step], rest: str) -> str:
    """A detail as JSON; both engines take it, whatever strangers said."""
    told = [_usual(*step[:_USUAL]) if step[_USUAL:] == _UNSAID else _encode(_trimmed(step)) for step in steps]
    text = f"[[{','.join(told)}],{rest}"
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@lru_cache(4096)
def _usual(*fields: int | str) -> str:
    """The same person gets one message after the other."""
    return _encode(fields)


def read(text: str) -> Detail:
    """The inverse; fields that this program does not know are passed over."""
    steps, message_id, size, arrival, findings = json.loads(text)[:5]
    return Detail(
        tuple(_step(one) for one in steps),
        message_id,
        size,
        Arrival(*arrival[: len(Arrival._fields)]),
        tuple(_finding(*one[:4]) for one in findings),
    )


def _trimmed(value: Sequence[Any]) -> Sequence[Any]:
    """Without the fields at the end that say nothing."""
    end = len(value)
    if value and value[-1] == 1:  # once
        end -= 1
    while end and not value[end - 1]:
        end -= 1
    return value[:end]


def _step(fields: list[Any]) -> Step:
    act, *rest = fields[: len(Step._fields)]
    return Step(Act(act), *rest)


def _finding(rule: str, score: float, text: str, action: int | None) -> Finding:
    return Finding(rule, score, text, None if action is None else Action(action))
