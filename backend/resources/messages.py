"""Messages that the caller may read: rows, whole messages, parts, flags, and what is done with many at once."""

from __future__ import annotations

import contextlib
from typing import Any

from flask import Response
from marshmallow import ValidationError

from backend import actions, downloads, opened, preconditions, rows
from backend.access import caller, signed_in
from backend.extensions import db, reading, settings, writing
from backend.identifiers import by_mailbox, parse
from backend.problems import language
from backend.reach import owner_of
from backend.routes import Blueprint
from backend.schemas.messages import (
    MAX_ROWS,
    ActedOut,
    ActionIn,
    FlagsIn,
    HeadersOut,
    MessageOut,
    MessagesQuery,
    PartQuery,
    RawQuery,
    RowOut,
    RowsOut,
)
from mailnode.errors import NoSuchMessage
from mailnode.store import access, listing

bp = Blueprint("messages", __name__, url_prefix="/messages", description="Messages")


@bp.get("")
@signed_in
@bp.arguments(MessagesQuery, location="query")
@bp.response(200, RowsOut)
def list_messages(query: dict[str, Any]) -> dict[str, object]:
    """Rows by their ids, or a page of a mailbox, newest first."""
    if query["ids"] is not None:
        return {"items": _by_ids(query["ids"].split(",")[:MAX_ROWS])}
    tx, limit = reading(), query["limit"]
    seen = access.by_id(tx, caller(), query["mailbox"], "r")
    mailbox = seen.row
    found = listing.page(tx, seen.owner_id, mailbox.id, after=_after(query["cursor"]), limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return {
        "items": [rows.row(one) for one in found[:limit]],
        "next": f"{last.internal_date}.{last.uid}" if last else None,
        "total": mailbox.messages,
        "modseq": mailbox.highest_modseq,
    }


@bp.get("/<message_id>")
@signed_in
@bp.response(200, MessageOut)
def show_message(message_id: str) -> tuple[dict[str, object], int, dict[str, str]]:
    """The whole message; reading does not mark it as read."""
    tx, (mailbox_id, uid) = reading(), parse(message_id)
    row, owner_id = _row(message_id), owner_of(tx, mailbox_id)
    spoken, name = language(), settings().hostname
    known = preconditions.unless_known(f"{row['modseq']}-{spoken}")  # why it was not delivered is told in words
    shown = opened.document(tx, owner_id, mailbox_id, uid, authserv_id=name, language=spoken)
    return shown, 200, known


@bp.patch("/<message_id>")
@signed_in
@bp.arguments(FlagsIn)
@bp.response(200, RowOut)
def change_message(wanted: dict[str, list[str]], message_id: str) -> tuple[dict[str, object], int, dict[str, str]]:
    """Set and clear flags of one message."""
    tx = writing()
    preconditions.must_be_version(_row(message_id)["modseq"])
    actions.act(tx, caller(), {"action": "flag", "ids": [message_id], **wanted})
    db.session.commit()
    row = _row(message_id)
    return row, 200, preconditions.headers(str(row["modseq"]))


@bp.post("/actions")
@signed_in
@bp.arguments(ActionIn)
@bp.response(200, ActedOut)
def act(wanted: dict[str, Any]) -> actions.Acted:
    """Flag, move, copy or delete up to a thousand messages; answers with what undoes it."""
    done = actions.act(writing(), caller(), wanted)
    db.session.commit()
    return done


@bp.get("/<message_id>/raw")
@signed_in
@bp.arguments(RawQuery, location="query")
@bp.response(200, content_type="message/rfc822")
def show_raw(query: dict[str, bool], message_id: str) -> Response:
    """The bytes of the message; as text to look at, or to save with ``download``."""
    message = _open(message_id)
    if query["download"]:
        return downloads.download(message.whole, "message/rfc822", f"{message_id}.eml")
    response = downloads.download(message.whole, "text/plain", "message.txt")
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = "inline"
    return response


@bp.get("/<message_id>/headers")
@signed_in
@bp.response(200, HeadersOut)
def show_headers(message_id: str) -> dict[str, object]:
    """All header fields, in order, decoded."""
    return {"fields": opened.header_fields(_open(message_id))}


@bp.get("/<message_id>/parts/<part>")
@signed_in
@bp.arguments(PartQuery, location="query")
@bp.response(200, content_type="application/octet-stream")
def show_part(query: dict[str, bool], message_id: str, part: str) -> Response:
    """The decoded bytes of a part, as a download; raster pictures inline when asked."""
    message = _open(message_id)
    found = opened.part_of(message, part)
    data, kind, name = opened.body_of(message, found), opened.type_of(found), opened.name_of(found)
    return downloads.download(data, kind, name, inline=query["inline"])


def _open(message_id: str) -> opened.Opened:
    mailbox_id, uid = parse(message_id)
    return opened.open_message(reading(), owner_of(reading(), mailbox_id), mailbox_id, uid)


def _row(message_id: str) -> dict[str, object]:
    """The row of one message. Raises NoSuchMessage."""
    mailbox_id, uid = parse(message_id)
    found = rows.rows_of(reading(), owner_of(reading(), mailbox_id), mailbox_id, [uid])
    if not found:
        raise NoSuchMessage
    return found[0]


def _by_ids(ids: list[str]) -> list[dict[str, object]]:
    found: dict[object, dict[str, object]] = {}
    for mailbox_id, uids in by_mailbox(ids).items():
        with contextlib.suppress(NoSuchMessage):
            owner_id = owner_of(reading(), mailbox_id)
            found |= {row["id"]: row for row in rows.rows_of(reading(), owner_id, mailbox_id, uids)}
    return [found[one] for one in ids if one in found]


def _after(cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    date, dot, uid = cursor.partition(".")
    if not (dot and date.removeprefix("-").isdigit() and uid.isdigit() and len(cursor) < 40):
        raise ValidationError({"cursor": ["This cursor is not one of ours"]})
    return int(date), int(uid)
