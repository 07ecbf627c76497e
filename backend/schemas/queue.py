"""The queue of messages on their way out."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class QueueQuery(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=255), metadata={"description": "sender's domain"})
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))
    cursor = fields.Integer(load_default=0, validate=validate.Range(0, 2**62), allow_none=True)


class QueueRecipientOut(Schema):
    address = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("waiting", "sending", "held")))
    attempts = fields.Integer(required=True)
    next_attempt_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True)
    last_attempt_at = fields.DateTime(required=True, allow_none=True)
    status = fields.String(attribute="last_status", required=True)
    text = fields.String(attribute="last_text", required=True)


class QueueMessageOut(Schema):
    id = fields.Integer(required=True)
    sender = fields.String(required=True)
    subject = fields.String(required=True, metadata={"description": "empty for large messages"})
    size = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    send_at = fields.DateTime(required=True, allow_none=True)
    held = fields.Boolean(required=True)
    recipients = fields.List(fields.Nested(QueueRecipientOut), required=True)


class QueueOut(Schema):
    items = fields.List(fields.Nested(QueueMessageOut), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)
