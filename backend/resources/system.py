"""Health, metrics and what this server is, for machines and for the log-in page."""

from __future__ import annotations

import ipaddress

from flask import Response, request
from sqlalchemy import select, text

import mailnode
from backend import metrics
from backend.access import anyone, peer, system_admin
from backend.extensions import reading, settings
from backend.routes import Blueprint
from backend.schemas.system import HealthOut, ServerOut
from mailnode.directory.models import Domain

bp = Blueprint("system", __name__, description="The server itself")
OPEN = ("open", "approval")


@bp.get("/health")
@anyone
@bp.response(200, HealthOut)
def health() -> dict[str, str]:
    """Is the service up? Asks the database; 500 when it does not answer."""
    reading().execute(text("SELECT 1"))
    return {"status": "ok", "version": mailnode.__version__}


@bp.get("/server")
@anyone
@bp.response(200, ServerOut)
def server() -> dict[str, object]:
    """What a client should know before anybody logs in."""
    registration = reading().scalar(select(Domain.id).where(Domain.registration.in_(OPEN), Domain.enabled).limit(1))
    limit = settings().message_size_limit
    return {
        "version": mailnode.__version__,
        "hostname": settings().hostname,
        "languages": ["zh-CN", "en"],
        "message_size_limit": limit,
        "upload_size_limit": limit * 3 // 4,  # base64 makes four bytes of three
        "registration": registration is not None,
    }


@bp.get("/metrics")
@anyone
@bp.response(200, content_type="text/plain")
def show_metrics() -> Response:
    """Prometheus text, for the machine itself or a system administrator."""
    return _metrics() if _is_this_machine() else _metrics_for_admins()


def _is_this_machine() -> bool:
    """Not what a proxy on this machine brings from elsewhere."""
    return ipaddress.ip_address(peer() or "::").is_loopback and "X-Forwarded-For" not in request.headers


@system_admin
def _metrics_for_admins() -> Response:
    return _metrics()


def _metrics() -> Response:
    return Response(metrics.text(reading(), settings().data_dir), content_type=metrics.CONTENT_TYPE)
