"""Whom to believe about the client's address."""

from __future__ import annotations

import ipaddress

import pytest

from backend.proxies import TrustedProxies

NETWORKS = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),  # no trusted proxy: believed is the connection
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),  # what the client wrote in front is not believed
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "nonsense"),
        ("fd00::1", "[2001:db8::1]", "2001:db8::1"),
        ("", "203.0.113.9", ""),
    ],
)
def test_the_client_is_the_last_address_that_is_no_trusted_proxy(peer: str, forwarded: str, client: str) -> None:
    seen: dict[str, str] = {}

    def look(environ: dict[str, str], start: object) -> list[bytes]:
        seen.update(environ)
        return []

    TrustedProxies(look, NETWORKS)({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}, None)
    assert seen["REMOTE_ADDR"] == client


def test_scheme_and_host_come_from_trusted_proxies_only() -> None:
    for peer, scheme, host in (("10.0.0.1", "https", "mail.test"), ("192.0.2.1", "http", "evil.test")):
        environ = {
            "REMOTE_ADDR": peer,
            "wsgi.url_scheme": "http",
            "HTTP_HOST": "evil.test",
            "HTTP_X_FORWARDED_PROTO": "https",
            "HTTP_X_FORWARDED_HOST": "mail.test",
        }
        TrustedProxies(lambda environ, start: [], NETWORKS)(environ, None)
        assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == (scheme, host)
