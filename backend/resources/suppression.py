"""Addresses that are not written to for now, and complaints about what was sent.

Administrators see those of their domains.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Response

from backend import paging
from backend.access import administers, caller, domain_admin
from backend.extensions import db, reading, writing
from backend.resources.domains import mine
from backend.routes import Blueprint
from backend.schemas.sending import (
    ComplaintQuery,
    ComplaintsOut,
    SuppressionIn,
    SuppressionQuery,
    SuppressionsOut,
)
from mailnode.outbound import complaints, suppression

bp = Blueprint("suppression", __name__, url_prefix="/sending", description="Who is not written to, and who complained")
COUNTED = 30 * 86_400  # seconds


@bp.get("/suppressed")
@domain_admin
@bp.arguments(SuppressionQuery, location="query")
@bp.response(200, SuppressionsOut)
def list_suppressed(query: dict[str, Any]) -> dict[str, object]:
    """A page of the addresses that nothing is sent to."""
    tx, after = reading(), query["cursor"] or 0
    return paging.by_id(
        query["limit"],
        lambda most: suppression.rows(tx, _now(), domains=_domains(), part=query["q"], after=after, limit=most),
    )


@bp.post("/suppressed")
@domain_admin
@bp.arguments(SuppressionIn)
@bp.response(204)
def suppress(wanted: dict[str, str]) -> Response:
    """Send nothing from a domain to an address for a month."""
    tx = writing()
    domain = mine(tx, wanted["domain"])
    suppression.add_by_hand(tx, domain.id, wanted["address"], now=_now(), words=wanted["words"])
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
    tx, before = reading(), query["cursor"]
    page = paging.by_id(query["limit"], lambda most: complaints.rows(tx, domains=_domains(), before=before, limit=most))
    counts = complaints.counts(tx, _now() - COUNTED, domains=_domains())
    counted = [{"user": user, "number": number} for user, number in counts]
    return {**page, "counts": counted}


def _now() -> int:
    return int(time.time())


def _domains() -> list[str] | None:
    """Of the caller; None for all."""
    return None if caller().administrator else sorted(caller().domains)
