"""Sessions: logging in, staying in, logging out.

Logging in answers with tokens for scripts, or sets cookies for the web client (see `tokens`).
"""

from __future__ import annotations

import secrets

from flask import Response, jsonify, request

from backend import tokens
from backend.access import anyone, caller, peer, refreshing, signed_in
from backend.doors import authenticator
from backend.extensions import db, limiter, reading, writing
from backend.resources.me import me
from backend.routes import Blueprint
from backend.schemas.sessions import LoginIn, LoginOut, SessionsOut, TokensOut
from mailnode.database import utcnow
from mailnode.directory import sessions
from mailnode.directory.models import WebSession

bp = Blueprint("sessions", __name__, url_prefix="/sessions", description="Logging in and out")


@bp.post("")
@anyone
@limiter.limit("30 per minute; 300 per hour")
@bp.arguments(LoginIn)
@bp.response(201, LoginOut)
def log_in(wanted: dict[str, str]) -> Response:
    """Log in with a name and a password."""
    who = authenticator().check_now(wanted["name"], wanted["password"], peer())
    session_id, now = secrets.token_urlsafe(18), utcnow()
    client = request.user_agent.string
    tx = writing()
    sessions.start(tx, session_id, who.user_id, peer=peer(), client=client, now=now)
    db.session.commit()
    access, refresh = tokens.access_token(who.user_id, session_id), tokens.refresh_token(who.user_id, session_id)
    shown: dict[str, object] = {"user": me(reading(), who.user_id), "session_id": session_id}
    return _hand_over(LoginOut(), shown, access, refresh, into_cookies=bool(wanted["cookies"]), status=201)


@bp.post("/refresh")
@refreshing
@bp.response(200, TokensOut)
def refresh() -> Response:
    """Get new tokens for the session of a refresh token."""
    sessions.extend(writing(), caller().session_id, utcnow())
    db.session.commit()
    names = (caller().user_id, caller().session_id)
    access, again = tokens.access_token(*names), tokens.refresh_token(*names)
    return _hand_over(TokensOut(), {}, access, again, into_cookies=tokens.came_by_cookie(), status=200)


@bp.get("")
@signed_in
@bp.response(200, SessionsOut)
def list_sessions() -> dict[str, object]:
    """The live sessions of the caller."""
    found = sessions.of_user(reading(), caller().user_id, utcnow())
    current = caller().session_id
    items = [{**_shown(one), "current": one.id == current} for one in found]
    return {"items": items}


@bp.delete("/current")
@signed_in
@bp.response(204)
def log_out() -> Response:
    """End the session that calls."""
    sessions.end(writing(), caller().user_id, caller().session_id)
    db.session.commit()
    response = Response(status=204)
    tokens.clear_cookies(response)
    return response


@bp.delete("/<session_id>")
@signed_in
@bp.response(204)
def end_session(session_id: str) -> Response:
    """End another session of the caller."""
    sessions.end(writing(), caller().user_id, session_id)
    db.session.commit()
    return Response(status=204)


def _shown(one: WebSession) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("id", "created_at", "last_used_at", "peer", "client")}


def _hand_over(
    schema: TokensOut, shown: dict[str, object], access: str, refresh: str, *, into_cookies: bool, status: int
) -> Response:
    shown["expires_in"] = int(tokens.ACCESS_LIFETIME.total_seconds())
    if not into_cookies:
        shown |= {"access_token": access, "refresh_token": refresh}
    response = jsonify(schema.dump(shown))
    response.status_code = status
    if into_cookies:
        tokens.set_cookies(response, access, refresh)
    return response
