"""The queue in the hands of system administrators."""

from __future__ import annotations

from dataclasses import asdict, astuple, fields
from typing import Any

from flask import Response
from marshmallow import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import paging
from backend.access import system_admin
from backend.extensions import db, reading, settings, writing
from backend.problems import language
from backend.reasons import reason_document
from backend.routes import Blueprint
from backend.schemas.queue import (
    DestinationsOut,
    QueueMessageOut,
    QueueOrderIn,
    QueueOrderOut,
    QueueOut,
    QueueQuery,
    TlsResultsOut,
    TlsResultsQuery,
)
from mailnode.database import utcnow
from mailnode.directory import edit as directory
from mailnode.message import headers
from mailnode.message.bounce_reasons import reason_of
from mailnode.queue import control, destinations, edit
from mailnode.queue.control import Chosen
from mailnode.queue.models import QueueMessage
from mailnode.queue.report import Reporter
from mailnode.reports import tls_finding
from mailnode.reports.tls_finding import Place
from mailnode.store import bodies

bp = Blueprint("queue", __name__, url_prefix="/queue", description="Messages on their way out")
LOOKED_INTO = 256 * 1024  # bytes


@bp.get("")
@system_admin
@bp.arguments(QueueQuery, location="query")
@bp.response(200, QueueOut)
def list_queue(query: dict[str, Any]) -> dict[str, object]:
    """A page of the queue, oldest first."""
    tx, domain, after = reading(), query["q"] or None, query["cursor"] or 0
    chosen = _chosen(tx, query)
    page = paging.by_id(
        query["limit"],
        lambda most: edit.rows(tx, chosen=chosen, domain=domain, held=query["held"], after=after, limit=most),
        lambda row: _shown(tx, row),
    )
    return {**page, "total": tx.scalar(select(func.count(QueueMessage.id)))}


@bp.get("/destinations")
@system_admin
@bp.response(200, DestinationsOut)
def list_destinations() -> dict[str, object]:
    """Where mail goes now or went within the hour, and what was learnt of each destination."""
    return {"items": [asdict(one) | {"updated_at": at} for one, at in destinations.listed(reading())]}


@bp.get("/tls")
@system_admin
@bp.arguments(TlsResultsQuery, location="query")
@bp.response(200, TlsResultsOut)
def list_tls_results(query: dict[str, Any]) -> dict[str, object]:
    """How our connections to others' hosts went with TLS in the last 30 days, the newest day first."""
    limit = query["limit"]
    found = tls_finding.results(
        reading(), domain=query["domain"], failed=query["failed"], after=_place(query["cursor"]), limit=limit + 1
    )
    shown = found[:limit]
    if len(found) == len(shown):
        return {"items": shown, "next": None}
    day, *within = astuple(shown[-1].place)
    return {"items": shown, "next": paging.encode("\n".join(within), day)}


def _place(cursor: str | None) -> Place | None:
    if not cursor:
        return None
    within, day = paging.decode(cursor)
    parts = within.split("\n") if isinstance(within, str) else []
    if len(parts) != len(fields(Place)) - 1 or not 0 <= day < 2**31:
        raise ValidationError({"cursor": ["This cursor is not one of ours"]})
    return Place(day, *parts)


@bp.post("/orders")
@system_admin
@bp.arguments(QueueOrderIn)
@bp.response(200, QueueOrderOut)
def order(wanted: dict[str, Any]) -> dict[str, int]:
    """Hold, release, retry, give up or forget what one message, recipient, destination or user has waiting."""
    tx = writing()
    done = _carry_out(tx, wanted["order"], _chosen(tx, wanted))
    db.session.commit()
    return {"recipients": done}


def _carry_out(tx: Session, order: str, chosen: Chosen) -> int:
    match order:
        case "hold":
            return control.hold(tx, chosen)
        case "release":
            return control.release(tx, chosen)
        case "retry":
            return control.retry(tx, chosen, utcnow())
        case "expire":
            return control.expire(tx, chosen, Reporter(settings().hostname, utcnow()))
        case _:
            return control.remove(tx, chosen)


def _chosen(tx: Session, wanted: dict[str, Any]) -> Chosen:
    """Raises UnknownUser."""
    user_id = directory.user(tx, wanted["user"]).id if wanted["user"] else None
    return Chosen(wanted.get("id"), wanted["recipient"] or None, wanted["destination"] or None, user_id)


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
    control.retry(writing(), Chosen(queue_id), utcnow())
    db.session.commit()
    return _shown(reading(), edit.show(reading(), queue_id))


@bp.post("/<int:queue_id>/hold")
@system_admin
@bp.response(200, QueueMessageOut)
def hold(queue_id: int) -> dict[str, object]:
    """Try nothing more until it is released."""
    control.hold(writing(), Chosen(queue_id))
    db.session.commit()
    return _shown(reading(), edit.show(reading(), queue_id))


@bp.post("/<int:queue_id>/release")
@system_admin
@bp.response(200, QueueMessageOut)
def release(queue_id: int) -> dict[str, object]:
    """Let a held message go on."""
    control.release(writing(), Chosen(queue_id))
    db.session.commit()
    return _shown(reading(), edit.show(reading(), queue_id))


@bp.delete("/<int:queue_id>")
@system_admin
@bp.response(204)
def forget(queue_id: int) -> Response:
    """Drop a message; nobody is told."""
    control.remove(writing(), Chosen(queue_id))
    db.session.commit()
    return Response(status=204)


def _shown(tx: Session, row: edit.QueueRow) -> dict[str, object]:
    own = {one.name: getattr(row, one.name) for one in fields(row)}
    return {**own, "subject": _subject(tx, row), "recipients": [_recipient(one) for one in row.recipients]}


def _recipient(one: edit.RecipientRow) -> dict[str, object]:
    own = {field.name: getattr(one, field.name) for field in fields(one)}
    reason = reason_of(one.last_status, one.last_text) if one.last_status or one.last_text else None
    return {**own, "reason": reason and reason_document(reason, language())}


def _subject(tx: Session, row: edit.QueueRow) -> str:
    """Read from the body, which is left alone when it is large."""
    if row.size > LOOKED_INTO:
        return ""
    return headers.decode_text(headers.get(bodies.read(tx, row.blob_id), b"subject") or b"")[:200]
