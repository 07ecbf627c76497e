"""The queue in the hands of system administrators."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from flask import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.access import system_admin
from backend.extensions import db, reading, writing
from backend.routes import Blueprint
from backend.schemas.queue import QueueMessageOut, QueueOut, QueueQuery
from mailnode.database import utcnow
from mailnode.message import headers
from mailnode.queue import edit
from mailnode.queue.models import QueueMessage
from mailnode.store import bodies

bp = Blueprint("queue", __name__, url_prefix="/queue", description="Messages on their way out")
LOOKED_INTO = 256 * 1024  # bytes


@bp.get("")
@system_admin
@bp.arguments(QueueQuery, location="query")
@bp.response(200, QueueOut)
def list_queue(query: dict[str, Any]) -> dict[str, object]:
    """A page of the queue, oldest first."""
    tx, limit = reading(), query["limit"]
    rows = edit.rows(tx, domain=query["q"] or None, after=query["cursor"] or 0, limit=limit + 1)
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return {
        "items": [_shown(tx, row) for row in rows[:limit]],
        "next": following,
        "total": tx.scalar(select(func.count(QueueMessage.id))),
    }


@bp.get("/<int:queue_id>")
@system_admin
@bp.response(200, QueueMessageOut)
def show_queued(queue_id: int) -> dict[str, object]:
    """One message with the recipients that still wait."""
    return _shown(reading(), edit.show(reading(), queue_id))


@bp.post("/<int:queue_id>/retry")
@system_admin
@bp.response(200, QueueMessageOut)
def retry(queue_id: int) -> dict[str, object]:
    """Try again now."""
    edit.retry(writing(), queue_id, utcnow())
    db.session.commit()
    return _shown(reading(), edit.show(reading(), queue_id))


@bp.post("/<int:queue_id>/hold")
@system_admin
@bp.response(200, QueueMessageOut)
def hold(queue_id: int) -> dict[str, object]:
    """Try nothing more until it is released."""
    edit.hold(writing(), queue_id)
    db.session.commit()
    return _shown(reading(), edit.show(reading(), queue_id))


@bp.post("/<int:queue_id>/release")
@system_admin
@bp.response(200, QueueMessageOut)
def release(queue_id: int) -> dict[str, object]:
    """Let a held message go on."""
    edit.release(writing(), queue_id)
    db.session.commit()
    return _shown(reading(), edit.show(reading(), queue_id))


@bp.delete("/<int:queue_id>")
@system_admin
@bp.response(204)
def forget(queue_id: int) -> Response:
    """Drop a message; nobody is told."""
    edit.remove(writing(), queue_id)
    db.session.commit()
    return Response(status=204)


def _shown(tx: Session, row: edit.QueueRow) -> dict[str, object]:
    own = {one.name: getattr(row, one.name) for one in fields(row)}
    return {**own, "subject": _subject(tx, row)}


def _subject(tx: Session, row: edit.QueueRow) -> str:
    """Read from the body, which is left alone when it is large."""
    if row.size > LOOKED_INTO:
        return ""
    return headers.decode_text(headers.get(bodies.read(tx, row.blob_id), b"subject") or b"")[:200]
