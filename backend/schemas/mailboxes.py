"""Mailboxes, with their counters."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

USES = ("inbox", "drafts", "sent", "junk", "trash", "archive", "all", "flagged", "important")


class MailboxOut(Schema):
    """``name`` is the whole path with ``/`` between levels; what is not selectable only holds others.

    ``owner`` is null for the caller's own, else an address or the domain's name. ``my_rights`` are letters of RFC 4314.
    """

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
    owner = fields.String(required=True, allow_none=True)
    my_rights = fields.String(required=True)


class MailboxesOut(Schema):
    items = fields.List(fields.Nested(MailboxOut), required=True)
    modseq = fields.Integer(required=True)


class MailboxIn(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 255))


class MailboxChange(Schema):
    name = fields.String(validate=validate.Length(1, 255))
    subscribed = fields.Boolean()


class RightIn(Schema):
    """Letters of RFC 4314; none takes everything away."""

    rights = fields.String(required=True, validate=validate.Regexp(r"^[lrswipkxtea]{0,11}$(?!\n)"))


class RightOut(Schema):
    """``identifier`` is an address, ``@`` and a domain, or ``anyone`` (of the owner's domain); behind a ``-`` it says
    what is taken away."""

    identifier = fields.String(required=True)
    rights = fields.String(required=True)


class RightsOut(Schema):
    items = fields.List(fields.Nested(RightOut), required=True)


class OrderQuery(Schema):
    """``limit``: no more than so many of the newest; the top of a large mailbox is shown before all ids are there."""

    limit = fields.Integer(load_default=None, validate=validate.Range(1))


class OrderOut(Schema):
    """``total`` counts all messages, also where ``ids`` were limited."""

    ids = fields.List(fields.String(), required=True)
    modseq = fields.Integer(required=True)
    total = fields.Integer(required=True)


class RemovedOut(Schema):
    removed = fields.Integer(required=True)


class ChangedOut(Schema):
    changed = fields.Integer(required=True)
