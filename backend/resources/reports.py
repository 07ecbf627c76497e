"""What others report about a domain: how its mail fared with DMARC, and how theirs fared on its way to us over TLS."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from werkzeug.exceptions import NotFound

from backend.access import domain_admin
from backend.extensions import reading
from backend.resources.domains import mine
from backend.routes import Blueprint
from backend.schemas.reports import ReportRowsOut, ReportsOut, ReportsQuery, SummaryOut, SummaryQuery
from mailnode.reports import finding
from mailnode.reports.finding import DAY, Kind, Listed

KINDS: Final[tuple[Kind, ...]] = ("dmarc", "tls")

bp = Blueprint("reports", __name__, url_prefix="/domains/<name>/reports", description="What others report")


@bp.get("/<kind>")
@domain_admin
@bp.arguments(ReportsQuery, location="query")
@bp.response(200, ReportsOut)
def list_reports(query: dict[str, Any], name: str, kind: str) -> dict[str, object]:
    """A page of the reports about a domain, the newest first."""
    tx, limit = reading(), query["limit"]
    end, _, last = (query["cursor"] or "").partition("-")
    before = (int(end), int(last)) if end else None
    found = finding.reports(tx, [mine(tx, name).id], _known(kind), before=before, limit=limit + 1)
    more = len(found) > limit
    shown = found[:limit]
    return {
        "items": [_shown(one) for one in shown],
        "next": f"{shown[-1].end}-{shown[-1].id}" if more else None,
    }


@bp.get("/<kind>/summary")
@domain_admin
@bp.arguments(SummaryQuery, location="query")
@bp.response(200, SummaryOut)
def sum_up_reports(query: dict[str, Any], name: str, kind: str) -> dict[str, object]:
    """Sums by day, and by who sends in the domain's name or what went wrong."""
    tx = reading()
    wanted = _known(kind)
    domain_id, since = mine(tx, name).id, int(time.time()) // DAY * DAY - (query["days"] - 1) * DAY
    days = [
        {"day": datetime.fromtimestamp(one.day, UTC).date(), "passed": one.passed, "failed": one.failed}
        for one in finding.days(tx, domain_id, wanted, since)
    ]
    return {"days": days, "sources": [asdict(one) for one in finding.sources(tx, domain_id, wanted, since)]}


@bp.get("/<int:report_id>")
@domain_admin
@bp.response(200, ReportRowsOut)
def show_report(name: str, report_id: int) -> dict[str, object]:
    """One report, row by row."""
    tx = reading()
    listed, rows = finding.report(tx, mine(tx, name).id, report_id)
    return {
        **_shown(listed),
        "dmarc": rows if listed.kind == "dmarc" else [],
        "tls": rows if listed.kind == "tls" else [],
    }


def _known(kind: str) -> Kind:
    for one in KINDS:
        if one == kind:
            return one
    raise NotFound


def _shown(one: Listed) -> dict[str, object]:
    times = {side: datetime.fromtimestamp(getattr(one, side), UTC) for side in ("begin", "end")}
    return {**asdict(one), **times}
