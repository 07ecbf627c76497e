"""Uploads: files on their way into a draft."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from backend import downloads
from backend.access import caller, signed_in
from backend.extensions import db, reading, settings, writing
from backend.routes import Blueprint, body_bytes
from backend.schemas.drafts import UploadOut, UploadQuery
from backend.schemas.messages import PartQuery
from mailnode.database import utcnow
from mailnode.submission import uploads
from mailnode.submission.models import Upload

bp = Blueprint("uploads", __name__, url_prefix="/uploads", description="Files on their way into a draft")
BODY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@bp.post("")
@signed_in
@bp.arguments(UploadQuery, location="query")
@bp.response(201, UploadOut)
@bp.doc(requestBody=BODY)
def put_upload(query: dict[str, str]) -> tuple[Upload, int, dict[str, str]]:
    """Hand a file up: its bytes are the body."""
    limit = uploads.limit_of(settings().message_size_limit)
    data = body_bytes(limit)
    named = {"name": query["name"], "kind": query["type"]}
    made = uploads.put(writing(), caller().user_id, data, limit=limit, now=utcnow(), **named)
    db.session.commit()
    return made, 201, {"Location": url_for(".show_upload", upload_id=made.id)}


@bp.get("/<upload_id>")
@signed_in
@bp.arguments(PartQuery, location="query")
@bp.response(200, content_type="application/octet-stream")
def show_upload(query: dict[str, Any], upload_id: str) -> Response:
    """The bytes of a file, as a download; raster pictures inline when asked."""
    found = uploads.get(reading(), caller().user_id, upload_id)
    return downloads.download(uploads.read(reading(), found), found.type, found.name, inline=query["inline"])


@bp.delete("/<upload_id>")
@signed_in
@bp.response(204)
def remove_upload(upload_id: str) -> Response:
    """Throw a file away."""
    uploads.remove(writing(), caller().user_id, upload_id)
    db.session.commit()
    return Response(status=204)
