"""Text of any octets in any charset, subjects and references of any kind, pages of HTML, addresses of pictures."""

from __future__ import annotations

import contextlib
import gzip
import string
import zlib

from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from backend import paging, pictures
from backend.pictures import ImageRefused, ImageUnavailable
from mailnode.errors import ProtocolError
from mailnode.message import base_subject, charsets, report_files, threads
from mailnode.message.charset_labels import _all
from mailnode.message.threads import Node, Threadable

LABELS = st.sampled_from(sorted(_all())) | st.text(max_size=20) | st.binary(max_size=20)


@given(st.binary(max_size=300), LABELS)
def test_any_octets_in_any_charset_are_text(data: bytes, label: str | bytes) -> None:
    text = charsets.decode(data, label)
    assert text.encode().decode() == text
    assert "\0" not in text
    assert "\ufeff" not in text[:1]


SUBJECT = st.lists(st.sampled_from(["Re", ":", "[", "]", "fwd", "(fwd)", " ", "[fwd:", "x", "\t", "é"]), max_size=40)


@given(SUBJECT.map("".join))
def test_a_base_subject_has_itself_for_base(subject: str) -> None:
    base, _ = base_subject.base_subject(subject)
    assert base_subject.base_subject(base) == (base, False)


IDS = st.sampled_from(string.ascii_lowercase[:8])
MESSAGES = st.lists(
    st.tuples(st.integers(0, 5), SUBJECT.map("".join), IDS, st.lists(IDS, max_size=6).map(tuple)), max_size=12
)


@given(MESSAGES)
def test_every_message_is_in_one_thread_once(values: list[tuple[int, str, str, tuple[str, ...]]]) -> None:
    messages = [Threadable(number, *one) for number, one in enumerate(values, 1)]
    for made in (threads.by_references(messages), threads.ordered_subject(messages)):
        assert sorted(number for node in made for number in numbers(node)) == [one.number for one in messages]
        assert threads.printed(made).count(b"(") == threads.printed(made).count(b")")


def numbers(node: Node) -> list[int]:
    own = [node.message.number] if node.message else []
    return own + [number for child in node.children for number in numbers(child)]


URL = st.lists(
    st.sampled_from(
        ["http://", "https://", "a.test", "[", "]", "::1", "@", ":", "80", "99999", "/", "?", "#", "%00", " "]
    )
    | st.text(max_size=3),
    max_size=12,
).map("".join)


@given(URL | URL.map(lambda rest: "http://" + rest), st.text(max_size=20))
def test_what_is_asked_for_is_one_public_address(url: str, address: str) -> None:
    with contextlib.suppress(ImageRefused, ImageUnavailable):
        target = pictures.check(url, lambda _host, _port: [address], pictures.is_public_address)
        assert pictures.is_public_address(target.address)
        assert target.path.isascii()
        assert not set(target.path + target.host) & set(" \r\n\0\t")


@given(st.binary(max_size=20) | st.binary(max_size=12).map(lambda data: b"BM" + data))
def test_only_pictures_are_pictures(data: bytes) -> None:
    assert pictures.kind_of(data) in (
        None,
        "image/bmp",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
    )
    assert pictures.kind_of(b"<" + data) is None


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda data: data.decode("latin-1")))
def test_a_cursor_is_ours_or_refused(cursor: str) -> None:
    with contextlib.suppress(ValidationError):
        key, number = paging.decode(cursor)
        assert paging.decode(paging.encode(key, number)) == (key, number)


PACKED = st.binary(max_size=60).map(gzip.compress) | st.binary(max_size=60).map(zlib.compress) | st.binary(max_size=60)
HEAD = b"Content-Type: application/gzip\r\nContent-Disposition: attachment; filename=x.xml.gz\r\n\r\n"


@given(PACKED, st.integers(0, 80), st.binary(max_size=3))
def test_what_is_packed_is_unpacked_or_refused(data: bytes, at: int, junk: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        for file in report_files.files(HEAD + data[:at] + junk + data[at:]):
            assert len(file.data) <= report_files.MAX_FILE
