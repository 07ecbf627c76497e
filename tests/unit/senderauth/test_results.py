"""Authentication-Results: what we write, what we read, what we take away."""

from __future__ import annotations

import pytest

from mailnode.senderauth import results, results_read
from mailnode.senderauth.results_read import MethodResult, Parsed, Property
from tests.support import pace

HOST = "mail.example.com"


def test_written() -> None:
    found = results.field(
        HOST,
        [
            MethodResult("spf", "pass", (Property("smtp", "mailfrom", "a@example.org"),), comment="ip4:192.0.2.0/24"),
            MethodResult("dkim", "fail", (Property("header", "d", "example.org"),), reason='the "body" has changed'),
            MethodResult("dmarc", "none"),
        ],
    )
    assert found == (
        b"Authentication-Results: mail.example.com;\r\n"
        b"\tspf=pass (ip4:192.0.2.0/24) smtp.mailfrom=a@example.org;\r\n"
        b'\tdkim=fail reason="the \\"body\\" has changed" header.d=example.org;\r\n'
        b"\tdmarc=none\r\n"
    )


def test_no_results_are_none() -> None:
    assert results.field(HOST, []) == b"Authentication-Results: mail.example.com;\r\n\tnone\r\n"


@pytest.mark.parametrize(
    "said",
    [
        "a@example.org\r\nSubject: forged",
        'x"; dmarc=pass header.from=bank.example',
        "a b@example.org; spf=pass",
        "(a@example.org",
        "\x00\x7f\x85\u2028\ud800@example.org",
        "a" * 5000,
    ],
)
def test_nobody_writes_into_ours(said: str) -> None:
    shown = (Property("smtp", "mailfrom", said),)
    field = results.field(HOST, [MethodResult("spf", "fail", shown, comment=said, reason=said)])
    assert field.count(b"\r\n") == field.count(b"\n") == field.count(b"\r\n\t") + 1
    assert max(map(len, field.split(b"\r\n"))) < 998
    read = results_read.parse(field.partition(b":")[2])
    assert read is not None
    assert [one.method for one in read.results] == ["spf"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b" example.org 1; none", Parsed("example.org", ())),
        (
            b" example.com;\r\n\tspf=pass smtp.mailfrom=example.net",
            Parsed("example.com", (MethodResult("spf", "pass", (Property("smtp", "mailfrom", "example.net"),)),)),
        ),
    ],
)
def test_examples_without_and_with_results(text: bytes, wanted: Parsed) -> None:
    """RFC 8601 appendix B.2 and B.3."""
    assert results_read.parse(text) == wanted


def parsed(text: str) -> Parsed | None:
    return results_read.parse(text.replace("\n", "\r\n").encode())


def test_a_field_with_several_methods() -> None:
    """After RFC 8601 appendix B.5."""
    found = parsed(
        ' example.com;\n  dkim=pass reason="good signature"\n    header.i=@mail-router.example.net;\n'
        '  dkim=fail (1024-bit key; "x") reason="bad; signature"\n    header.i=@newyork.example.com;\n'
    )
    assert found == Parsed(
        "example.com",
        (
            MethodResult("dkim", "pass", (Property("header", "i", "@mail-router.example.net"),), "", "good signature"),
            MethodResult("dkim", "fail", (Property("header", "i", "@newyork.example.com"),), "", "bad; signature"),
        ),
    )


def test_comments_and_blanks_in_all_places() -> None:
    """After RFC 8601 appendix B.7."""
    found = parsed(
        " foo.example.net (foobar) 1 (baz);\n  dkim (Because I like it) / 1 (One yay) = (wait for it) fail\n"
        "    policy (A dot can go here) . (like that) expired\n    (this surprised me) = (as I wasn't expecting it)"
        " 1362471462"
    )
    assert found == Parsed(
        "foo.example.net", (MethodResult("dkim", "fail", (Property("policy", "expired", "1362471462"),)),)
    )


def test_base64_without_quotes_is_read() -> None:
    found = parsed("h.example; dkim=pass header.b=ab/c+d= header.d=x.example")
    assert found is not None
    assert found.results[0].properties[0].value == "ab/c+d="


@pytest.mark.parametrize(
    "text", ["", ";", "=", "h.example 2; none", "h.example; spf", "h.example; =pass", "h.example; spf=pass junk"]
)
def test_what_is_no_field(text: str) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize(
    "text",
    [
        b"mail.example.com; spf=pass",
        b"MAIL.Example.com.; spf=pass",
        b"\r\n\tmail.example.com;\r\n\tspf=pass",
        b'"mail.example.com" 1; none',
        b'"mail.ex\\ample.com"; none',
        b"(a (nested) comment) mail.example.com (x); none",
        b"mail.example.com/1; none",
        b"mail.example.com",
        b"mail.example.com(x; dmarc=pass",
        b"; dmarc=pass",
        b"(not closed mail.example.com; dmarc=pass",
        b"",
    ],
)
def test_forged_fields_go(text: bytes) -> None:
    before, after = b"Subject: x\r\n", b"From: a@example.org\r\n\r\nAuthentication-Results: mail.example.com; none\r\n"
    raw = before + b"authentication-Results :" + text + b"\r\n" + after
    assert results.without_forged(raw, HOST) == before + after


def test_fields_of_others_stay() -> None:
    raw = b"Authentication-Results: mx.example.org; spf=pass\r\nAuthentication-Results: xmail.example.com; none\r\n\r\n"
    assert results.without_forged(raw, HOST) == raw


def test_what_we_said_before() -> None:
    raw = b"Authentication-Results: mail.example.com;\r\n spf=pass;\r\n dkim=fail\r\nSubject: x\r\n"
    raw += (
        b"Authentication-Results: other.example; arc=pass\r\nAuthentication-Results: mail.example.com; dmarc=none\r\n"
    )
    assert results.own(raw + b"\r\n", HOST) == [b"spf=pass; dkim=fail", b"dmarc=none"]


@pytest.mark.parametrize(
    "text",
    [
        b"(" * 200_000,
        b'"' * 200_000,
        b"\\" * 200_000,
        b"a;" * 100_000,
        b"( " * 100_000,
        b'"' + b'\\"' * 100_000,
        b"a;b=" + b" ." * 99_000,
    ],
)
def test_hostile_values_cost_their_length(text: bytes) -> None:
    pace.assert_within(1, lambda: (results_read.parse(text), results.claims(text, HOST)))
