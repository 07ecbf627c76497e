"""Messages for clients that know no header beyond ASCII."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.message import headers
from mailnode.message.surrogate import NOBODY, surrogate


def header_of(raw: bytes) -> bytes:
    return raw[: headers.split(raw)[0]]


def shown(field: str) -> bytes:
    return header_of(surrogate(f"{field}\r\n\r\nbody\r\n".encode()))


def test_an_ascii_header_is_left_as_it_is() -> None:
    raw = "Subject: x\r\n folded\r\n\r\nKörper\r\n".encode()
    assert surrogate(raw) is raw


def test_the_body_stays() -> None:
    assert surrogate("Subject: ä\r\n\r\nKörper\r\n".encode()).endswith("\r\n\r\nKörper\r\n".encode())


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("Subject: Grüße", b"Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"),
        ("From: Jörg <joerg@example.com>", b"From: =?utf-8?B?SsO2cmc=?= <joerg@example.com>\r\n"),
        ("From: jörg@example.com", f"From: =?utf-8?B?asO2cmdAZXhhbXBsZS5jb20=?= <{NOBODY}>\r\n".encode()),
        ("To: A <a@b.example>, 密 <密@例.example>",
         f"To: A <a@b.example>,\r\n =?utf-8?B?5a+G?= <{NOBODY}>\r\n".encode()),
        ('Content-Type: text/plain; name="ä.txt"', b'Content-Type: text/plain; name="?.txt"\r\n'),
        ("X-Other: ä", b""),
    ],
)  # fmt: skip
def test_what_is_made_of_a_field(field: str, said: bytes) -> None:
    """RFC 6858 §2."""
    assert shown(field) == said


def test_fields_in_ascii_stay_as_they_are() -> None:
    raw = "X-One: a\r\n b\r\nSubject: ä\r\nDate: now\r\n\r\n".encode()
    assert surrogate(raw) == b"X-One: a\r\n b\r\nSubject: =?utf-8?B?w6Q=?=\r\nDate: now\r\n\r\n"


def test_other_charsets_in_the_subject() -> None:
    assert shown("Subject: x").isascii()
    assert header_of(surrogate(b"Subject: \xc4\xe3\xba\xc3\r\n\r\n")).isascii()


FIELDS = st.sampled_from(["From", "Subject", "To", "Content-Type", "X-Any", "Comments", "Return-Path"])


@given(st.lists(st.tuples(FIELDS, st.text(max_size=30)), max_size=4), st.binary(max_size=20))
def test_any_fields(fields: list[tuple[str, str]], body: bytes) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode("utf-8", "surrogatepass")
    raw = head + b"\r\n" + body
    assert header_of(surrogate(raw)).isascii()
    assert surrogate(raw).endswith(raw[headers.split(raw)[1] :])


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    made = surrogate(raw)
    assert header_of(made).isascii()
    assert surrogate(made) == made
