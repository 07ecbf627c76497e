"""Answers of filters over HTTP and of rspamd, spamd and clamd, whole, split, and any octets at all."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.filters import clamd, rspamd, spamd
from mailnode.filters.changes import apply
from mailnode.filters.http_answer import AnswerReader
from mailnode.findings import Action
from mailnode.proto.milter import AddHeader, ChangeHeader
from tests.unit.filters.asking import asked

BODY = b'{"action": "no action", "score": 1}'
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
CHUNKS = b"a;x=1\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (BODY[:10], len(BODY) - 10, BODY[10:])
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + CHUNKS


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_answer_in_any_split(answer: bytes, size: int) -> None:
    reader = AnswerReader()
    told = [reader.feed(answer[at : at + size]) for at in range(0, len(answer), size)]
    assert told == [False] * (len(told) - 1) + [True]
    assert (reader.status, reader.body, reader.stays_open) == (200, BODY, answer is PLAIN)


@given(st.binary() | st.binary().map(lambda data: b"HTTP/1.1 200 OK\r\n" + data))
def test_any_octets_are_an_answer_or_none(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        AnswerReader().feed(data)
    for understood in (rspamd.understood, lambda one: spamd.understood(one, Action.JUNK)):
        with contextlib.suppress(ProtocolError):
            understood(data)
    with contextlib.suppress(ProtocolError):
        clamd.understood(data, Action.REJECT)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@pytest.mark.parametrize("inner", ['"score": NaN', '"score": 1, "milter": {"remove_headers": {"X": 1e999}}'])
def test_numbers_that_are_none(inner: str) -> None:
    with pytest.raises(ProtocolError):
        rspamd.understood(b'{"action": "reject", %s}' % inner.encode())


def test_many_small_chunks_take_no_time_and_endless_ones_end() -> None:
    reader = AnswerReader()
    reader.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert not any(reader.feed(b"1\r\nx\r\n" * 1000) for _ in range(20))
    assert reader.feed(b"0\r\n\r\n")
    assert len(reader.body) == 20_000
    with pytest.raises(ProtocolError):
        AnswerReader().feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 2000)


@given(JSON, st.sampled_from(["symbols", "milter", "messages", "score", "action", "required_score"]))
def test_any_json_is_an_answer_or_none(value: object, name: str) -> None:
    found = {"action": "reject", "score": 1, name: value}
    with contextlib.suppress(ProtocolError):
        rspamd.understood(json.dumps(found).encode())


def test_rspamd_adds_several_fields_in_their_order() -> None:
    added = {"X-A": {"value": "1", "order": 0}, "X-B": ["2", {"value": "3"}], "bad name": "x"}
    found = rspamd.understood(
        json.dumps({"action": "soft reject", "score": 1, "milter": {"add_headers": added}}).encode()
    )
    assert apply(found.changes, b"\r\n")[0] == b"X-A: 1\r\nX-B: 2\r\nX-B: 3\r\n"
    assert found.finding.action is Action.DEFER


def test_envelope_values_stay_within_their_field() -> None:
    evil = asked(b"")
    head = rspamd.question(evil.__class__(b"", "a\r\nX: y", ("b\n\nz",)), "mx")
    assert head.count(b"\r\n\r\n") == 1
    assert b"\nX" not in spamd.envelope_fields(evil.__class__(b"", "a\r\nX: y", hello="x\r\nY: z"), "mx")


@given(st.binary(max_size=60), st.binary(max_size=20), st.integers(0, 3))
@example(b"", b"a\n\n b", 0)
@example(b"", b"a\r\0\n\0\r\nX: y", 0)
def test_no_value_of_a_filter_leaves_its_field(content: bytes, value: bytes, number: int) -> None:
    changes = (AddHeader(b"X-A", value, number), ChangeHeader(b"Subject", value or b"x", 1))
    fields, _ = apply(changes, content)
    lines = fields.split(b"\r\n")
    assert lines[-1] == b""
    assert all(line[:1] in (b" ", b"\t") or line.partition(b":")[0] in (b"X-A", b"Subject") for line in lines[:-1])
    assert b"\r\n\r\n" not in fields


def test_lines_that_are_no_fields_stay_where_they_are() -> None:
    content = b"From x\r\nA: 1\r\n\tmore\r\nrubbish\r\nB: 2\r\n\r\nbody"
    assert apply((ChangeHeader(b"b", b"", 1),), content) == (b"", b"From x\r\nA: 1\r\n\tmore\r\nrubbish\r\n\r\nbody")
    assert apply((ChangeHeader(b"nothing", b"", 0),), content)[1] is content
