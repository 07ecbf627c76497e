"""The words of an explanation, in both languages."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

import pytest

from mailnode.cli import explain as cli
from mailnode.errors import AliasLoop
from mailnode.findings import Action, Finding
from mailnode.history.details import Act, Step
from mailnode.history.saying import Pair
from mailnode.mx.rates import PERIODS
from mailnode.node import saying
from mailnode.proto.replies import Reply

HAN = re.compile("[一-鿿]")


def pairs() -> Iterator[tuple[str, Pair]]:
    """Every pair of words of the module, by its name."""
    for name, value in vars(saying).items():
        for key, one in value.items() if isinstance(value, dict) else [("", value)]:
            if isinstance(one, tuple) and len(one) == 2 and all(isinstance(text, str) for text in one):
                yield f"{name} {key}", one


def facts(form: str) -> set[str | None]:
    return {part[1] for part in string.Formatter().parse(form)} - {None}


@pytest.mark.parametrize(("name", "pair"), list(pairs()))
def test_all_words_are_there_in_chinese(name: str, pair: Pair) -> None:
    english, chinese = pair
    words = re.sub(r"{.*?}", "", english)
    assert english.isascii()
    assert HAN.search(chinese) or not re.search(r"[A-Za-z]", words), name
    assert facts(english) == facts(chinese) - {"why"}


def test_all_that_may_come_in_a_time_has_its_word() -> None:
    assert {seconds: pair[0] for seconds, pair in saying.PERIODS.items()} == PERIODS


def test_what_is_done_and_what_is_counted_has_a_name_in_chinese() -> None:
    assert {act.name.lower() for act in Act} <= set(cli.NAMES)
    assert {f"{kind}: {name}" for kind in ("user", "domain") for name in cli.LIMITS} <= set(cli.NAMES)
    assert all(HAN.search(text.zh) for text in cli.NAMES.values())


@pytest.mark.parametrize(
    ("reply", "rule", "chinese"),
    [
        (Reply(250, "2.0.0", "Stored"), "", "接收（250 2.0.0 Stored）"),
        (Reply(451, "", "Hm"), "odd", "推迟"),
        (
            Reply(450, "4.7.1", "greylist: later"),
            "greylist",
            "推迟：本站还不认识此发送方，已请其稍后再来（450 4.7.1 greylist: later）",
        ),
        (
            Reply(550, "5.7.1", "Too much"),
            "sending-limited",
            "拒收：您目前的发信量已达上限，请稍后再试（550 5.7.1 Too much）",
        ),
    ],
)
def test_an_answer_stays_as_it_is_beside_its_meaning(reply: Reply, rule: str, chinese: str) -> None:
    said = saying.answer(reply, rule)
    assert said[0] == " ".join(part for part in (str(reply.code), reply.status, reply.text) if part)
    assert said[1].startswith(chinese)
    assert said[0] in said[1]


def test_a_check_counts_and_asks() -> None:
    finding = Finding("program_attached", 4.0, "A program is attached", Action.QUARANTINE)
    assert saying.check(finding) == ("A program is attached (+4 points): quarantine", "附件中有程序（+4 分）：隔离")


def test_a_step_says_why_it_goes_wrong() -> None:
    failed = Step(Act.FAILED, "a@example.com", target="b@example.com", status="5.2.2", text="The mailbox is full")
    english, chinese = saying.step(failed)
    assert english == "a@example.com -> b@example.com: 5.2.2: The mailbox is full"
    assert HAN.search(chinese)
    kept = Step(Act.KEPT, "a@example.com", mailbox="Junk", rule="clamd", text="it holds Eicar")
    assert saying.step(kept)[1] == "a@example.com：Junk：clamd：含有 Eicar"


def test_a_rule_of_ours_in_chinese_unless_it_has_a_sentence_of_its_own() -> None:
    assert saying.refused(AliasLoop()) == (AliasLoop.public, "别名又指回了它自己")
    assert saying.refused(AliasLoop("a leads back to itself"))[1] == "a 又指回了它自己"
    assert saying.refused(AliasLoop("Round and round")) == ("Round and round", "Round and round")
