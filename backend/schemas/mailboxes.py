"""Mailboxes, with their counters."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

USES = ("inbox", "drafts", "sent", "junk", "trash", "archive", "all", "flagged", "important")


class MailboxOut(Schema):
    """``name`` is the whole path with ``/`` between levels; what is not selectable only holds others."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    parent_id = fields.Integer(required=True, allow_none=True)
    special_use = fields.String(required=True, allow_none=True, validate=validate.OneOf(USES))
    selectable = fields.Boolean(required=True)
    total = fields.Integer(required=True)
    unread = fields.Integer(required=True)
    size_bytes = fields.Integer(required=True)
    subscribed = fields.Boolean(required=True)
    uid_validity = fields.Integer(required=True)
    uid_next = fields.Integer(required=True)
    modseq = fields.Integer(required=True)


class MailboxesOut(Schema):
    items = fields.List(fields.Nested(MailboxOut), required=True)
    modseq = fields.Integer(required=True)


class MailboxIn(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 255))


class MailboxChange(Schema):
    name = fields.String(validate=validate.Length(1, 255))
    subscribed = fields.Boolean()


class OrderOut(Schema):
    ids = fields.List(fields.String(), required=True)
    modseq = fields.Integer(required=True)
    total = fields.Integer(required=True)


class RemovedOut(Schema):
    removed = fields.Integer(required=True)


class ChangedOut(Schema):
    changed = fields.Integer(required=True)
