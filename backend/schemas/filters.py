"""A user's own filter."""

from __future__ import annotations

from marshmallow import Schema, fields


class FilterOut(Schema):
    junk = fields.Integer(required=True, metadata={"description": "messages that were put into Junk"})
    wanted = fields.Integer(required=True, metadata={"description": "messages that were taken out of Junk"})
    needed = fields.Integer(required=True, metadata={"description": "of each kind, before it judges"})
    tokens = fields.Integer(required=True, metadata={"description": "words and other marks that it knows"})
    judges = fields.Boolean(required=True)
    taught_at = fields.String(required=True, allow_none=True)
