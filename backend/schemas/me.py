"""The user who is logged in, as they see and change themselves."""

from __future__ import annotations

import json
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from backend.schemas.addresses import AddressOut
from mailnode.directory.preferences import MAX_SIZE

MAX_DEPTH = 20
LANGUAGES = ("", "en", "zh-CN")


class QuotaOut(Schema):
    """Bytes and messages; a limit of null is none. What is kept of removed mail counts against no limit; it can be
    restored to any time after ``kept_since``."""

    used_bytes = fields.Integer(required=True)
    limit_bytes = fields.Integer(required=True, allow_none=True)
    used_messages = fields.Integer(required=True)
    limit_messages = fields.Integer(required=True, allow_none=True)
    kept_bytes = fields.Integer(required=True)
    kept_messages = fields.Integer(required=True)
    kept_since = fields.String(required=True, allow_none=True)


class MeOut(Schema):
    id = fields.Integer(required=True)
    address = fields.String(required=True)
    name = fields.String(required=True)
    language = fields.String(required=True)
    admin = fields.Boolean(required=True)
    admin_domains = fields.List(fields.String(), required=True)
    addresses = fields.List(fields.String(), required=True)
    quota = fields.Nested(QuotaOut, required=True)
    settings = fields.Dict(required=True)


def _small(value: Any) -> None:
    if _depth(value) > MAX_DEPTH:
        raise ValidationError(f"At most {MAX_DEPTH} levels")
    if len(json.dumps(value, ensure_ascii=False)) > MAX_SIZE:
        raise ValidationError(f"At most {MAX_SIZE} characters of JSON")


def _depth(value: Any) -> int:
    """How deep lists and objects lie in each other; no deeper than asked about is looked."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level, depth = [one for group in inner for one in group], depth + 1
    return depth


class MeIn(Schema):
    name = fields.String(validate=validate.Length(max=200))
    language = fields.String(validate=validate.OneOf(LANGUAGES))
    settings = fields.Dict(keys=fields.String(), validate=_small)


class PasswordIn(Schema):
    old_password = fields.String(required=True, validate=validate.Length(1, 4096))
    new_password = fields.String(required=True, validate=validate.Length(1, 4096))


class RecipientsQuery(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=100))


class RecipientsOut(Schema):
    items = fields.List(fields.Nested(AddressOut), required=True)
