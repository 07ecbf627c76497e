"""Whatever a stranger's DNS, web server or certificate says about sending to it: a value, or the one refusal."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.message import headers
from mailnode.relay import dane, https
from mailnode.relay.demand import NotProven
from mailnode.relay.https import CannotFetch
from mailnode.relay.sts_policy import policy_id
from mailnode.relay.tls_report import TlsReportOf, mail_address, places
from mailnode.resolver import Tlsa
from tests.support.authority import Authority

WORDS = st.sampled_from(
    [
        b"v=TLSRPTv1", b"v=STSv1", b";", b" ", b"rua=", b"id=", b",", b"mailto:", b"https://", b"[", b"]", b"@",
        b"%0d%0a", b"%", b"a.example", b"a@b.example", b"//", b":", b"?", b"#", b"\xff", b"\0", b"\r\n", b"x",
    ]
)  # fmt: skip
RECORD = st.lists(WORDS | st.binary(max_size=4), max_size=20).map(b"".join)
REPORT = TlsReportOf("mx.example", "postmaster@example", "a.example", datetime(2026, 11, 25, tzinfo=UTC), {})


@given(RECORD | RECORD.map(lambda text: b"v=TLSRPTv1; rua=" + text))
@example(b"v=TLSRPTv1; rua=https://[a")
@example(b"v=TLSRPTv1; rua=mailto:a%0d%0aBcc:%20x@b.example")
@example(b"v=TLSRPTv1; rua=mailto://[a@b.example")
@example(b"v=TLSRPTv1; rua=mailto:%0d%0aa@b.example")
def test_who_asks_for_reports_is_understood_or_not(record: bytes) -> None:
    for url in places([record]):
        to = mail_address(url)
        with contextlib.suppress(ProtocolError):
            raw = REPORT.message(to, REPORT.day)
            assert [field.name for field in headers.fields(raw)].count(b"to") == 1
            assert not headers.get(raw, b"bcc")
            assert to.isprintable()


@given(st.lists(RECORD | RECORD.map(lambda text: b"v=STSv1; id=" + text), max_size=3))
def test_an_id_is_a_word_or_none(records: list[bytes]) -> None:
    found = policy_id(records)
    assert found is None or found.isalnum()


HEADS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 204 No\r\n", b"HTTP/1.1 ", b"Content-Type: text/plain\r\n",
        b"Content-Length: ", b"Transfer-Encoding: chunked\r\n", b"\r\n", b"5", b"a", b"0\r\n", b"99999999999", b"-1",
        b";", b"x" * 40, b"\xff",
    ]
)  # fmt: skip
ANSWER = st.lists(HEADS | st.binary(max_size=5), max_size=20).map(b"".join)
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@given(ANSWER | ANSWER.map(lambda rest: PLAIN + rest))
def test_any_answer_is_a_text_or_none(answer: bytes) -> None:
    async def read() -> bytes:
        reader = asyncio.StreamReader(limit=https.MAX_HEAD)
        reader.feed_data(answer)
        reader.feed_eof()
        return await https._text(reader, 30)

    with contextlib.suppress(CannotFetch, EOFError, asyncio.LimitOverrunError):  # which `_within` makes one of
        assert len(asyncio.run(read())) <= 30


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    _, leaf = authority.shown("mx.example")
    return [one.public_bytes(Encoding.DER) for one in (leaf, authority.certificate)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.lists(st.integers(0, 1200), max_size=4),
    octets=st.binary(min_size=4, max_size=4),
    which=st.integers(0, 1),
    usage=st.sampled_from([2, 3]),
    selector=st.integers(0, 1),
)
def test_a_spoiled_certificate_proves_nothing(
    chain: list[bytes], at: list[int], octets: bytes, which: int, usage: int, selector: int
) -> None:
    spoiled = bytearray(chain[which])
    for place, octet in zip(at, octets, strict=False):
        spoiled[place % len(spoiled)] = octet
    shown = [bytes(spoiled), chain[1]] if which == 0 else [chain[0], bytes(spoiled)]
    with pytest.raises(NotProven):
        dane.check(shown, [Tlsa(usage, selector, 1, b"x" * 32)], ["mx.example"])
    with contextlib.suppress(NotProven):  # it is named itself, and may have signed what it is shown with
        dane.check(shown, [Tlsa(2, 0, 0, bytes(spoiled))], ["mx.example"])


@given(st.lists(st.binary(max_size=80), max_size=3), st.binary(max_size=80), st.integers(0, 3), st.integers(0, 2))
def test_no_certificate_at_all(shown: list[bytes], data: bytes, usage: int, matching: int) -> None:
    records = dane.usable([Tlsa(usage, 0, matching, data)])
    with pytest.raises(NotProven):
        dane.check(shown, records, ["mx.example"])
