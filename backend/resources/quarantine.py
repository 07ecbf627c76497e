"""The quarantine in the hands of system administrators."""

from __future__ import annotations

from typing import Any

from flask import Response

from backend import paging
from backend.access import system_admin
from backend.downloads import download
from backend.extensions import db, reading, settings, writing
from backend.routes import Blueprint
from backend.schemas.quarantine import LetGoOut, QuarantinedOut, QuarantineOut, QuarantineQuery
from mailnode.database import utcnow
from mailnode.delivery import quarantine

bp = Blueprint("quarantine", __name__, url_prefix="/quarantine", description="Messages that are kept back")


@bp.get("")
@system_admin
@bp.arguments(QuarantineQuery, location="query")
@bp.response(200, QuarantineOut)
def list_quarantine(query: dict[str, Any]) -> dict[str, object]:
    """A page of the quarantine, newest first."""
    tx, before = reading(), query["cursor"]
    page = paging.by_id(query["limit"], lambda most: quarantine.rows(tx, text=query["q"], before=before, limit=most))
    used = quarantine.usage(tx)
    return {
        **page,
        "total": used.messages,
        "size": used.size,
        "size_limit": settings().quarantine_size_limit,
    }


@bp.get("/<int:quarantined_id>")
@system_admin
@bp.response(200, QuarantinedOut)
def show_quarantined(quarantined_id: int) -> quarantine.Kept:
    """One message, and why it is kept back."""
    return quarantine.show(reading(), quarantined_id)


@bp.get("/<int:quarantined_id>/raw")
@system_admin
@bp.response(200, content_type="application/octet-stream")
def download_quarantined(quarantined_id: int) -> Response:
    """The message itself, as a file."""
    content = quarantine.content(reading(), quarantined_id)
    return download(content, "message/rfc822", f"quarantine-{quarantined_id}.eml")


@bp.post("/<int:quarantined_id>/release")
@system_admin
@bp.response(200, LetGoOut)
def release_quarantined(quarantined_id: int) -> dict[str, int]:
    """Let it go to its recipients."""
    queue_id = quarantine.release(writing(), quarantined_id, utcnow())
    db.session.commit()
    return {"queue_id": queue_id}


@bp.delete("/<int:quarantined_id>")
@system_admin
@bp.response(204)
def forget_quarantined(quarantined_id: int) -> Response:
    """Forget it; nobody is told."""
    quarantine.forget(writing(), quarantined_id)
    db.session.commit()
    return Response(status=204)
