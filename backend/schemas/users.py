"""Users, as administrators see and change them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from backend.schemas.me import LANGUAGES, QuotaOut
from backend.schemas.paging import PageOut


class UserOut(Schema):
    """``quota_bytes`` and ``quota_messages`` are the user's own: null is the domain's default, 0 no limit."""

    id = fields.Integer(required=True)
    address = fields.String(required=True)
    domain = fields.String(required=True)
    name = fields.String(required=True)
    language = fields.String(required=True)
    disabled = fields.Boolean(required=True)
    admin = fields.Boolean(required=True)
    admin_domains = fields.List(fields.String(), required=True)
    quota = fields.Nested(QuotaOut, required=True)
    quota_bytes = fields.Integer(required=True, allow_none=True)
    quota_messages = fields.Integer(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class UsersOut(PageOut):
    items = fields.List(fields.Nested(UserOut), required=True)


class UserChange(Schema):
    name = fields.String(validate=validate.Length(max=200))
    language = fields.String(validate=validate.OneOf(LANGUAGES))
    quota_bytes = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, 2**53))
    quota_messages = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, 2**53))
    disabled = fields.Boolean()
    admin = fields.Boolean()
    admin_domains = fields.List(fields.String(validate=validate.Length(1, 255)), validate=validate.Length(max=1000))


class UserIn(UserChange):
    address = fields.String(required=True, validate=validate.Length(1, 320))
    password = fields.String(required=True, validate=validate.Length(1, 4096))


class NewPasswordIn(Schema):
    password = fields.String(required=True, validate=validate.Length(1, 4096))
