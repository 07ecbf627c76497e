"""One step of a message's way, in a sentence."""

from __future__ import annotations

from mailnode.history import saying
from mailnode.history.details import Act, Step

HOST = "mx.far.example [192.0.2.9]"


def test_a_host_that_answered_is_quoted() -> None:
    step = Step(Act.FAILED, "x@far.example", status="5.1.1", text="550 5.1.1 No", host=HOST)
    assert saying.told(step, "en") == f"x@far.example: cannot be delivered, without TLS; {HOST} said: 550 5.1.1 No"


def test_a_host_that_could_not_be_reached_said_nothing() -> None:
    step = Step(Act.DEFERRED, "x@far.example", status="4.4.1", text=f"{HOST}: Connection refused", host=HOST)
    why = f"4.4.1 {HOST}: Connection refused"
    assert saying.told(step, "en") == f"x@far.example: not now, it will be tried again: {why}"
    assert saying.told(step, "zh") == f"x@far.example：暂时无法投递，稍后重试: {why}"


def test_the_rule_that_refused_is_named_once() -> None:
    step = Step(Act.REFUSED, "x@far.example", status="5.7.1", text="reject_unauth: No relay", rule="reject_unauth")
    assert saying.told(step, "en") == "x@far.example: refused by the rule reject_unauth: 5.7.1 No relay"


def test_people_read_a_domain_as_it_is_written() -> None:
    step = Step(Act.KEPT, "info@xn--fsqu00a.example", target="李四@xn--fsqu00a.example", mailbox="INBOX")
    assert saying.told(step, "zh") == "info@例子.example → 李四@例子.example：存入 INBOX"
