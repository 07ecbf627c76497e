"""Putting mail back as it was at a time."""

from __future__ import annotations

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

MESSAGE_KINDS = ("return", "move", "flags", "lost")
TREE_KINDS = ("make", "join", "rename", "taken", "subscribe", "unsubscribe")


class RestorationIn(Schema):
    """``mailbox``: only the one that had this name then. ``messages``: only these, by the ids that they had then."""

    at = fields.String(
        required=True,
        validate=validate.Length(1, 40),
        metadata={"description": "2026-11-20T08:00:00+08:00, or how long ago: 2h, 3d, 1w"},
    )
    mailbox = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 255))
    messages = fields.List(
        fields.String(validate=validate.Length(max=40)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 1000),
    )
    dry_run = fields.Boolean(load_default=False)

    @validates_schema
    def _one_choice(self, data: dict[str, object], **_: object) -> None:
        if data.get("mailbox") and data.get("messages"):
            raise ValidationError("Either a mailbox or messages", "messages")


class UserRestorationIn(Schema):
    """The same by an administrator, who is told numbers and no more of other people's mail."""

    at = fields.String(required=True, validate=validate.Length(1, 40))
    mailbox = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 255))
    dry_run = fields.Boolean(load_default=False)


class TreeStepOut(Schema):
    change = fields.String(required=True, validate=validate.OneOf(TREE_KINDS))
    name = fields.String(required=True)
    was = fields.String(required=True, allow_none=True, metadata={"description": "the name that it has now"})


class MessageStepOut(Schema):
    """``id`` and ``mailbox`` are where the message was."""

    change = fields.String(required=True, validate=validate.OneOf(MESSAGE_KINDS))
    id = fields.String(required=True)
    mailbox = fields.String(required=True)
    subject = fields.String(required=True)
    sender = fields.String(required=True, data_key="from")
    size = fields.Integer(required=True)


class CountsOut(Schema):
    """What was done, or would be. ``lost`` messages are kept no more; ``size_bytes`` count against the quota again."""

    at = fields.String(required=True)
    dry_run = fields.Boolean(required=True)
    returned = fields.Integer(required=True)
    moved = fields.Integer(required=True)
    flagged = fields.Integer(required=True)
    lost = fields.Integer(required=True)
    size_bytes = fields.Integer(required=True)
    mailboxes = fields.Integer(required=True, metadata={"description": "made again, or named as they were"})


class RestorationOut(CountsOut):
    """``tree`` and ``messages`` are those of a dry run; ``more`` when there are more messages than are listed."""

    tree = fields.List(fields.Nested(TreeStepOut), required=True)
    messages = fields.List(fields.Nested(MessageStepOut), required=True)
    more = fields.Boolean(required=True)
