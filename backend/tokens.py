"""Tokens: what names a session, in a header for scripts and in cookies for the web client.

The signing key is a secret of the installation, read at the first use. Cookies are HttpOnly and
SameSite=Strict, ``Secure`` when the request came over TLS; beside each lies a readable cookie with
the token's cross-site value, which our own pages repeat in ``X-CSRF-Token`` (double submit).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, Response, current_app, request
from flask_jwt_extended import create_access_token, create_refresh_token, get_csrf_token
from flask_jwt_extended.exceptions import CSRFError
from sqlalchemy.orm import Session

from backend.extensions import db, jwt
from backend.problems import problem
from mailnode.database import begin_write
from mailnode.directory import bearer
from mailnode.directory.secrets import secret
from mailnode.directory.sessions import LIFETIME
from mailnode.errors import CsrfFailed, Unauthorized

ACCESS_LIFETIME = timedelta(minutes=15)
API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Cookie:
    """The cookie of a token and the readable one beside it."""

    name: str
    path: str
    csrf_name: str
    lifetime: timedelta


ACCESS = Cookie("mailnode_access", API, "mailnode_csrf", ACCESS_LIFETIME)
REFRESH = Cookie("mailnode_refresh", f"{API}/sessions", "mailnode_refresh_csrf", LIFETIME)


def install(app: Flask) -> None:
    """Bind the JWT extension, with our cookies and our problem documents."""
    app.config.update(
        JWT_TOKEN_LOCATION=["headers", "cookies"],
        JWT_ACCESS_TOKEN_EXPIRES=ACCESS_LIFETIME,
        JWT_REFRESH_TOKEN_EXPIRES=LIFETIME,
        JWT_ACCESS_COOKIE_NAME=ACCESS.name,
        JWT_REFRESH_COOKIE_NAME=REFRESH.name,
    )
    jwt.init_app(app)
    jwt.unauthorized_loader(_unauthorized)
    jwt.invalid_token_loader(_unauthorized)
    jwt.expired_token_loader(_unauthorized)
    jwt.revoked_token_loader(_unauthorized)
    jwt.encode_key_loader(lambda identity: _key())
    jwt.decode_key_loader(lambda header, payload: _key())
    app.register_error_handler(CSRFError, _no_csrf)


def _unauthorized(*why: object) -> Response:
    return problem(Unauthorized.http, Unauthorized.kind)


def _no_csrf(error: Exception) -> Response:
    return problem(CsrfFailed.http, CsrfFailed.kind)


def _key() -> str:
    return installation_secret(bearer.TOKENS)


def installation_secret(name: str) -> str:
    """A secret of the installation; asked once, in a transaction of its own, outside the request's session."""
    known: dict[str, str] = current_app.extensions.setdefault("mailnode.secrets", {})
    if name not in known:
        with Session(db.engine) as tx:
            begin_write(tx)
            known[name] = secret(tx, name)
            tx.commit()
    return known[name]


def access_token(user_id: int, session_id: str) -> str:
    made: str = create_access_token(str(user_id), additional_claims={"sid": session_id})
    return made


def refresh_token(user_id: int, session_id: str) -> str:
    made: str = create_refresh_token(str(user_id), additional_claims={"sid": session_id})
    return made


def set_cookies(response: Response, access: str, refresh: str) -> None:
    """Hand both tokens to the browser."""
    for cookie, token in ((ACCESS, access), (REFRESH, refresh)):
        _set(response, cookie.name, token, cookie, path=cookie.path, hidden=True)
        _set(response, cookie.csrf_name, get_csrf_token(token), cookie, path="/", hidden=False)


def _set(response: Response, name: str, value: str, cookie: Cookie, *, path: str, hidden: bool) -> None:
    response.set_cookie(
        name,
        value,
        max_age=cookie.lifetime,
        path=path,
        httponly=hidden,
        secure=request.is_secure,
        samesite="Strict",
    )


def clear_cookies(response: Response) -> None:
    for cookie in (ACCESS, REFRESH):
        response.delete_cookie(cookie.name, path=cookie.path, samesite="Strict", httponly=True)
        response.delete_cookie(cookie.csrf_name, path="/", samesite="Strict")


def came_by_cookie() -> bool:
    """True when the request's session is known from cookies, so that the answer goes into cookies too."""
    return "Authorization" not in request.headers
