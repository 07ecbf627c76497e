"""Changes and the event stream."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

LARGEST = 2**63 - 1


class ChangesQuery(Schema):
    since = fields.Integer(required=True, validate=validate.Range(0, LARGEST))
    limit = fields.Integer(load_default=1000, validate=validate.Range(1, 5000))


class EventsQuery(Schema):
    since = fields.Integer(load_default=None, validate=validate.Range(0, LARGEST))


class FlagsOut(Schema):
    id = fields.String(required=True)
    flags = fields.List(fields.String(), required=True)


class ChangeOut(Schema):
    """What happened in one mailbox; counters are as of now."""

    mailbox_id = fields.Integer(required=True)
    added = fields.List(fields.String(), required=True)
    removed = fields.List(fields.String(), required=True)
    changed = fields.List(fields.Nested(FlagsOut), required=True)
    total = fields.Integer(required=True)
    unread = fields.Integer(required=True)
    modseq = fields.Integer(required=True)


class ChangesOut(Schema):
    """``reset``: load everything again; ``tree``: mailboxes were made, renamed or removed."""

    modseq = fields.Integer(required=True)
    more = fields.Boolean(required=True)
    reset = fields.Boolean(required=True)
    tree = fields.Boolean(required=True)
    mailboxes = fields.List(fields.Nested(ChangeOut), required=True)
