"""Addresses that are not written to for now, and complaints about what was sent.

Administrators see those of their domains.
"""

from __future__ import annotations

from typing import Any

from flask import Response

from backend import paging
from backend.access import administers, caller, domain_admin
from backend.extensions import db, reading, writing
from backend.routes import Blueprint
from backend.schemas.sending import (
    ComplaintQuery,
    ComplaintsOut,
    SuppressionIn,
    SuppressionQuery,
    SuppressionsOut,
)
from mailnode.database import utcnow
from mailnode.directory import edit
from mailnode.directory.addresses import normal
from mailnode.errors import BadAddress
from mailnode.outbound import complaints, suppression

bp = Blueprint("suppression", __name__, url_prefix="/sending", description="Who is not written to, and who complained")
COUNTED = 30 * 86_400  # seconds


@bp.get("/suppressed")
@domain_admin
@bp.arguments(SuppressionQuery, location="query")
@bp.response(200, SuppressionsOut)
def list_suppressed(query: dict[str, Any]) -> dict[str, object]:
    """A page of the addresses that nothing is sent to."""
    limit = query["limit"]
    found = suppression.rows(
        reading(), _now(), domains=_domains(), part=query["q"], after=query["cursor"] or 0, limit=limit + 1
    )
    return paging.by_id(found, limit)


@bp.post("/suppressed")
@domain_admin
@bp.arguments(SuppressionIn)
@bp.response(204)
def suppress(wanted: dict[str, str]) -> Response:
    """Send nothing from a domain to an address for a month."""
    tx = writing()
    domain = edit.domain(tx, wanted["domain"])
    administers(domain.name)
    address = normal(wanted["address"])
    if not suppression.add(tx, domain.id, address, cause=suppression.HAND, now=_now(), words=wanted["words"]):
        raise BadAddress("Mail to postmaster and abuse is never held back")
    db.session.commit()
    return Response(status=204)


@bp.delete("/suppressed/<int:suppression_id>")
@domain_admin
@bp.response(204)
def lift(suppression_id: int) -> Response:
    """Let the address be written to again."""
    tx = writing()
    administers(suppression.domain_of(tx, suppression_id))
    suppression.lift(tx, suppression_id)
    db.session.commit()
    return Response(status=204)


@bp.get("/complaints")
@domain_admin
@bp.arguments(ComplaintQuery, location="query")
@bp.response(200, ComplaintsOut)
def list_complaints(query: dict[str, Any]) -> dict[str, object]:
    """A page of complaints, the latest first, and how many each user has had."""
    tx, limit = reading(), query["limit"]
    found = complaints.rows(tx, domains=_domains(), before=query["cursor"], limit=limit + 1)
    counts = complaints.counts(tx, _now() - COUNTED, domains=_domains())
    counted = [{"user": user, "number": number} for user, number in counts]
    return {**paging.by_id(found, limit), "counts": counted}


def _now() -> int:
    return int(utcnow().timestamp())


def _domains() -> list[str] | None:
    """Of the caller; None for all."""
    return None if caller().administrator else sorted(caller().domains)
