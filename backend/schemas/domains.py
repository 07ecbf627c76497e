"""Domains and what the DNS should say of them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from backend.schemas.paging import PageOut
from mailnode.directory.domains import MOST_RETENTION_DAYS

REGISTRATION = ("closed", "open", "approval")


class DomainOut(Schema):
    """``name`` is the ASCII form, ``unicode_name`` the readable one."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    unicode_name = fields.String(required=True)
    registration = fields.String(required=True, validate=validate.OneOf(REGISTRATION))
    default_quota_bytes = fields.Integer(required=True, allow_none=True)
    default_quota_messages = fields.Integer(required=True, allow_none=True)
    max_quota_bytes = fields.Integer(required=True, allow_none=True)
    catch_all = fields.String(required=True, allow_none=True)
    over_quota_text = fields.String(required=True)
    retention_days = fields.Integer(required=True, metadata={"description": "for which removed mail can be restored"})
    disabled = fields.Boolean(required=True)
    alias_of = fields.String(required=True, allow_none=True)
    users = fields.Integer(required=True)
    aliases = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class DomainsOut(PageOut):
    items = fields.List(fields.Nested(DomainOut), required=True)


class DomainChange(Schema):
    registration = fields.String(validate=validate.OneOf(REGISTRATION))
    default_quota_bytes = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, 2**53))
    default_quota_messages = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, 2**53))
    max_quota_bytes = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, 2**53))
    catch_all = fields.String(allow_none=True, validate=validate.Length(max=320))
    over_quota_text = fields.String(validate=validate.Length(max=200))
    retention_days = fields.Integer(strict=True, validate=validate.Range(0, MOST_RETENTION_DAYS))
    disabled = fields.Boolean()


class DomainIn(DomainChange):
    name = fields.String(required=True, validate=validate.Length(1, 255))
    alias_of = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=255))


class RecordOut(Schema):
    name = fields.String(required=True)
    type = fields.String(required=True)
    ttl = fields.Integer(required=True)
    value = fields.String(required=True)
    purpose = fields.String(required=True)
    state = fields.String(
        required=True,
        validate=validate.OneOf(("", "coming", "active", "retired")),
        metadata={"description": "of a DKIM key: a coming one signs once the record is there"},
    )


class RecordsOut(Schema):
    items = fields.List(fields.Nested(RecordOut), required=True)
    zone = fields.String(required=True)


class FindingOut(Schema):
    purpose = fields.String(required=True)
    name = fields.String(required=True)
    type = fields.String(required=True)
    expected = fields.List(fields.String(), required=True)
    found = fields.List(fields.String(), required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(("ok", "missing", "wrong", "extra", "unknown")))
    advice = fields.String(
        required=True,
        metadata={"description": "one sentence in the language of the request, empty where there is nothing to do"},
    )
    needed = fields.Boolean(required=True, metadata={"description": "without it no mail arrives"})


class CheckOut(Schema):
    checked_at = fields.DateTime(required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(("ok", "warning", "wrong")))
    items = fields.List(fields.Nested(FindingOut), required=True)
