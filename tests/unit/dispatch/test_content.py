"""Whose message it is, for signing."""

from __future__ import annotations

import pytest

from mailnode.dispatch.content import author_domain


@pytest.mark.parametrize(
    ("header", "domain"),
    [
        (b"From: A <a@Example.COM>", "example.com"),
        ("From: Bücher <a@bücher.example>".encode(), "xn--bcher-kva.example"),
        (b"From: Team: a@one.example, b@two.example;", "one.example"),
        (b"Subject: no author", ""),
        (b"From: nobody", ""),
        (b"From: <a@[192.0.2.1]>", ""),
        (b"From: \xff\xfe@\x00", ""),
    ],
)
def test_the_domain_of_the_author(header: bytes, domain: str) -> None:
    assert author_domain(header + b"\r\n\r\ntext") == domain
