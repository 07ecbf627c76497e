"""What became of messages."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from mailnode.findings import Action
from mailnode.history.details import Act, What

WHATS = tuple(one.name.lower() for one in What)
ACTS = tuple(one.name.lower() for one in Act)
ACTIONS = tuple(one.name.lower() for one in Action)
WHY = "in plain words, in the language of the request; empty where there are none"


class HistoryPersonQuery(Schema):
    mine = fields.Boolean(
        load_default=False,
        metadata={"description": "only what one has sent and got oneself, also for administrators"},
    )


class HistoryQuery(HistoryPersonQuery):
    address = fields.String(
        load_default="", validate=validate.Length(max=320), metadata={"description": "a sender or recipient"}
    )
    message_id = fields.String(load_default="", validate=validate.Length(max=998))
    id = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "the id that the sender was told, or the one in the queue"},
    )
    refused = fields.Boolean(load_default=False, metadata={"description": "only what was refused"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.Integer(load_default=None, validate=validate.Range(1, 2**62), allow_none=True)


class HistoryClientOut(Schema):
    """Who brought the message; empty where that is not known, or not for the reader."""

    address = fields.String(required=True)
    name = fields.String(required=True, metadata={"description": "in the DNS"})
    hello = fields.String(required=True, metadata={"description": "what it called itself"})
    tls = fields.String(required=True)
    protocol = fields.String(attribute="with_", required=True)
    user = fields.String(required=True, metadata={"description": "who had logged in"})
    sentence = fields.String(required=True, metadata={"description": "empty where nothing is known"})


class HistoryFindingOut(Schema):
    rule = fields.String(required=True)
    score = fields.Float(required=True, metadata={"description": "points, above zero for suspicion"})
    text = fields.String(required=True)
    action = fields.String(required=True, allow_none=True, validate=validate.OneOf(ACTIONS))
    why = fields.String(required=True, metadata={"description": WHY})
    sentence = fields.String(required=True)


class HistoryStepOut(Schema):
    act = fields.String(required=True, validate=validate.OneOf(ACTS))
    recipient = fields.String(required=True, metadata={"description": "empty for all of them"})
    target = fields.String(required=True, metadata={"description": "whom the recipient stands for"})
    mailbox = fields.String(required=True)
    queue_id = fields.Integer(required=True, metadata={"description": "0 where there is none"})
    status = fields.String(required=True)
    text = fields.String(required=True, metadata={"description": "the other host's words where there is a host"})
    rule = fields.String(required=True)
    host = fields.String(required=True)
    tls = fields.String(required=True)
    times = fields.Integer(required=True)
    why = fields.String(required=True, metadata={"description": WHY})
    sentence = fields.String(required=True)


class HistoryRowOut(Schema):
    id = fields.Integer(required=True)
    at = fields.DateTime(required=True)
    what = fields.String(required=True, validate=validate.OneOf(WHATS))
    message = fields.Integer(
        required=True, metadata={"description": "the same for rows of one answer that are about the same message"}
    )
    trace = fields.String(required=True, metadata={"description": "the id that the sender was told"})
    queue_id = fields.Integer(required=True, metadata={"description": "0 where there is none"})
    sender = fields.String(required=True, metadata={"description": "of the envelope; empty for reports"})
    message_id = fields.String(required=True)
    size = fields.Integer(required=True)
    heading = fields.String(required=True)
    client = fields.Nested(HistoryClientOut, required=True)
    findings = fields.List(fields.Nested(HistoryFindingOut), required=True)
    steps = fields.List(fields.Nested(HistoryStepOut), required=True)


class HistoryOut(Schema):
    """The newest first. A page may be short, or empty, and yet be followed by another one.

    What is looked up by a Message-ID or the door's id comes with what became of it, beyond ``limit`` if need be.
    ``days``: for how long all this can be asked for.
    """

    items = fields.List(fields.Nested(HistoryRowOut), required=True)
    next = fields.String(required=True, allow_none=True)
    days = fields.Integer(required=True)
    refused_days = fields.Integer(required=True)


class HistoryStoryOut(Schema):
    """The oldest first."""

    items = fields.List(fields.Nested(HistoryRowOut), required=True)
