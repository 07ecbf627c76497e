"""What every list takes and gives."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class ListQuery(Schema):
    """``sort`` is a field of the items, with ``-`` in front for downwards."""

    q = fields.String(
        load_default="", validate=validate.Length(max=200), metadata={"description": "a part of the name"}
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))
    cursor = fields.String(load_default=None, validate=validate.Length(max=2000))
    sort = fields.String(load_default="", validate=validate.Length(max=40))


class DomainListQuery(ListQuery):
    domain = fields.String(load_default="", validate=validate.Length(max=255))


class PageOut(Schema):
    """``next`` is the cursor of the following page, null on the last."""

    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)


class ConfirmQuery(Schema):
    confirm = fields.String(load_default="", metadata={"description": "the name of what is removed, again"})
