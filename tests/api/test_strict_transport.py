"""Where HTTPS is served browsers are led to it, and nobody else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from backend.app import create_app
from backend.extensions import db
from tests.support.store import Store

STRANGER, HERE = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "127.0.0.1"}


def client_of(store: Store, folder: Path, listen_https: str) -> Iterator[FlaskClient]:
    (folder / "index.html").write_bytes(b"<!doctype html>")
    settings = type(store.settings)(**{**store.settings.model_dump(), "listen_https": listen_https})
    app = create_app(settings, web=folder)
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(sqlite_store: Store, tmp_path: Path) -> Iterator[FlaskClient]:
    yield from client_of(sqlite_store, tmp_path, "192.0.2.9:443")


@pytest.fixture
def elsewhere(sqlite_store: Store, tmp_path: Path) -> Iterator[FlaskClient]:
    """HTTPS is at a port that browsers do not know."""
    yield from client_of(sqlite_store, tmp_path, "192.0.2.9:8443")


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("http://mail.example.test/?a=b", "https://mail.example.test/?a=b"),
        ("http://mail.example.test:8080/index.html", "https://mail.example.test/index.html"),
        ("http://[2001:db8::1]:80/", "https://[2001:db8::1]/"),
    ],
)
def test_browsers_are_led_to_https(client: FlaskClient, asked: str, led_to: str) -> None:
    answer = client.get(asked, environ_base=STRANGER)
    assert (answer.status_code, answer.headers["Location"]) == (308, led_to)
    assert "Strict-Transport-Security" not in answer.headers  # RFC 6797 §7.2


@pytest.mark.parametrize("host", ["x@other.example", "[", "a b", "mail_1/..", "a:99999"])
def test_attack_a_host_that_is_none_leads_nowhere(client: FlaskClient, host: str) -> None:
    assert client.get("/index.html", headers={"Host": host}, environ_base=STRANGER).status_code == 200


@pytest.mark.parametrize(
    ("base", "environ", "path"),
    [
        ("https://mail.example.test", STRANGER, "/"),
        ("http://127.0.0.1", HERE, "/"),
        ("http://mail.example.test", STRANGER, "/api/v1/health"),
    ],
)
def test_who_is_there_on_this_machine_or_at_the_api_is_answered(
    client: FlaskClient, base: str, environ: dict[str, str], path: str
) -> None:
    assert client.get(path, base_url=base, environ_base=environ).status_code == 200


def test_proofs_and_client_settings_are_answered_where_they_are_asked_for(client: FlaskClient) -> None:
    for path in ("/.well-known/acme-challenge/none", "/mail/config-v1.1.xml?emailaddress=x@other.example"):
        assert client.get(path, environ_base=STRANGER).status_code == 404


def test_nobody_is_led_to_a_port_that_browsers_do_not_know(elsewhere: FlaskClient) -> None:
    assert elsewhere.get("/", environ_base=STRANGER).status_code == 200


def test_they_are_to_keep_to_it(client: FlaskClient, elsewhere: FlaskClient) -> None:
    for one in (client, elsewhere):
        assert one.get("/", base_url="https://mail.example.test").headers["Strict-Transport-Security"]
