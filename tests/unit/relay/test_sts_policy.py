"""MTA-STS policies and their records, read as RFC 8461 writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.relay.sts_policy import BadPolicy, Policy, parse, policy_id
from tests.support import pace

GOOD = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n"


def test_a_policy() -> None:
    assert parse(GOOD.encode()) == Policy("enforce", 604800, ("mail.example.com", "*.example.net"))


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("mail.example.com", True),
        ("MAIL.Example.COM.", True),
        ("a.example.net", True),
        ("a.b.example.net", False),
        ("example.net", False),
        ("mail.example.org", False),
        ("", False),
    ],
)
def test_a_wildcard_is_one_label(host: str, allowed: bool) -> None:
    assert parse(GOOD.encode()).allows(host) is allowed


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD.replace("STSv1", "STSv2"),
        GOOD.replace("enforce", "force"),
        GOOD.replace("max_age: 604800", ""),
        GOOD.replace("604800", "-1"),
        GOOD.replace("604800", "99999999999"),
        GOOD.replace("*.example.net", "*.*.net"),
        GOOD.replace("mail.example.com", "ma il.example.com"),
        "version: STSv1\nmode: enforce\nmax_age: 1\n",
        GOOD + "nonsense\r\n",
        GOOD + "x" * 70_000,
    ],
)
def test_what_is_no_policy(text: str) -> None:
    with pytest.raises(BadPolicy):
        parse(text.encode())


def test_a_line_of_blanks_is_gone_over_once() -> None:
    blanks = ("version: STSv1\nmode: none\nmax_age: 1\nx: x" + " " * 60_000 + "x\n").encode()
    pace.assert_within(0.1, lambda: parse(blanks))


def test_bare_line_feeds_unknown_keys_and_long_lives() -> None:
    found = parse(b"version: STSv1\nmode: none\nnew_key: x y\nmax_age: 99999999\nmode: enforce\n\n")
    assert found == Policy("none", 31_557_600)


LINES = st.sampled_from(
    [
        b"version: STSv1", b"mode: enforce", b"mode: testing", b"mode: none", b"max_age: 1", b"max_age: 9999999999",
        b"mx: a.example", b"mx: *.example", b"mx: *.*", b"mx:", b"\xff: x", b"x", b" ", b"\r", b"version : STSv1 ",
        b"\0",
    ]
)  # fmt: skip
HEAD = b"version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.example\n"
POLICY = st.lists(LINES | st.binary(max_size=10), max_size=8).map(b"\n".join)


@given(st.binary(max_size=300) | POLICY | POLICY.map(lambda text: HEAD + text))
def test_any_octets_are_a_policy_or_none(text: bytes) -> None:
    try:
        found = parse(text)
    except BadPolicy:
        return
    assert parse("\n".join(found.lines()).encode()) == found


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([b"v=STSv1; id=20260101T000000;"], "20260101T000000"),
        ([b"v=STSv1;id=1"], "1"),
        ([b"v=spf1 -all", b"v=STSv1; x=1; id=a"], "a"),
        ([b"v=STSv1; id=1", b"v=STSv1; id=2"], None),
        ([b"v=STSv1"], None),
        ([b"v=STSv10; id=1"], None),
        ([b"v=STSv1; id=a-b"], None),
        ([b"v=STSv1; id=" + b"a" * 33], None),
        ([], None),
    ],
)
def test_the_record(records: list[bytes], found: str | None) -> None:
    assert policy_id(records) == found
