"""Drafts: writing, with every pause saved, and sending what was written."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session

from backend import drafting, preconditions
from backend.access import arrival, caller, signed_in
from backend.extensions import db, reading, settings, writing
from backend.identifiers import message_id
from backend.routes import Blueprint
from backend.schemas.drafts import DraftIn, DraftOut, NewDraftIn, SendIn, SubmissionOut
from mailnode.database import utcnow
from mailnode.errors import NoSuchDraft
from mailnode.store import access
from mailnode.submission import drafts, sending, uploads
from mailnode.submission.models import Draft

bp = Blueprint("drafts", __name__, url_prefix="/drafts", description="Writing and sending")


@bp.post("")
@signed_in
@bp.arguments(NewDraftIn)
@bp.response(201, DraftOut)
def create_draft(wanted: dict[str, Any]) -> tuple[dict[str, object], int, dict[str, str]]:
    """Begin a draft, or open a message for writing."""
    tx = writing()
    draft = _open(tx, wanted["message"]) if wanted["message"] else _begin(tx, wanted)
    db.session.commit()
    place = url_for(".show_draft", draft_id=draft.id)
    return drafting.document(reading(), draft), 201, {"Location": place, **preconditions.versioned(draft.version)}


@bp.get("/<draft_id>")
@signed_in
@bp.response(200, DraftOut)
def show_draft(draft_id: str) -> tuple[dict[str, object], int, dict[str, str]]:
    """One draft."""
    draft = drafts.get(reading(), caller().user_id, number(draft_id))
    shown = drafting.document(reading(), draft)
    return shown, 200, preconditions.unless_seen(draft.version, shown)


@bp.put("/<draft_id>")
@signed_in
@bp.arguments(DraftIn)
@bp.response(200, DraftOut)
def save_draft(wanted: dict[str, Any], draft_id: str) -> tuple[dict[str, object], int, dict[str, str]]:
    """Save a draft over the version that If-Match names."""
    version = preconditions.version_wanted()
    tx, user_id = writing(), caller().user_id
    content = drafting.content_from(tx, user_id, wanted, _limit())
    draft = drafts.save(tx, user_id, number(draft_id), content, utcnow(), version=version)
    db.session.commit()
    return drafting.document(reading(), draft), 200, preconditions.versioned(draft.version)


@bp.delete("/<draft_id>")
@signed_in
@bp.response(204)
def remove_draft(draft_id: str) -> Response:
    """Throw a draft away."""
    drafts.remove(writing(), caller().user_id, number(draft_id))
    db.session.commit()
    return Response(status=204)


@bp.post("/<draft_id>/send")
@signed_in
@bp.arguments(SendIn)
@bp.response(202, SubmissionOut)
def send_draft(wanted: dict[str, Any], draft_id: str) -> dict[str, object]:
    """Send a draft: at once, after a delay in which it can be called back, or at a later time."""
    user_id, now, id_ = caller().user_id, utcnow(), number(draft_id)
    prepared = sending.prepare(
        reading(), settings(), user_id, id_, unique=secrets.token_hex(16), now=now, arrival=arrival()
    )
    preconditions.must_be_version(prepared.version)
    db.session.rollback()
    delay = timedelta(seconds=wanted["delay_seconds"])
    send_at = wanted["send_at"] or (now + delay if delay else None)
    waits = send_at is not None and send_at > now
    sent = sending.send(writing(), id_, prepared, now=now, send_at=send_at)
    db.session.commit()
    return {
        "id": str(sent.queue_id) if sent.queue_id is not None else None,
        "draft_id": draft_id if waits else None,
        "send_at": send_at if waits else None,
        "cancellable": waits,
        "sent_message_id": message_id(sent.copy.mailbox_id, sent.copy.uid),
    }


def number(text: str) -> int:
    """The id of a draft in the database. Raises NoSuchDraft."""
    if not (text.isascii() and text.isdigit() and len(text) < 17):
        raise NoSuchDraft
    return int(text)


def _begin(tx: Session, wanted: dict[str, Any]) -> Draft:
    content = drafting.content_from(tx, caller().user_id, wanted, _limit())
    return drafts.create(tx, caller().user_id, content, utcnow())


def _open(tx: Session, text: str) -> Draft:
    """The draft whose copy the message is, else a new one from what the message says.

    A message of the Drafts mailbox is replaced by the draft; any other stays ("edit as new").
    """
    user_id, ref = caller().user_id, drafting.ref_of(text)
    known = drafts.of_message(tx, user_id, ref)
    if known is not None:
        return known
    content = drafting.content_of_message(tx, user_id, ref, _limit())
    is_draft = access.by_id(tx, caller(), ref.mailbox_id).row.special_use == "\\Drafts"
    return drafts.create(tx, user_id, content, utcnow(), instead_of=ref if is_draft else None)


def _limit() -> int:
    return uploads.limit_of(settings().message_size_limit)
