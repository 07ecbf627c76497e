"""Address lists, well-formed and not: mailnode.message.addresses."""

from __future__ import annotations

import pytest

from mailnode.message import addresses
from mailnode.message.addresses import Address, Entry


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a@example.com", [Address("", "a", "example.com")]),
        (b"<a@example.com>", [Address("", "a", "example.com")]),
        (
            b"Ann B <a@example.com>, b@example.com",
            [Address("Ann B", "a", "example.com"), Address("", "b", "example.com")],
        ),
        (b'"B, Ann" <a@example.com>', [Address("B, Ann", "a", "example.com")]),
        (b'"say \\"hi\\"" <a@example.com>', [Address('say "hi"', "a", "example.com")]),
        (b"=?utf-8?B?5byg5LiJ?= <a@example.com>", [Address("张三", "a", "example.com")]),
        ("张三 <李四@例子.example>".encode(), [Address("张三", "李四", "例子.example")]),
        (b"a@example.com (Ann)", [Address("Ann", "a", "example.com")]),
        (b"Ann (not shown) <a@example.com>", [Address("Ann", "a", "example.com")]),
        (b"J. R. Public <a@example.com>", [Address("J. R. Public", "a", "example.com")]),
        (b'"john doe"@example.com', [Address("", "john doe", "example.com")]),
        (b"a @ example . com", [Address("", "a", "example.com")]),
        (b"a@[IPv6:2001:db8::1]", [Address("", "a", "[IPv6:2001:db8::1]")]),
        (b",, a@example.com ,,", [Address("", "a", "example.com")]),
        (b"Ann a@example.com", [Address("Ann", "a", "example.com")]),
        (b"postmaster", [Address("", "postmaster", "")]),
        (b"a@b@example.com", [Address("", "a@b", "example.com")]),
        (b"Ann <a@example.com", [Address("Ann", "a", "example.com")]),
        (
            b"Ann <a@example.com, Bob <b@example.com>",
            [Address("Ann", "a", "example.com"), Address("Bob", "b", "example.com")],
        ),
        (b'"Ann <a@example.com>, b@example.com', [Address("Ann", "a", "example.com"), Address("", "b", "example.com")]),
        (b"<>", []),
        (b"", []),
        (b"()", []),
    ],
)
def test_mailboxes(value: bytes, expected: list[Address]) -> None:
    assert addresses.addresses(value) == expected


def test_groups() -> None:
    value = b"A Group: Ann <a@example.com>, b@example.com; , c@example.com, undisclosed:;"
    assert addresses.addresses(value) == [
        Address("Ann", "a", "example.com", "A Group"),
        Address("", "b", "example.com", "A Group"),
        Address("", "c", "example.com"),
    ]
    assert [entry.kind for entry in addresses.entries(value)] == [
        "group", "mailbox", "mailbox", "end", "mailbox", "group", "end",
    ]  # fmt: skip


def test_route_is_kept_apart() -> None:
    assert addresses.entries(b"<@relay.example,@x.example:a@example.com>") == [
        Entry("mailbox", b"", b"@relay.example,@x.example", b"a", b"example.com")
    ]


@pytest.mark.parametrize(
    "value",
    [
        b"a@example.com",
        b" Ann   B <a@example.com> , <b@example.com>",
        b'"Ann B" <a@example.com>,',
        b"Ann<a@example.com>,Bob <b.c@d.example>",
        b'"" <a@example.com>',
    ],
)
def test_usual_form_is_read_as_by_the_grammar(value: bytes) -> None:
    """The short cut and the whole parser agree."""
    whole = addresses._List(value.strip()).read(addresses.MAX_ADDRESSES)
    assert addresses.entries(value) == whole


def test_list_ends_at_the_limit() -> None:
    assert len(addresses.addresses(b"a@b," * (addresses.MAX_ADDRESSES + 50))) == addresses.MAX_ADDRESSES


def test_text_forms() -> None:
    assert str(Address("Ann", "a", "example.com")) == "Ann <a@example.com>"
    assert str(Address("", "a", "example.com")) == "a@example.com"
    assert Address("", "root", "").address == "root"


def test_name_without_an_address_stands_alone() -> None:
    assert list(map(str, addresses.addresses(b"Mailer Daemon <>"))) == ["Mailer Daemon"]
