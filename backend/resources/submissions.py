"""Submissions: what waits to be sent and can be called back, and whole messages from scripts."""

from __future__ import annotations

from marshmallow import ValidationError

from backend import drafting, preconditions
from backend.access import arrival, caller, signed_in
from backend.extensions import db, reading, settings, writing
from backend.identifiers import message_id
from backend.resources.drafts import number
from backend.routes import Blueprint, body_bytes
from backend.schemas.drafts import DraftOut, RawSendQuery, SubmissionOut, WaitingsOut
from mailnode.database import utcnow
from mailnode.errors import NoRecipients, NoSuchDraft, NoSuchSubmission
from mailnode.message import headers
from mailnode.message.addresses import addresses
from mailnode.proto.lines import sendable
from mailnode.queue.envelope import Recipient
from mailnode.store.incoming import incoming
from mailnode.submission import accept, sending

bp = Blueprint("submissions", __name__, description="Messages on their way out of one's own hands")
RAW = {"content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}}}
RECIPIENT_FIELDS = (b"to", b"cc", b"bcc")


@bp.get("/submissions")
@signed_in
@bp.response(200, WaitingsOut)
def list_submissions() -> dict[str, object]:
    """What the caller has sent and can still call back."""
    found = sending.waiting(reading(), caller().user_id)
    return {"items": [_shown(one) for one in found]}


@bp.delete("/submissions/<submission_id>")
@signed_in
@bp.response(200, DraftOut)
def call_back(submission_id: str) -> tuple[dict[str, object], int, dict[str, str]]:
    """Undo a sending that still waits: the draft is back as it was."""
    try:
        queue_id = number(submission_id)
    except NoSuchDraft as error:
        raise NoSuchSubmission from error
    draft = sending.call_back(writing(), caller().user_id, queue_id, utcnow())
    db.session.commit()
    return drafting.document(reading(), draft), 200, preconditions.versioned(draft.version)


@bp.post("/messages")
@signed_in
@bp.arguments(RawSendQuery, location="query")
@bp.response(202, SubmissionOut)
@bp.doc(requestBody=RAW)
def send_raw(query: dict[str, str]) -> dict[str, object]:
    """Send a whole message as it is, and keep a copy in Sent."""
    raw, user_id, now = _in_lines(body_bytes(settings().message_size_limit)), caller().user_id, utcnow()
    sender, recipients = _envelope(raw, query["recipients"])
    submission = accept.prepare(
        settings(), user_id=user_id, sender=sender, recipients=recipients, raw=raw, now=now, arrival=arrival()
    )
    copy, tx = incoming(raw), writing()
    done = sending.hand_in(tx, submission, now)
    filed = sending.file_sent(tx, user_id, copy, now)
    db.session.commit()
    return {
        "id": str(done.queue_id) if done.queue_id is not None else None,
        "draft_id": None,
        "send_at": None,
        "cancellable": False,
        "sent_message_id": message_id(filed.mailbox_id, filed.uid),
    }


def _in_lines(raw: bytes) -> bytes:
    """With the line ends that it will leave with, before anything in it is looked at: a bare CR that becomes one later
    would make a field that nobody has checked. RFC 5321 §2.3.8."""
    return sendable(raw)


def _envelope(raw: bytes, recipients: str) -> tuple[str, list[Recipient]]:
    """Sender and recipients. Raises NoRecipients, ValidationError."""
    index = headers.index(raw, 0, headers.split(raw)[0])
    author = addresses(headers.first(index, b"from") or b"")
    if not author:
        raise ValidationError({"from": ["The message has no From field"]})
    named = [one.strip() for one in recipients.split(",") if one.strip()]
    for name in RECIPIENT_FIELDS if not named else ():
        named += [one.address for value in index.get(name, []) for one in addresses(value)]
    if not named:
        raise NoRecipients
    return author[0].address, [Recipient(one) for one in dict.fromkeys(named)]


def _shown(one: sending.Waiting) -> dict[str, object]:
    return {
        "id": str(one.queue_id),
        "draft_id": str(one.draft_id),
        "send_at": one.send_at,
        "subject": one.content.subject,
        "to": list(one.content.to),
    }
