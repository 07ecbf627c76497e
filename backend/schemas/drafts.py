"""Drafts, uploads, and what is on its way."""

from __future__ import annotations

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.schemas.addresses import AddressOut

MAX_PEOPLE = 1000
MAX_TEXT = 3 * 1024 * 1024
MAX_DELAY = 120  # seconds of undo
ID = r"^[^\s<>\x00-\x1f\x7f]{1,900}$(?!\n)"
WORD = r"^[^\s<>\x00-\x1f\x7f\"]{1,200}$(?!\n)"


class PersonIn(Schema):
    """An address may be half typed while it stands in a draft."""

    name = fields.String(load_default="", validate=validate.Length(max=200))
    address = fields.String(required=True, validate=validate.Length(1, 320))


class AttachmentIn(Schema):
    """An upload, or a part of a message, which becomes an upload."""

    upload = fields.String(load_default=None, validate=validate.Length(1, 32))
    message = fields.String(load_default=None, validate=validate.Length(1, 34))
    part = fields.String(load_default=None, validate=validate.Length(1, 100))
    cid = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(WORD))

    @validates_schema
    def one_kind(self, data: dict[str, object], **more: object) -> None:
        if (data["upload"] is None) == (data["message"] is None or data["part"] is None):
            raise ValidationError("Name either an upload, or a message and a part", "upload")


def _people() -> fields.List[object]:
    return fields.List(fields.Nested(PersonIn), load_default=[], validate=validate.Length(max=MAX_PEOPLE))


class DraftIn(Schema):
    from_ = fields.Nested(PersonIn, data_key="from", load_default=None, allow_none=True)
    to = _people()
    cc = _people()
    bcc = _people()
    reply_to = _people()
    subject = fields.String(load_default="", validate=validate.Length(max=2000))
    html = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    text = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    in_reply_to = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(ID))
    references = fields.List(
        fields.String(validate=validate.Regexp(ID)), load_default=[], validate=validate.Length(max=200)
    )
    answers = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=34))
    forwards = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=34))
    attachments = fields.List(fields.Nested(AttachmentIn), load_default=[], validate=validate.Length(max=200))


class NewDraftIn(DraftIn):
    """With ``message`` alone: open that message for writing."""

    message = fields.String(load_default=None, validate=validate.Length(max=34))


class AttachmentOut(Schema):
    upload = fields.String(required=True)
    name = fields.String(required=True)
    type = fields.String(required=True)
    size = fields.Integer(required=True)
    cid = fields.String(required=True, allow_none=True)


class DraftOut(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    updated_at = fields.DateTime(required=True)
    message_id = fields.String(required=True)
    from_ = fields.Nested(AddressOut, attribute="from", data_key="from", required=True, allow_none=True)
    to = fields.List(fields.Nested(AddressOut), required=True)
    cc = fields.List(fields.Nested(AddressOut), required=True)
    bcc = fields.List(fields.Nested(AddressOut), required=True)
    reply_to = fields.List(fields.Nested(AddressOut), required=True)
    subject = fields.String(required=True)
    html = fields.String(required=True, allow_none=True)
    text = fields.String(required=True, allow_none=True)
    in_reply_to = fields.String(required=True, allow_none=True)
    references = fields.List(fields.String(), required=True)
    answers = fields.String(required=True, allow_none=True)
    forwards = fields.String(required=True, allow_none=True)
    attachments = fields.List(fields.Nested(AttachmentOut), required=True)


class UploadQuery(Schema):
    name = fields.String(load_default="file", validate=validate.Length(max=500))
    type = fields.String(load_default="application/octet-stream", validate=validate.Length(max=127))


class UploadOut(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    type = fields.String(required=True)
    size = fields.Integer(required=True)


class SendIn(Schema):
    """Nothing sends at once. ``delay_seconds`` is time to think better of it, ``send_at`` a later moment."""

    delay_seconds = fields.Integer(load_default=0, validate=validate.Range(0, MAX_DELAY))
    send_at = fields.AwareDateTime(load_default=None, allow_none=True)


class SubmissionOut(Schema):
    """``id`` is null when all was delivered at once."""

    id = fields.String(required=True, allow_none=True)
    draft_id = fields.String(required=True, allow_none=True)
    send_at = fields.DateTime(required=True, allow_none=True)
    cancellable = fields.Boolean(required=True)
    sent_message_id = fields.String(required=True)


class WaitingOut(Schema):
    id = fields.String(required=True)
    draft_id = fields.String(required=True)
    send_at = fields.DateTime(required=True)
    subject = fields.String(required=True)
    to = fields.List(fields.Nested(AddressOut), required=True)


class WaitingsOut(Schema):
    items = fields.List(fields.Nested(WaitingOut), required=True)


class RawSendQuery(Schema):
    """``recipients``: addresses separated by commas; else those of To, Cc and Bcc."""

    recipients = fields.String(load_default="", validate=validate.Length(max=300_000))
