"""Aliases: addresses that stand for others."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from backend.schemas.paging import PageOut


class AliasChange(Schema):
    targets = fields.List(
        fields.String(validate=validate.Length(1, 320)), required=True, validate=validate.Length(1, 1000)
    )


class AliasIn(AliasChange):
    """``*@example.test`` is the wildcard of a domain."""

    address = fields.String(required=True, validate=validate.Length(1, 320))


class AliasOut(Schema):
    id = fields.Integer(required=True)
    address = fields.String(required=True)
    targets = fields.List(fields.String(), required=True)
    domain = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class AliasesOut(PageOut):
    items = fields.List(fields.Nested(AliasOut), required=True)
