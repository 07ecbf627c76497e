"""An authority that answers with anything at all: there is no certificate then, and it is not asked without end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mailnode import certificates
from mailnode.acme import network, renewal
from mailnode.acme.apart import apart
from mailnode.acme.network import waiting
from mailnode.acme.ordering import MAX_WORDS, checked, order
from mailnode.acme.renewal import Renewal
from mailnode.acme.values import Authority, Issued, NotIssued
from mailnode.database import utcnow
from mailnode.lmtp import serve
from mailnode.settings import Settings
from tests.support.imapd import ReadingServer
from tests.unit.test_certificates import other

HOST = "mail.example.test"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextlib.contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """An authority; the URL of its directory."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            with contextlib.suppress(OSError):
                answer(self)

        do_HEAD = do_GET  # noqa: N815
        do_POST = do_GET  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/dir"
        server.shutdown()
        thread.join()


def said(one: BaseHTTPRequestHandler, body: bytes, status: int = 200, kind: str = "application/json") -> None:
    one.send_response(status)
    one.send_header("Content-Type", kind)
    one.send_header("Location", one.path)
    one.send_header("Replay-Nonce", "bm9uY2U")
    one.end_headers()
    one.wfile.write(body)


def refusal(answer: Answer, folder: Path) -> str:
    with answering(answer) as url, pytest.raises(NotIssued) as refused:
        order(Authority(url), folder / "account.pem", HOST, lambda _: None, lambda _: None)
    return str(refused.value)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{}", b"5", b'"x"', b"[" * 100_000, b"<html>", b"\xff", b'{"newNonce": 1}']
)
@pytest.mark.parametrize("status", [200, 302, 400, 409, 429, 500])
def test_answers_that_are_none(tmp_path: Path, body: bytes, status: int) -> None:
    assert len(refusal(lambda one: said(one, body, status), tmp_path)) <= MAX_WORDS


@pytest.mark.parametrize("body", [b"{}", b"[1]", b'{"authorizations": 5}', b'{"authorizations": [{}]}'])
def test_orders_that_are_none(tmp_path: Path, body: bytes) -> None:
    def answer(one: BaseHTTPRequestHandler) -> None:
        place = f"http://{one.headers['Host']}"
        places = {name: f"{place}/{name}" for name in ("newNonce", "newAccount", "newOrder")}
        said(
            one, json.dumps(places).encode() if one.path == "/dir" else body, 201 if one.path == "/newAccount" else 200
        )

    assert refusal(answer, tmp_path)


def test_an_answer_without_end_is_not_read_to_it(tmp_path: Path) -> None:
    def answer(one: BaseHTTPRequestHandler) -> None:
        said(one, b"")
        for _ in range(1000):
            one.wfile.write(b" " * network.MAX_ANSWER)
        raise AssertionError("it was read to its end")

    assert refusal(answer, tmp_path) == "The authority's answer is too long"


def test_what_it_says_without_end_is_not_logged_whole(tmp_path: Path) -> None:
    problem = {"type": "urn:ietf:params:acme:error:rateLimited", "detail": "x" * 100_000}
    body = json.dumps(problem).encode()
    assert "rateLimited" in (found := refusal(lambda one: said(one, body, 429, "application/problem+json"), tmp_path))
    assert len(found) == MAX_WORDS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5),
        ("-1", 1),
        ("0", 1),
        ("31536000", 60),
        ("9" * 400, 60),
        ("soon", 1),
        ("Thu, 26 Nov 2026 12:00:30 GMT", 30),
        ("Thu, 26 Nov 2015 12:00:30 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60),
        ("Thu, 99 Nov 2026 12:00:30 GMT", 1),
    ],
)
def test_how_long_is_waited(text: str, seconds: int) -> None:
    assert waiting(text, NOW) == seconds


@pytest.mark.parametrize("wrong", ["many", "broken"])
def test_a_chain_that_cannot_be_shown_takes_no_place(tmp_path: Path, wrong: str) -> None:
    other(tmp_path, "a", HOST)
    place = certificates.folder(Settings(data_dir=tmp_path, hostname=HOST))
    chain, key = (place / "a.pem").read_bytes(), (place / "a.key").read_bytes()
    behind = chain * 1000 if wrong == "many" else b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    with pytest.raises(NotIssued):
        checked(Issued(chain + behind, key), HOST, utcnow())


def test_of_a_chain_nothing_but_its_certificates_is_kept(tmp_path: Path) -> None:
    other(tmp_path, "a", HOST)
    place = certificates.folder(Settings(data_dir=tmp_path, hostname=HOST))
    chain, key = (place / "a.pem").read_bytes(), (place / "a.key").read_bytes()
    assert checked(Issued(b"words\n" + chain + key, key), HOST, utcnow()).chain == chain


def test_an_authority_that_says_nothing_keeps_nobody_from_going(tmp_path: Path) -> None:
    asked, end = threading.Event(), threading.Event()

    def wait(_: BaseHTTPRequestHandler) -> None:
        asked.set()
        end.wait(90)

    async def play() -> float:
        stop = asyncio.Event()
        running = asyncio.create_task(renewal.run(server.context, stop))
        await asyncio.to_thread(asked.wait, 60)
        stop.set()
        begun = time.monotonic()
        await running
        return time.monotonic() - begun

    settings = {"hostname": HOST, "listen_http": "off"}
    with answering(wait) as url, ReadingServer(serve, tmp_path, acme_directory=url, **settings) as server:
        assert server.call(play()) < 30
        end.set()


def test_what_never_ends_is_left_to_itself() -> None:
    end = threading.Event()
    with pytest.raises(TimeoutError):
        asyncio.run(apart(lambda: end.wait(90), 0.01))
    end.set()


def test_nonsense_is_no_fault_of_ours(tmp_path: Path) -> None:
    """It is asked again after an hour, as whatever else an authority fails with."""
    with (
        answering(lambda one: said(one, b"{}")) as url,
        ReadingServer(serve, tmp_path, hostname=HOST, acme_directory=url) as lonely,
    ):
        asked, now = Renewal(lonely.context), utcnow()
        lonely.call(asked.look(now))
        assert asked.pauses[HOST] == (now + renewal.FIRST_PAUSE, timedelta(hours=1))


def test_a_certificate_without_its_key_is_due(tmp_path: Path) -> None:
    """The plug was pulled when one of the two files had been replaced."""
    settings = Settings(data_dir=tmp_path, hostname=HOST)
    other(tmp_path, HOST, HOST)
    other(tmp_path, "next", HOST)
    place = certificates.folder(settings)
    assert not renewal.is_due(settings, HOST, datetime.now(UTC))
    (place / "next.key").replace(place / f"{HOST}.key")
    assert renewal.is_due(settings, HOST, datetime.now(UTC))
