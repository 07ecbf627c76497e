"""The server itself."""

from __future__ import annotations

from marshmallow import Schema, fields


class HealthOut(Schema):
    status = fields.String(required=True)
    version = fields.String(required=True)


class ServerOut(Schema):
    version = fields.String(required=True)
    hostname = fields.String(required=True)
    languages = fields.List(fields.String(), required=True)
    message_size_limit = fields.Integer(required=True)
    upload_size_limit = fields.Integer(required=True)
    registration = fields.Boolean(required=True)
