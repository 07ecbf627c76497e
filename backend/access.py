"""Who may call a route. Each view carries exactly one of the decorators below.

A token (in the Authorization header, or in a cookie together with its cross-site token) names a
session; the session must live and its user must be let in. Which rows a domain administrator
touches is asked in the view with `administers`, because only the view knows the row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, request
from flask_jwt_extended import get_jwt, verify_jwt_in_request
from sqlalchemy import Select

from backend.extensions import db
from mailnode.database import utcnow
from mailnode.directory import sessions
from mailnode.directory.models import Domain
from mailnode.directory.sessions import Caller
from mailnode.errors import Forbidden, Unauthorized
from mailnode.history.details import BY_HTTP, Arrival

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])
RULES = ("anyone", "refreshing", "signed_in", "domain_admin", "system_admin")


def caller() -> Caller:
    """The user who calls."""
    found: Caller = g.caller
    return found


def administers(domain: str) -> None:
    """Raises Forbidden unless the caller administers this domain."""
    if not caller().administers(domain):
        raise Forbidden


def administered(found: Select[T], domain: str = "") -> Select[T]:
    """Of ``found``, which has joined `Domain`, what the caller administers; of one domain where one is named."""
    if not caller().administrator:
        found = found.where(Domain.name.in_(caller().domains))
    return found.where(Domain.name == domain) if domain else found


def require_system_admin() -> None:
    if not caller().administrator:
        raise Forbidden


def _identify(*, refresh: bool) -> None:
    """Find the caller, in a transaction of its own: the view's may have to begin as a writing one."""
    verify_jwt_in_request(refresh=refresh)
    found = sessions.caller(db.session(), get_jwt()["sid"], utcnow())
    db.session.rollback()
    if found is None:
        raise Unauthorized
    g.caller = found


def _guard(view: View, rule: str, check: Callable[[], None]) -> View:
    @wraps(view)
    def guarded(*args: Any, **more: Any) -> Any:
        check()
        return view(*args, **more)

    guarded.access_rule = rule  # type: ignore[attr-defined]
    if rule != "anyone":
        documented = guarded.__dict__.setdefault("_apidoc", {}).setdefault("manual_doc", {})
        documented["security"] = [{"bearer": []}, {"cookie": []}]
    return guarded  # type: ignore[return-value]


def anyone(view: View) -> View:
    """No log-in needed."""
    return _guard(view, "anyone", lambda: None)


def refreshing(view: View) -> View:
    """The refresh token of a live session."""
    return _guard(view, "refreshing", lambda: _identify(refresh=True))


def signed_in(view: View) -> View:
    """Any user."""
    return _guard(view, "signed_in", lambda: _identify(refresh=False))


def domain_admin(view: View) -> View:
    """A user who administers some domain; the view asks `administers` about the very one."""

    def check() -> None:
        _identify(refresh=False)
        if not (caller().administrator or caller().domains):
            raise Forbidden

    return _guard(view, "domain_admin", check)


def system_admin(view: View) -> View:
    """A system administrator."""

    def check() -> None:
        _identify(refresh=False)
        require_system_admin()

    return _guard(view, "system_admin", check)


def peer() -> str:
    """The address of the one who calls, behind trusted proxies too (see `proxies`)."""
    return request.remote_addr or ""


def arrival() -> Arrival:
    """Who hands in a message, for the history."""
    return Arrival(peer(), with_=BY_HTTP, user=caller().address)
