"""Why something happened, in plain words of both languages."""

from __future__ import annotations

from typing import get_args

import pytest

from mailnode.filters import clamd, milter, rspamd, spamd
from mailnode.findings import Finding
from mailnode.history import reasons
from mailnode.history.details import Act, Step
from mailnode.learning import judging as own
from mailnode.mx import greylist, policy, rates
from mailnode.proto.content import Fault
from mailnode.sentences import CHINESE
from mailnode.strangers import WEIGHTS

NAMED = {
    *WEIGHTS,
    *(rule for rule in policy.RULES if rule.startswith("reject_")),
    *(fault for fault in get_args(Fault) if fault),
    *(one.RULE for one in (clamd, milter, rspamd, spamd, own, greylist, rates)),
    *("spf", "dkim", "arc", "dmarc", "sender", "relay_verify"),
    *(f"{name}_score" for name in ("reject", "quarantine", "junk", "tag")),
}


def test_every_check_has_its_words_and_no_other() -> None:
    assert set(reasons.RULES) == NAMED


@pytest.mark.parametrize("rule", reasons.RULES)
def test_words_are_sentences_of_both_languages(rule: str) -> None:
    english, chinese = reasons.RULES[rule]
    assert english.isascii()
    assert english.endswith(".")
    assert chinese.endswith("。")


@pytest.mark.parametrize(
    ("step", "english"),
    [
        (Step(Act.FAILED, status="5.1.1", text="550 unknown user"), "The address does not exist."),
        (Step(Act.REFUSED, status="5.2.2", text="is full", rule="delivery"), "The recipient's mailbox is full."),
        (Step(Act.REFUSED, status="5.7.1", text="Listed", rule="zen.example.org"), "The list zen.example.org warns"),
        (Step(Act.KEPT, mailbox="Junk", rule="own_filter", text="casino"), "The recipient's own filter"),
    ],
)
def test_the_cause_of_a_step(step: Step, english: str) -> None:
    assert reasons.why(step, "en").startswith(english)
    assert reasons.why(step, "zh").endswith("。")


def test_what_one_of_our_own_rules_says() -> None:
    step = Step(Act.REFUSED, rule="sending-limited", text="Too much was sent")
    assert reasons.why(step, "en") == "Too much was sent"
    assert reasons.why(step, "zh") == CHINESE["sending-limited"]


@pytest.mark.parametrize("act", [Act.KEPT, Act.SENT, Act.ARRIVED, Act.QUEUED])
def test_what_went_well_has_no_cause(act: Act) -> None:
    assert reasons.why(Step(act, status="2.0.0", text="250 ok"), "en") == ""


def test_a_list_that_welcomes_warns_of_nothing() -> None:
    assert reasons.seen(Finding("list.example.org", -1.0), "en") == ""
    assert "list.example.org" in reasons.seen(Finding("list.example.org", 3.0), "zh")
