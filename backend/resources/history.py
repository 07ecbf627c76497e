"""What became of messages: for administrators those of their domains, for everybody what they sent and got.

Who is shown what is decided in `mailnode.history.viewing`; this file only translates.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from werkzeug.exceptions import NotFound

from backend.access import caller, signed_in
from backend.extensions import reading, settings
from backend.problems import language
from backend.routes import Blueprint
from backend.schemas.history import HistoryOut, HistoryPersonQuery, HistoryQuery, HistoryStoryOut
from mailnode.findings import Finding
from mailnode.history import asking, reasons, saying
from mailnode.history.asking import Question
from mailnode.history.details import Step
from mailnode.history.finding import NEWEST, Row
from mailnode.history.viewing import Viewer
from mailnode.language import Language

bp = Blueprint("history", __name__, url_prefix="/history", description="What became of messages")


@bp.get("")
@signed_in
@bp.arguments(HistoryQuery, location="query")
@bp.response(200, HistoryOut)
def list_history(query: dict[str, Any]) -> dict[str, object]:
    """A page of what happened, the newest first."""
    asked = Question(query["address"], query["message_id"], query["id"], query["refused"])
    question = asking.as_known(reading(), asked, settings().hostname)
    before = query["cursor"] or NEWEST
    page = asking.page(reading(), _viewer(mine=query["mine"]), question, before=before, limit=query["limit"])
    return {
        "items": [_shown(row) for row in page.rows],
        "next": str(page.next) if page.next is not None else None,
        "days": settings().history_days,
        "refused_days": settings().history_refused_days,
    }


@bp.get("/<int:row_id>")
@signed_in
@bp.arguments(HistoryPersonQuery, location="query")
@bp.response(200, HistoryStoryOut)
def show_story(query: dict[str, Any], row_id: int) -> dict[str, object]:
    """The whole way of the message that a row is about, the oldest first."""
    rows = asking.story(reading(), _viewer(mine=query["mine"]), row_id) if row_id < NEWEST else []
    if not rows:
        raise NotFound
    return {"items": [_shown(row) for row in rows]}


def _viewer(*, mine: bool) -> Viewer:
    who = caller()
    return Viewer(who.user_id) if mine else Viewer(who.user_id, who.administrator, who.domains)


def _shown(row: Row) -> dict[str, object]:
    spoken: Language = "zh" if language() == "zh" else "en"
    return {
        "id": row.id,
        "at": datetime.fromtimestamp(row.at, UTC),
        "what": row.what.name.lower(),
        "message": row.message,
        "trace": row.trace,
        "queue_id": row.queue_id,
        "sender": row.sender,
        "message_id": row.detail.message_id,
        "size": row.detail.size,
        "heading": saying.heading(row, spoken),
        "client": {
            **row.detail.arrival._asdict(),
            "sentence": saying.arrival(row.detail.arrival, spoken) if any(row.detail.arrival) else "",
        },
        "findings": [_finding(one, spoken) for one in row.detail.findings],
        "steps": [_step(one, spoken) for one in row.detail.steps],
    }


def _finding(finding: Finding, spoken: Language) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "score": finding.score,
        "text": finding.text,
        "action": None if finding.action is None else finding.action.name.lower(),
        "why": reasons.seen(finding, spoken),
        "sentence": saying.found(finding, spoken),
    }


def _step(step: Step, spoken: Language) -> dict[str, object]:
    return {
        **step._asdict(),
        "act": step.act.name.lower(),
        "why": reasons.why(step, spoken),
        "sentence": saying.told(step, spoken),
    }
