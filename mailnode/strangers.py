"""What the settings say about strangers' mail at port 25: what each check counts, lists in the DNS, how much may come.

- A weight is a number of points (``2.5``, ``-1``), ``off``, or an action that follows by itself (``reject``, ``junk``).
- A list in the DNS is written as for Postfix's postscreen: ``zone=answers*weight``, in which answers are octets with
  stretches and alternatives in brackets (``127.0.0.[2..11]``, ``127.0.[0..255].[1;2;3]``). A negative weight makes it
  a list of the welcome.
- A rate is ``who:what=number/period``: ``client:messages=100/m``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailnode.findings import Action

Weight = float | Action

# What the checks count that are not set otherwise, by their names.
WEIGHTS: Mapping[str, Weight] = {
    # The client's address.
    "no_reverse_name": 1.5,
    "unconfirmed_name": 1.0,
    "numbered_name": 1.0,
    "early_talker": 3.0,
    # The name in EHLO.
    "helo_is_us": Action.REJECT,
    "helo_our_domain": 3.0,
    "helo_bare_address": 2.0,
    "helo_other_address": 2.0,
    "helo_unknown_name": 1.0,
    # Who says to have sent it.
    "dmarc_pass": -0.5,
    "sealed_by_trusted": -0.5,
    "dmarc_reject": Action.JUNK,
    "dmarc_quarantine": Action.JUNK,
    "dmarc_fail": 1.0,
    "several_authors": Action.JUNK,
    "spf_fail": 2.0,
    "spf_softfail": 1.0,
    "unproved": 1.0,
    "unproved_as_us": 3.0,
    "bounce_to_many": 2.0,
    # The content.
    "no_from": 3.0,
    "several_froms": 4.0,
    "from_no_address": 2.5,
    "from_other_address": 2.0,
    "no_date": 1.5,
    "distant_date": 1.5,
    "no_message_id": 0.5,
    "shouted_subject": 0.5,
    "only_a_picture": 2.0,
    "link_lies": 2.0,
    "program_attached": 4.0,
}

_ACTIONS = {action.name.lower(): action for action in Action if action is not Action.TAKE}
_LIST = re.compile(r"([^=*\s]+)(?:=([^=*\s]+))?(?:\*(\S+))?\Z")
_OCTET = re.compile(r"\[([0-9.;]+)\]|([0-9]{1,3})")
_RATE = re.compile(r"(client|network|sender):(connections|messages|recipients)=([0-9]{1,9})/([smhd])\Z")
_PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LIST_WEIGHT = 3.0


@dataclass(frozen=True, slots=True)
class DnsList:
    """``answers``: for each of the four octets the numbers that count; empty: any answer in 127.0.0.0/8 does."""

    zone: str
    answers: tuple[frozenset[int], ...] = ()
    weight: Weight = LIST_WEIGHT

    def counts(self, answer: str) -> bool:
        """Whether an A record says that the client is listed. 127.255.255.x says that we may not ask (RFC 5782 §2.1
        leaves the codes to the lists; the large public ones agree on this)."""
        octets = answer.split(".")
        if octets[0] != "127" or octets[1:3] == ["255", "255"]:
            return False
        return not self.answers or all(int(one) in allowed for one, allowed in zip(octets, self.answers, strict=True))


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``number`` of ``what`` within ``seconds`` from one ``who``."""

    who: str  # client, network, sender
    what: str  # connections, messages, recipients
    number: int
    seconds: int


def weight(text: str) -> Weight:
    """Raises ValueError."""
    word = text.strip().lower()
    if word == "off":
        return 0.0
    if word in _ACTIONS:
        return _ACTIONS[word]
    try:
        points = float(word)
    except ValueError:
        points = float("nan")
    if not -1000 <= points <= 1000:
        raise ValueError(f"{text!r} is no weight; write points, off, {', '.join(_ACTIONS)}")
    return points


def weights(value: Any) -> Any:
    """``name=weight`` with spaces or commas between, or a table of them; what is not named keeps its own."""
    if isinstance(value, str):
        pairs = [part.partition("=")[::2] for part in value.replace(",", " ").split()]
    elif isinstance(value, Mapping):
        pairs = [(name, given.name if isinstance(given, Action) else str(given)) for name, given in value.items()]
    else:
        return value
    for name, _ in pairs:
        if name not in WEIGHTS:
            raise ValueError(f"{name!r} is no check; there are {', '.join(WEIGHTS)}")
    return {name: weight(text) for name, text in pairs}


def dns_lists(value: Any) -> Any:
    """Lists with spaces or commas between. Raises ValueError."""
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(words, list | tuple):
        return value
    return tuple(_dns_list(word) if isinstance(word, str) else word for word in words)


def _dns_list(text: str) -> DnsList:
    found = _LIST.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no list; write zone=127.0.0.[2..11]*points")
    answers = _answers(found[2]) if found[2] else ()
    return DnsList(found[1].rstrip(".").lower(), answers, weight(found[3]) if found[3] else LIST_WEIGHT)


def _answers(text: str) -> tuple[frozenset[int], ...]:
    octets = []
    rest = text
    for number in range(4):
        found = _OCTET.match(rest)
        behind = rest[found.end() :] if found else ""
        if found is None or behind[:1] != ("" if number == 3 else "."):
            raise ValueError(f"{text!r} is no answer of a list; write 127.0.0.2 or 127.0.0.[2..11]")
        octets.append(_numbers(found[1] or found[2]))
        rest = behind[1:]
    return tuple(octets)


def _numbers(text: str) -> frozenset[int]:
    found: set[int] = set()
    for each in text.split(";"):
        low, _, high = each.partition("..")
        if not low.isdigit() or not (high or low).isdigit() or int(high or low) > 255:
            raise ValueError(f"{each!r} is no stretch of numbers up to 255")
        found.update(range(int(low), int(high or low) + 1))
    return frozenset(found)


def rates(value: Any) -> Any:
    """Rates with spaces or commas between. Raises ValueError."""
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(words, list | tuple):
        return value
    return tuple(_rate(word) if isinstance(word, str) else word for word in words)


def _rate(text: str) -> Rate:
    found = _RATE.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no rate; write client:messages=100/m (client, network, sender; s, m, h, d)")
    return Rate(found[1], found[2], int(found[3]), _PERIODS[found[4]])
