"""Whom to believe about the client's address: the proxies named in the settings, and nobody else.

``X-Forwarded-For`` is read from its end, as each proxy appends: the first address that is no
trusted proxy is the client. ``X-Forwarded-Proto`` and ``X-Forwarded-Host`` count only when the
connection itself comes from a trusted proxy.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

from mailnode.settings import Network

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TrustedProxies:
    """WSGI middleware that puts the real client into the environment."""

    def __init__(self, app: Wsgi, networks: tuple[Network, ...]) -> None:
        self.app = app
        self.networks = networks

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self.networks and self.trusts(environ.get("REMOTE_ADDR", "")):
            environ["REMOTE_ADDR"] = self.client(environ)
            if environ.get("HTTP_X_FORWARDED_PROTO") in ("http", "https"):
                environ["wsgi.url_scheme"] = environ["HTTP_X_FORWARDED_PROTO"]
            if environ.get("HTTP_X_FORWARDED_HOST"):
                environ["HTTP_HOST"] = environ["HTTP_X_FORWARDED_HOST"].rpartition(",")[2].strip()
        return self.app(environ, start_response)

    def trusts(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.networks)

    def client(self, environ: dict[str, Any]) -> str:
        nearest: str = environ["REMOTE_ADDR"]
        for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            address = hop.strip().removeprefix("[").partition("]")[0]
            if not address:
                break
            nearest = address
            if not self.trusts(address):
                break
        return nearest
