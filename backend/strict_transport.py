"""Where HTTPS is served, browsers that come without it are sent there, and keep to it from then on (RFC 6797).

Only for the web client: programs at the API would send their password a second time, and those who ask for proofs and
client settings mean the address that they asked. Nor for who is on this machine, to whom nobody listens.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from mailnode.settings import Settings

PORT = 443  # at any other one a browser cannot know where to go
CLIENT = "web.show"
KEEP = "max-age=15552000"  # half a year, in seconds; not counted where the certificate is not believed (§8.1)


def install(app: Flask, settings: Settings) -> None:
    """Does nothing where a proxy speaks TLS for us, which does this itself."""
    if not settings.listen_https:
        return
    if any(listen.port == PORT for listen in settings.listen_https):
        app.before_request(_lead)
    app.after_request(_keep)


def _lead() -> AnyResponse | None:
    if request.is_secure or request.endpoint != CLIENT or _is_here(request.remote_addr or ""):
        return None
    asked = urlsplit(request.url)
    if not asked.hostname:  # in https:///a a browser finds a host named "a"
        return None
    host = f"[{asked.hostname}]" if ":" in asked.hostname else asked.hostname
    return redirect(urlunsplit(("https", host, *asked[2:])), 308)


def _keep(response: Response) -> Response:
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = KEEP
    return response


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
