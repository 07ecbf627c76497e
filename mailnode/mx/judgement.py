"""From what was seen to what becomes of the message: weights, their sum, and the words for it.

An action that one check asks for stands above the sum of the points where it is the harsher one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailnode.findings import Action, Finding, harshest, total
from mailnode.proto.replies import Reply
from mailnode.settings import Settings
from mailnode.strangers import WEIGHTS, Weight

MOST_RULES = 8  # that a refusal by points names
_DETAILS = {"spf_fail": "7.23", "no_reverse_name": "7.25", "unconfirmed_name": "7.25"}  # RFC 7372 §3.2, §3.3


@dataclass(frozen=True, slots=True)
class Seen:
    """A check has seen what it looks for. ``text`` is a sentence for people."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of one message and why.

    ``rule`` is the check, or the setting of the sum, that has decided; "" for a message that is simply taken.
    ``text`` says it in a sentence. ``reply`` is for DEFER and REJECT.
    """

    findings: tuple[Finding, ...] = ()
    score: float = 0.0
    action: Action = Action.TAKE
    rule: str = ""
    text: str = ""
    reply: Reply | None = None

    @property
    def words(self) -> dict[str, object]:
        """For the log."""
        if not self.findings:
            return {}
        found = {"score": self.score, "found": ",".join(one.rule for one in self.findings)}
        return found | ({"action": self.action.name.lower(), "decided": self.rule} if self.rule else {})


NOTHING = Judgement()


def weighed(settings: Settings, seen: Iterable[Seen]) -> tuple[Finding, ...]:
    """Findings with what the settings let them count; checks that are off are left out."""
    found = (weighed_as(_weight(settings, one.rule), one.rule, one.text) for one in seen)
    return tuple(one for one in found if one is not None)


def _weight(settings: Settings, rule: str) -> Weight:
    if rule == "dmarc_reject" and settings.dmarc_reject:
        return Action.REJECT
    return settings.checks.get(rule, WEIGHTS[rule])


def weighed_as(weight: Weight, rule: str, text: str) -> Finding | None:
    if isinstance(weight, Action):
        return Finding(rule, 0.0, text, weight)
    return Finding(rule, weight, text) if weight else None


def judged(settings: Settings, findings: Sequence[Finding]) -> Judgement:
    """The action that follows, with its reply."""
    score = round(total(findings), 2)
    action, rule, text = _by_points(settings, findings, score)
    asking = harshest(findings)
    if asking is not None and asking.action is not None and asking.action > action:
        action, rule, text = asking.action, asking.rule, asking.text
    return Judgement(tuple(findings), score, action, rule, text, reply(action, rule, text))


def _by_points(settings: Settings, findings: Sequence[Finding], score: float) -> tuple[Action, str, str]:
    limits = (
        (Action.REJECT, "reject_score", settings.reject_score),
        (Action.QUARANTINE, "quarantine_score", settings.quarantine_score),
        (Action.JUNK, "junk_score", settings.junk_score),
        (Action.TAG, "tag_score", settings.tag_score),
    )
    for action, rule, limit in limits:
        if limit is not None and score >= limit:
            counted = sorted((one for one in findings if one.score > 0), key=lambda one: -one.score)
            named = ", ".join(one.rule for one in counted[:MOST_RULES])
            return action, rule, f"The message has {score:g} points of {limit:g}: {named}"
    return Action.TAKE, "", ""


def reply(action: Action, rule: str, text: str) -> Reply | None:
    """The refusal, naming the rule (RFC 3463 §3.8: X.7.1, or what says it better); None for what is taken."""
    detail = _DETAILS.get(rule, "7.1")
    if action is Action.REJECT:
        return Reply(550, f"5.{detail}", f"{rule}: {text}")
    if action is Action.DEFER:
        return Reply(450, f"4.{detail}", f"{rule}: {text}")
    return None
