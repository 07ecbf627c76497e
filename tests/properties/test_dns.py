"""A name server that answers anything at all: an `Answer`, never an exception."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailnode.resolver import Answer, Resolver, Status
from tests.support.examples import examples

KINDS = ("a", "aaaa", "mx", "txt", "srv", "tlsa", "ns", "cname")
NUMBERS = {"a": 1, "ns": 2, "cname": 5, "mx": 15, "txt": 16, "aaaa": 28, "srv": 33, "tlsa": 52}


@dataclass
class Liar:
    """Answers each question by ``make``, which is given the question's octets."""

    door: socket.socket
    answers: list[bytes] = field(default_factory=list)

    def serve(self) -> None:
        while True:
            query, client = self.door.recvfrom(4096)
            if not query:
                return
            for answer in self.answers:
                self.door.sendto(answer.replace(b"<id>", query[:2]).replace(b"<question>", query[12:-11]), client)


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        made = Liar(door)
        thread = threading.Thread(target=made.serve)
        thread.start()
        yield made
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"", door.getsockname())
        thread.join(60)


def record(kind: str, data: bytes, ttl: int) -> bytes:
    """One that says it is about the name asked for, whatever it holds."""
    return b"\xc0\x0c" + NUMBERS[kind].to_bytes(2, "big") + b"\0\x01" + ttl.to_bytes(4, "big") + _sized(data)


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


PIECES = st.sampled_from(
    [b"\xc0\x0c", b"\0", b"\x03www", b"\xc0\xff", b"\x00\x0a", b"\x05a.b c", b"\xff" * 3, b"\3\0\1"]
)
DATA = st.lists(PIECES | st.binary(max_size=6), max_size=8).map(b"".join)
RECORDS = st.lists(
    st.builds(record, st.sampled_from(KINDS), DATA, st.sampled_from([0, 1, 2**31 - 1, 2**32 - 1])), max_size=4
)
FLAGS = st.sampled_from([b"\x81\x80", b"\x81\xa0", b"\x81\x83", b"\x81\x82", b"\x85\x85", b"\0\0", b"\x83\x80"])


def message(flags: bytes, records: list[bytes], junk: bytes) -> bytes:
    return (
        b"<id>" + flags + b"\0\1" + len(records).to_bytes(2, "big") + b"\0\0\0\0<question>" + b"".join(records) + junk
    )


ANSWERS = st.builds(message, FLAGS, RECORDS, st.binary(max_size=4)) | st.binary(max_size=60) | st.just(b"<id>\x81\x80")


def asked(liar: Liar, kind: str, answers: list[bytes]) -> Answer[object]:
    host, port = liar.door.getsockname()
    liar.answers = answers

    async def ask() -> Answer[object]:
        found: Answer[object] = await getattr(Resolver([f"{host}:{port}"], timeout=0.03, lifetime=0.05), kind)("a.test")
        return found

    return asyncio.run(asyncio.wait_for(ask(), 60))


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(KINDS), answers=st.lists(ANSWERS, min_size=1, max_size=2))
@example("txt", [message(b"\x81\x80", [record("txt", b"\5abc", 1)], b"")])
@example("mx", [message(b"\x81\x80", [record("mx", b"\0\1\xc0\x0c", 1)], b"")])
@example("a", [message(b"\x81\x80", [record("cname", b"\xc0\x0c", 1)], b"")])
def test_any_answer(liar: Liar, kind: str, answers: list[bytes]) -> None:
    answer = asked(liar, kind, answers)
    assert isinstance(answer.status, Status)
    assert answer.found is bool(answer.records)
    assert 1 <= answer.ttl <= 3600


def test_a_record_made_so_is_read(liar: Liar) -> None:
    """Else the property above would look at refusals alone."""
    good = message(b"\x81\xa0", [record("tlsa", b"\3\1\1" + b"x" * 32, 1)], b"")
    host, port = liar.door.getsockname()
    liar.answers = [good]
    found = asyncio.run(Resolver([f"{host}:{port}"]).tlsa("a.test"))
    assert (found.status, found.authentic, str(found.records[0])[:5]) == (Status.FOUND, True, "3 1 1")
