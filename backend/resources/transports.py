"""Transports in the hands of system administrators; the rules are in mailnode.directory.transports."""

from __future__ import annotations

from typing import Any

from flask import Response

from backend import preconditions
from backend.access import system_admin
from backend.extensions import db, reading, writing
from backend.routes import Blueprint
from backend.schemas.transports import TransportIn, TransportOut, TransportsOut
from mailnode.directory import transports
from mailnode.directory.models import Transport
from mailnode.directory.transports import Exit

bp = Blueprint("transports", __name__, url_prefix="/transports", description="How mail for some domains leaves")


@bp.get("")
@system_admin
@bp.response(200, TransportsOut)
def list_transports() -> dict[str, object]:
    """All of them, by pattern."""
    return {"items": [_shown(one) for one in transports.transports(reading())]}


@bp.get("/<pattern>")
@system_admin
@bp.response(200, TransportOut)
def show_transport(pattern: str) -> tuple[dict[str, object], int, dict[str, str]]:
    """One of them."""
    found = transports.transport(reading(), pattern)
    shown = _shown(found)
    return shown, 200, preconditions.unless_seen(found.version, shown)


@bp.put("/<pattern>")
@system_admin
@bp.arguments(TransportIn)
@bp.response(200, TransportOut)
def put_transport(wanted: dict[str, Any], pattern: str) -> tuple[dict[str, object], int, dict[str, str]]:
    """Make or replace one, with ``If-None-Match: *`` only make one; mail takes the new way some seconds later."""
    tx = writing()
    version, new = preconditions.version_wanted(required=False), preconditions.only_if_new()
    made = transports.put(tx, Exit(pattern, **wanted), if_version=version, only_new=new)
    db.session.commit()
    return _shown(made), 200, preconditions.versioned(made.version)


@bp.delete("/<pattern>")
@system_admin
@bp.response(204)
def remove_transport(pattern: str) -> Response:
    """Remove one: its domains' mail leaves by MX again."""
    transports.remove(writing(), pattern)
    db.session.commit()
    return Response(status=204)


def _shown(one: Transport) -> dict[str, object]:
    return {
        "pattern": one.pattern,
        "host": one.host,
        "port": one.port,
        "tls": one.tls,
        "implicit": one.implicit,
        "login": one.login,
        "source": one.source,
        "created_at": one.created_at,
        "version": one.version,
    }
