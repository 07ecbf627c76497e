"""Paths and mailboxes of the envelope."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.proto.address import Address, domain_to_unicode, parse_domain, parse_mailbox, parse_path
from mailnode.proto.replies import Refused

GOOD = [
    ("a@b", "a@b"),
    ("User@EXAMPLE.com", "User@example.com"),
    ('"a b"@example.com', '"a b"@example.com'),
    ('"ab"@example.com', "ab@example.com"),
    (r'"a\b"@example.com', "ab@example.com"),
    (r'"a\"b\\c"@example.com', r'"a\"b\\c"@example.com'),
    ('"a@b"@example.com', '"a@b"@example.com'),
    ("a%b@example.com", "a%b@example.com"),
    ("a!b@example.com", "a!b@example.com"),
    ("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"),
    ("a@[192.0.2.1]", "a@[192.0.2.1]"),
    ("a@[IPV6:2001:DB8:0:0::1]", "a@[IPv6:2001:db8::1]"),
    ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
    ("Pe\u0301@BÜCHER.example", "Pé@xn--bcher-kva.example"),
    ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
    ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
    ("a@" + "x" * 63 + ".com", "a@" + "x" * 63 + ".com"),
    ("a@1.2.3.4", "a@1.2.3.4"),
]

BAD = [
    "",
    "a",
    "@b",
    "a@",
    "a@b@c",
    ".a@b",
    "a.@b",
    "a..b@c",
    "a b@c",
    '""@b',
    '"a@b',
    'a"b"@c',
    "a(comment)@b",
    "a@b(comment)",
    "a@-b.c",
    "a@b-.c",
    "a@b_c.d",
    "a@b..c",
    "a@b.",
    "a@.b",
    "a@[1.2.3]",
    "a@[256.1.1.1]",
    "a@[IPv6:::g]",
    "a@[IPv6:fe80::1%eth0]",
    "a@[tag:x]",
    "a@[]",
    "a@b\r\nRCPT TO:<x@y>",
    "a\x00@b",
    "a\x85b@c",
    "a\u2028b@c",
    "a\ud800@b",
    "x" * 65 + "@example.com",
    "a@" + "x" * 64 + ".com",
    "a@" + "x." * 127 + "com",
    "a@例子\u3002广告",
    "a@☃.example",
    "a@例子-.x",
    "a@" + "例" * 60 + ".example",
]


@pytest.mark.parametrize(("text", "printed"), GOOD)
def test_good(text: str, printed: str) -> None:
    assert str(parse_mailbox(text)) == printed
    assert parse_mailbox(printed) == parse_mailbox(text)
    assert parse_path(f"<{text}>") == (parse_mailbox(text), "")


@pytest.mark.parametrize("text", BAD)
def test_bad(text: str) -> None:
    with pytest.raises(Refused):
        parse_mailbox(text)
    if text:
        with pytest.raises(Refused):
            parse_path(f"<{text}>")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("<>", (None, "")),
        ("<> SIZE=1", (None, "SIZE=1")),
        ("<a@b> SIZE=1 BODY=7BIT", (Address("a", "b"), "SIZE=1 BODY=7BIT")),
        ('<"a> b"@c> X', (Address("a> b", "c"), "X")),
        ("<@hop.example,@hop2.example:a@b>", (Address("a", "b"), "")),
        ("<Postmaster>", (Address("postmaster", ""), "")),
    ],
)
def test_paths(text: str, result: tuple[Address | None, str]) -> None:
    assert parse_path(text) == result


BAD_PATHS = ["", "a@b", "<a@b", "<a@b>x", "a <a@b>", "<@hop:>", "<@hop a@b>", "<<a@b>>", "< a@b>", '<"', '<"\\']


@pytest.mark.parametrize("text", BAD_PATHS)
def test_bad_paths(text: str) -> None:
    with pytest.raises(Refused):
        parse_path(text)


def test_limits() -> None:
    with pytest.raises(Refused):
        parse_path("<" + "a" * 200 + "@" + "b" * 60 + ">", max_local=254)
    assert parse_path("<" + "a" * 100 + "@b.example>", max_local=254)[0] == Address("a" * 100, "b.example")
    with pytest.raises(Refused):
        parse_path("<" + "a" * 100 + "@b.example>")


def test_properties_of_an_address() -> None:
    assert Address("A.b", "example.com").folded == "a.b@example.com"
    assert Address("ä", "example.com").ascii is False
    assert Address("a", "[192.0.2.1]").is_literal
    assert str(Address("postmaster", "")) == "postmaster"


def test_domains_for_people() -> None:
    assert domain_to_unicode(parse_domain("例子.广告")) == "例子.广告"
    assert domain_to_unicode("xn--\ufffd.xn--a.example") == "xn--\ufffd.xn--a.example"


PIECES = st.sampled_from(
    ["a", "@", ".", '"', "\\", "<", ">", "[", "]", "IPv6:", "::1", "192.0.2.1", "xn--", "-", "例", ",", ":", " "]
)


@given(st.text(max_size=60) | st.lists(PIECES, max_size=16).map("".join))
def test_any_text(text: str) -> None:
    for read in (parse_mailbox, parse_path, parse_domain):
        try:
            read(text)
        except Refused:
            pass


@given(st.text('ab@."\\ <>,:%!é例', max_size=20), st.text("ab.-é例", max_size=12))
def test_what_was_read_prints_and_reads_the_same(local: str, domain: str) -> None:
    try:
        address = parse_mailbox(f"{local}@{domain}")
    except Refused:
        return
    assert parse_mailbox(str(address)) == address


def test_hostile_input_is_quick() -> None:
    hostile = ["<" + "a." * 10_000, "<" + '"\\' * 10_000, "<a@" + "b." * 10_000, "<" + "@a," * 10_000]
    for text in [*hostile, "<a@" + "b-" * 500 + ">"]:
        with pytest.raises(Refused):
            parse_path(text)
