"""Pictures of mail: fetched from public servers only, shown only when they are pictures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest

from backend import pictures
from mailnode.errors import ImageRefused, ImageUnavailable
from tests.support.site import Site

PNG = b"\x89PNG\r\n\x1a\nrest"
ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/a.png": (200, {"Content-Type": "image/png", "Set-Cookie": "track=1"}, PNG),
    "/lies.png": (200, {"Content-Type": "image/png"}, b"<script>alert(1)</script>"),
    "/a.svg": (200, {"Content-Type": "image/svg+xml"}, b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "/large": (200, {"Content-Type": "image/png", "Content-Length": str(pictures.MAX_BYTES + 1)}, b""),
    "/moved": (302, {"Location": "/a.png"}, b""),
    "/inside": (302, {"Location": "http://169.254.169.254/latest/meta-data"}, b""),
    "/file": (302, {"Location": "file:///etc/passwd"}, b""),
    "/round": (302, {"Location": "/round"}, b""),
    "/gone": (404, {}, b""),
}


class Handler(BaseHTTPRequestHandler):
    """Answers by path, and remembers what was asked."""

    asked: list[dict[str, str]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        Handler.asked.append({"path": self.path, **dict(self.headers)})
        status, headers, body = ANSWERS[self.path]
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Quiet."""


@pytest.fixture
def fetch(monkeypatch: pytest.MonkeyPatch) -> Iterator[partial[pictures.Picture]]:
    """`pictures.fetch` where pictures.test is a local server that counts as public, on its own port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setitem(pictures.PORTS, "http", server.server_port)
    Handler.asked.clear()

    def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host == "pictures.test" else [host]

    def is_public(address: str) -> bool:
        return address == "127.0.0.1" or pictures.is_public_address(address)

    yield partial(pictures.fetch, lookup=lookup, is_public=is_public)
    server.shutdown()
    server.server_close()


def test_a_picture_is_fetched_without_telling_who_reads(fetch: partial[pictures.Picture]) -> None:
    assert fetch("http://pictures.test/a.png") == pictures.Picture("image/png", PNG)
    asked = Handler.asked[0]
    assert asked["Host"].startswith("pictures.test")
    assert not {"Cookie", "Referer", "X-Forwarded-For"} & set(asked)


def test_a_redirect_is_followed(fetch: partial[pictures.Picture]) -> None:
    assert fetch("http://pictures.test/moved").data == PNG


@pytest.mark.parametrize("path", ["/inside", "/file"])
def test_a_redirect_to_the_inside_is_refused(fetch: partial[pictures.Picture], path: str) -> None:
    with pytest.raises(ImageRefused):
        fetch(f"http://pictures.test{path}")


@pytest.mark.parametrize("path", ["/lies.png", "/a.svg", "/large", "/round", "/gone"])
def test_what_is_no_picture_is_not_shown(fetch: partial[pictures.Picture], path: str) -> None:
    with pytest.raises(ImageUnavailable):
        fetch(f"http://pictures.test{path}")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.png",
        "http://localhost/a.png",
        "http://[::1]/a.png",
        "http://0.0.0.0/a.png",
        "http://10.1.2.3/a.png",
        "http://172.16.0.1/a.png",
        "http://192.168.0.1/a.png",
        "http://169.254.169.254/a.png",
        "http://100.64.0.1/a.png",
        "http://[fd00::1]/a.png",
        "http://[fe80::1]/a.png",
        "http://[::ffff:127.0.0.1]/a.png",
        "http://[64:ff9b::7f00:1]/a.png",
        "http://[2002:7f00:1::]/a.png",
        "http://2130706433/a.png",
        "http://0x7f.1/a.png",
        "http://224.0.0.1/a.png",
        "http://user:pw@192.0.43.8/a.png",
        "http://192.0.43.8:8080/a.png",
        "http://192.0.43.8:22/a.png",
        "https://192.0.43.8:80/a.png",
        "ftp://192.0.43.8/a.png",
        "file:///etc/passwd",
        "//192.0.43.8/a.png",
        "javascript:alert(1)",
        "data:image/png;base64,x",
        "http:///a.png",
        "http://192.0.43.8/a b.png",
        "http://192.0.43.8/\r\nX: y",
        "http://[",
        "nonsense",
    ],
)
def test_what_is_not_public_is_refused(site: Site, url: str) -> None:
    answer = site.anna.get(f"image-proxy?url={quote(url, safe='')}")
    assert answer.json["type"] in ("/problems/image-refused", "/problems/image-unavailable")


def test_the_address_that_was_checked_is_the_one_that_is_asked() -> None:
    answers = iter([["192.0.43.8"], ["127.0.0.1"]])
    target = pictures.check("http://rebind.test/a.png", lambda host, port: next(answers), pictures.is_public_address)
    assert target.address == "192.0.43.8"


def test_one_private_address_among_public_ones_is_enough() -> None:
    with pytest.raises(ImageRefused):
        pictures.check("http://x.test/", lambda host, port: ["192.0.43.8", "10.0.0.1"], pictures.is_public_address)


def test_the_answer_cannot_act_in_a_browser(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "fetch", lambda url: pictures.Picture("image/png", PNG))
    answer = site.anna.get("image-proxy?url=http://pictures.test/a.png")
    assert answer.data == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "private" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"\0\0\0\x20ftypavif", "image/avif"),
        (b"BM\0", "image/bmp"),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(data: bytes, kind: str | None) -> None:
    assert pictures.kind_of(data) == kind
