"""The built web client, with the headers that are half of its safety."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from backend.app import create_app
from backend.extensions import db
from tests.support.store import Store

PAGE = b"<!doctype html><title>Mailnode</title>" + b" " * 500


@pytest.fixture
def client(sqlite_store: Store, tmp_path: Path) -> Iterator[FlaskClient]:
    web = tmp_path / "web"
    (web / "assets").mkdir(parents=True)
    for name, data in (
        ("index.html", PAGE),
        ("reader.html", PAGE),
        ("favicon.svg", b"<svg/>"),
        ("assets/index-abc.js", b"export {}"),
        ("assets/font.woff2", b"wOF2"),
    ):
        (web / name).write_bytes(data)
    (tmp_path / "secret").write_text("no")
    app = create_app(sqlite_store.settings, web=web)
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_the_page_runs_only_its_own_scripts_under_trusted_types(client: FlaskClient) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.data == client.get("/index.html").data == PAGE


def test_the_reader_runs_no_script_and_fetches_nothing(client: FlaskClient) -> None:
    policy = client.get("/reader.html").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: blob:;")
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy


def test_hashed_files_are_kept_for_ever(client: FlaskClient) -> None:
    answer = client.get("/assets/index-abc.js")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/", "/reader.html", "/favicon.svg", "/assets/index-abc.js", "/assets/font.woff2"])
def test_every_file_is_fenced_in(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_text_is_compressed_for_those_who_take_it(client: FlaskClient) -> None:
    packed = client.get("/", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == PAGE
    assert "Content-Encoding" not in client.get("/", headers={"Accept-Encoding": "gzip;q=0"}).headers
    assert "Content-Encoding" not in client.get("/assets/font.woff2", headers={"Accept-Encoding": "gzip"}).headers


def test_an_unchanged_page_is_not_sent_again(client: FlaskClient) -> None:
    for encoding in ("gzip", "identity"):
        tag = client.get("/", headers={"Accept-Encoding": encoding}).headers["ETag"]
        headers = {"Accept-Encoding": encoding, "If-None-Match": tag}
        assert client.get("/", headers=headers).status_code == 304


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret", "/nothing", "//secret"])
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (404, 308)


def test_without_a_built_client_the_api_serves(sqlite_store: Store, tmp_path: Path) -> None:
    app = create_app(sqlite_store.settings, web=tmp_path / "nowhere")
    assert app.test_client().get("/").status_code == 404
    assert app.test_client().get("/api/v1/health").status_code == 200
