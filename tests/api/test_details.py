"""What is told of a refusal beside its title is told in Chinese as well."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from backend import details
from mailnode import errors
from mailnode.errors import MailError
from mailnode.proto.address import parse_mailbox
from mailnode.proto.replies import Refused
from tests.support.node import ROOT
from tests.support.site import Site

RAISED = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, MailError)}
ELSEWHERE = ("cli",)  # which speaks for itself

LIMITED = "{} may send {} {}; try again later"  # whose words are all facts


def sentences(node: ast.expr) -> Iterator[str]:
    """The sentences that an argument can be, with {} for a fact."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)  # type: ignore[misc]
        case ast.IfExp(body=one, orelse=other):
            yield from sentences(one)
            yield from sentences(other)
        case ast.Dict(values=inner) | ast.List(elts=inner):
            for one in inner:
                yield from sentences(one)


def said() -> Iterator[str]:
    """Whatever the code says of a refusal in words of its own."""
    for folder in ("mailnode", "backend"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.parent.name in ELSEWHERE:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                    name = getattr(node.exc.func, "id", getattr(node.exc.func, "attr", ""))
                    if name in RAISED | {"BadQuery", "ValidationError"}:
                        yield from sentences(node.exc.args[0])


def test_every_detail_is_said_in_chinese() -> None:
    found = set(said())
    assert "A quota is not negative" in found
    filled = {sentence: sentence.replace("{}", "7") for sentence in found}
    for kind in ("messages an hour", "recipients an hour", "messages a day", "recipients a day"):
        for who in ("You", "All users of your domain together"):
            filled[f"{who} {kind}"] = f"{who} may send 7 {kind}; try again later"
    assert [sentence for sentence, text in filled.items() if details.in_chinese(text) == text] == [LIMITED]


@pytest.mark.parametrize(
    "bad", ["x" * 400, "a b@c.d", "@x.test", "a@" + "x" * 300, "a@[x]", "a@-", f"a@{'x' * 70}.test"]
)
def test_why_an_address_is_none(bad: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_mailbox(bad)
    assert details.in_chinese(str(refused.value)).startswith("这不是邮件地址：")


def test_facts_stand_in_the_sentence_and_own_words_stay() -> None:
    assert details.in_chinese("a leads to more than 5 addresses") == "a 指向的地址超过 5 个"
    assert details.in_chinese("{} is not a mail address") == "{} 不是邮件地址"
    assert details.in_chinese("Call 123") == "Call 123"
    assert details.in_chinese(long := "x" * 10_000_000 + " is not a domain name") == long


def test_problems_are_told_in_the_language_of_the_request(site: Site) -> None:
    chinese = {"Accept-Language": "zh-CN"}
    search = site.anna.get("search?q=has:what", headers=chinese)
    assert search.json["errors"][0]["detail"] == "没有 has:what，可用 has:attachment"
    missing = site.anna.post("mailboxes", {}, headers=chinese)
    assert missing.json["errors"][0]["detail"] == "此项必填"
    kept = site.root.patch("domains/example.test", {"default_quota_bytes": -1}, headers={**chinese, "If-Match": "*"})
    assert kept.json.get("detail") or kept.json["errors"][0]["detail"]
    assert not (kept.json.get("detail") or kept.json["errors"][0]["detail"]).isascii()
