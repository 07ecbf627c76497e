"""Logging in and out."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from backend.schemas.me import MeOut


class LoginIn(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 320))
    password = fields.String(required=True, validate=validate.Length(1, 4096))
    cookies = fields.Boolean(load_default=False)


class TokensOut(Schema):
    """The tokens are missing when they went into cookies."""

    access_token = fields.String()
    refresh_token = fields.String()
    expires_in = fields.Integer(required=True)


class LoginOut(TokensOut):
    session_id = fields.String(required=True)
    user = fields.Nested(MeOut, required=True)


class SessionOut(Schema):
    id = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    last_used_at = fields.DateTime(required=True)
    peer = fields.String(required=True)
    client = fields.String(required=True)
    current = fields.Boolean(required=True)


class SessionsOut(Schema):
    items = fields.List(fields.Nested(SessionOut), required=True)
