"""A message that is looked at through a window is read as one that is in memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode import octets
from mailnode.message import binary, decoded, headers, structure
from mailnode.message.digest import digest
from mailnode.message.headers import MAX_HEADER
from mailnode.message.surrogate import surrogate
from mailnode.message.text import content
from mailnode.proto.pop3 import Stuffing, stuffed
from mailnode.senderauth import results
from mailnode.senderauth.canonical import large_body, simple_body
from mailnode.senderauth.dkim_sign import relaxed_body
from tests.support.large import Windowed

LINES = [
    b"From: a@example.com\r\n",
    b"Subject: x\r\n y\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Authentication-Results: mail.example.com; none\r\n",
    b"Bcc: \xc3\xa4@example.com\r\n",
    b"\r\n",
    b"--b\r\n",
    b"--b--\r\n",
    b"some text =C3=A4 \r\n",
    b".\r\n",
    b"aGVsbG8=\r\n",
    b"no end",
]
mail = st.lists(st.sampled_from(LINES), max_size=25).map(b"".join)


@pytest.fixture(scope="module", autouse=True)
def _small_windows() -> object:
    with pytest.MonkeyPatch.context() as patched:
        for module in (octets, decoded):
            patched.setattr(module, "WINDOW", 7)
            patched.setattr(module, "LARGE", 0)
        patched.setattr(headers, "FIRST_LOOK", 16)
        yield


@given(mail)
def test_the_digest_is_the_same(raw: bytes) -> None:
    assert digest(Windowed(raw)) == digest(raw)


@given(mail)
def test_what_is_done_to_the_header_is_the_same(raw: bytes) -> None:
    large = Windowed(raw)
    assert headers.get_all(large, b"subject") == headers.get_all(raw, b"subject")
    assert surrogate(large)[:] == surrogate(raw)
    assert results.without_forged(large, "mail.example.com")[:] == results.without_forged(raw, "mail.example.com")


@pytest.mark.parametrize(
    ("encoding", "pieces"),
    [
        (b"base64", [b"QUJD", b"REVG", b"\r\n", b"\n", b" ", b"!"]),
        (b"quoted-printable", [b"=41", b"=\r\n", b"\r\n", b" x", b"a b \r\n", b"\t\r\n", b"xyz"]),
        (b"x-unknown", [b"=41", b"QUJD", b"\r\n"]),
    ],
)
@given(st.data())
def test_the_content_of_a_part_is_the_same(encoding: bytes, pieces: list[bytes], data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(pieces), max_size=30))
    raw = b"Content-Transfer-Encoding: %b\r\n\r\n" % encoding + b"".join(lines)
    part = structure.scan(raw)
    found = decoded.decoded(Windowed(raw), part)
    assert found[:] == content(raw, part)
    assert len(found[:]) == len(found)


@given(st.lists(st.sampled_from([b"QUJD", b"QQ==", b"=", b"A", b"\r\n", b"!"]), max_size=30))
def test_broken_base64_has_some_content(lines: list[bytes]) -> None:
    raw = b"Content-Transfer-Encoding: base64\r\n\r\n" + b"".join(lines)
    found = decoded.decoded(Windowed(raw), structure.scan(raw))
    assert len(found[:]) == len(found)


@given(st.binary(max_size=300))
def test_a_large_binary_part_becomes_base64(body: bytes) -> None:
    raw = b"Content-Transfer-Encoding: binary\r\n\r\n" + body
    found, expected = binary.without_nul(Windowed(raw)), binary.without_nul(raw)
    assert expected is not None
    assert found is not None
    assert found[:] == expected[:]
    assert content(found[:], structure.scan(found[:]))[: len(body)] == body


@given(st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"b \r\n", b"\r\n\r\n"]), max_size=25).map(b"".join))
def test_signatures_see_the_same_body(raw: bytes) -> None:
    assert b"".join(large_body(Windowed(raw), relaxed=True)) == relaxed_body(raw)
    assert b"".join(large_body(Windowed(raw), relaxed=False)) == simple_body(raw)


@given(st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"a"]), max_size=20))
def test_pop3_stuffs_the_same(pieces: list[bytes]) -> None:
    stuffing = Stuffing()
    assert b"".join([*map(stuffing.feed, pieces), stuffing.end()]) == stuffed(b"".join(pieces))


def test_a_header_ends_where_nobody_looks_any_more() -> None:
    raw = b"Subject: x\r\n" + b"X-Filler: y\r\n" * (MAX_HEADER // 13 + 10) + b"\r\nbody\r\n"
    for one in (raw, Windowed(raw)):
        end, start = headers.split(one)
        assert end == start <= MAX_HEADER
        assert raw[:end].endswith(b"\r\n")
        assert headers.is_endless(one)
    assert digest(Windowed(raw)) == digest(raw)
    assert not headers.is_endless(b"Subject: x\r\n\r\n" + b"y" * MAX_HEADER)
