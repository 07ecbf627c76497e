"""Messages that are kept back from their recipients."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class QuarantineQuery(Schema):
    q = fields.String(
        load_default="", validate=validate.Length(max=255), metadata={"description": "in an address or the subject"}
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))
    cursor = fields.Integer(load_default=None, validate=validate.Range(0, 2**62), allow_none=True)


class QuarantinedOut(Schema):
    id = fields.Integer(required=True)
    sender = fields.String(required=True)
    recipients = fields.List(fields.String(), required=True)
    author = fields.String(required=True)
    subject = fields.String(required=True)
    client = fields.String(required=True, metadata={"description": "the address that it came from"})
    rule = fields.String(required=True, metadata={"description": "the check or the setting that has decided"})
    reason = fields.String(required=True)
    score = fields.Float(required=True)
    size = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    until = fields.DateTime(required=True, metadata={"description": "it is forgotten then"})


class QuarantineOut(Schema):
    items = fields.List(fields.Nested(QuarantinedOut), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)
    size = fields.Integer(required=True, metadata={"description": "bytes of all that is kept back"})
    size_limit = fields.Integer(
        required=True, metadata={"description": "bytes above which the oldest is forgotten; 0: never"}
    )


class LetGoOut(Schema):
    queue_id = fields.Integer(required=True)
