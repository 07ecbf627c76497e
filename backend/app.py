"""The composition root of the web process: `create_app` builds everything, nothing at import time."""

from __future__ import annotations

import gzip
from pathlib import Path
from time import sleep
from typing import Any

from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError
from werkzeug.routing import IntegerConverter

from backend import client_settings, preconditions, problems, static, strict_transport, tokens
from backend.extensions import Api, db, limiter
from backend.proxies import TrustedProxies
from backend.resources import BLUEPRINTS
from mailnode.group_commit import worth_another_try
from mailnode.settings import Settings

API = "/api/v1"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "private, no-store",
}
TRIES = 4
COMPRESSED_FROM = 4096  # bytes
DESCRIPTION = "Mailnode's API: everything that its web client does. Errors are problem documents (RFC 9457)."


class Application(Flask):
    """Flask that repeats a request whose transaction lost a deadlock: nothing of it has happened."""

    def dispatch_request(self) -> Any:
        for attempt in range(TRIES):
            try:
                return super().dispatch_request()
            except DBAPIError as error:
                db.session.rollback()
                if attempt == TRIES - 1 or not worth_another_try(error):
                    raise
                sleep(0.01 * 2**attempt)
        return None  # not reached: the last try returns or raises


class Number(IntegerConverter):
    """A number in a path, of at most so many digits as the database takes: with more of them there is nothing there."""

    regex = r"\d{1,18}"


def create_app(settings: Settings, *, web: Path | None = None) -> Flask:
    """The application on the settings' database; ``web`` is the folder of the built client."""
    app = Application("backend", static_folder=None)
    app.config.update(
        MAILNODE=settings,
        SQLALCHEMY_DATABASE_URI=settings.database,
        MAX_CONTENT_LENGTH=4 * 1024 * 1024,  # routes that take more raise it for themselves
        RATELIMIT_STORAGE_URI="memory://",  # of this process; log-ins and registrations count in the database too
        RATELIMIT_HEADERS_ENABLED=False,
        API_TITLE="Mailnode",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=API,
        API_SPEC_OPTIONS={"info": {"description": DESCRIPTION}},
    )
    app.url_map.converters["int"] = Number
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    db.init_app(app)
    limiter.init_app(app)
    problems.install(app)
    tokens.install(app)
    _describe(app)
    client_settings.install(app)
    static.install(app, web)
    strict_transport.install(app, settings)
    app.after_request(_protect)
    app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    return app


def _describe(app: Flask) -> None:
    """Register the resources, and what is said of all of them."""
    api = Api(app)
    schemes = api.spec.components.security_scheme
    schemes("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    schemes("cookie", {"type": "apiKey", "in": "cookie", "name": tokens.ACCESS.name})
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=API + (blueprint.url_prefix or ""))


def _protect(response: Response) -> Response:
    """Headers of every answer of the API; the client's files and message parts bring their own."""
    if request.path.startswith(API):
        response = preconditions.conditional(response)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        _compress(response)
    return response


def _compress(response: Response) -> None:
    """Long JSON for those who take it; nothing beside a token, whose length would tell of it."""
    response.vary.update(("Accept-Encoding", "Accept-Language"))
    if response.mimetype != "application/json" or not preconditions.takes_gzip():
        return
    length = response.content_length or 0
    if length > COMPRESSED_FROM and not request.path.startswith(f"{API}/sessions"):
        response.set_data(gzip.compress(response.get_data(), 1))
        response.headers["Content-Encoding"] = "gzip"
