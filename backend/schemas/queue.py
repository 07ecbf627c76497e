"""The queue of messages on their way out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.schemas.reasons import ReasonOut

ORDERS = ("hold", "release", "retry", "expire", "delete")


class ChosenIn(Schema):
    """Which recipients: those to whom all applies that is given."""

    recipient = fields.String(load_default="", validate=validate.Length(max=320))
    destination = fields.String(load_default="", validate=validate.Length(max=255))
    user = fields.String(load_default="", validate=validate.Length(max=320))


class QueueQuery(ChosenIn):
    q = fields.String(load_default="", validate=validate.Length(max=255), metadata={"description": "sender's domain"})
    held = fields.Boolean(load_default=False)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))
    cursor = fields.Integer(load_default=0, validate=validate.Range(0, 2**62), allow_none=True)


class QueueOrderIn(ChosenIn):
    """``expire`` gives up with a report to the senders, at most 500 recipients at once: repeat it until it says 0.

    Only ``retry`` may be for everything.
    """

    order = fields.String(required=True, validate=validate.OneOf(ORDERS))
    id = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 2**62))

    @validates_schema
    def is_about_something(self, data: dict[str, Any], **_: Any) -> None:
        if data["order"] != "retry" and not any(data[name] for name in ("id", "recipient", "destination", "user")):
            raise ValidationError("Name a message, a recipient, a destination or a user")


class QueueOrderOut(Schema):
    recipients = fields.Integer(required=True, metadata={"description": "how many were concerned"})


class QueueRecipientOut(Schema):
    address = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("waiting", "sending", "held")))
    attempts = fields.Integer(required=True)
    next_attempt_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True)
    last_attempt_at = fields.DateTime(required=True, allow_none=True)
    status = fields.String(attribute="last_status", required=True)
    text = fields.String(attribute="last_text", required=True)
    reason = fields.Nested(ReasonOut, required=True, allow_none=True)
    held_for = fields.String(
        required=True, allow_none=True, metadata={"description": "the freeze that holds it, such as user:17"}
    )


class QueueMessageOut(Schema):
    id = fields.Integer(required=True)
    sender = fields.String(required=True)
    subject = fields.String(required=True, metadata={"description": "empty for large messages"})
    size = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    send_at = fields.DateTime(required=True, allow_none=True)
    held = fields.Boolean(required=True)
    recipients = fields.List(fields.Nested(QueueRecipientOut), required=True)


class QueueOut(Schema):
    items = fields.List(fields.Nested(QueueMessageOut), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)


class DestinationOut(Schema):
    """``connections`` are open, of at most ``connection_limit``; ``rate`` in messages a second, null: no bound.

    ``waiting`` are recipients in the queue process's hands, ``taken`` and ``put_off`` messages since it began;
    ``seconds`` is what an answer takes, ``words`` what made the process slower last.
    """

    name = fields.String(required=True)
    connections = fields.Integer(required=True)
    connection_limit = fields.Integer(required=True)
    rate = fields.Float(required=True, allow_none=True)
    waiting = fields.Integer(required=True)
    taken = fields.Integer(required=True)
    put_off = fields.Integer(required=True)
    seconds = fields.Float(required=True)
    words = fields.String(required=True)
    updated_at = fields.DateTime(required=True)


class TlsResultsQuery(Schema):
    domain = fields.String(load_default="", validate=validate.Length(max=255))
    failed = fields.Boolean(load_default=False, metadata={"description": "only what went wrong"})
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))
    cursor = fields.String(load_default=None, allow_none=True)


class TlsResultOut(Schema):
    """``result`` is "" where TLS went as the domain's ``policy`` wants it, else a word of RFC 8460."""

    day = fields.Date(attribute="date", required=True)
    domain = fields.String(attribute="place.domain", required=True)
    policy = fields.String(
        attribute="place.kind", required=True, metadata={"description": "tlsa, sts or no-policy-found"}
    )
    lines = fields.List(fields.String(), required=True, metadata={"description": "what the policy says"})
    result = fields.String(attribute="place.result", required=True)
    host = fields.String(attribute="place.host", required=True)
    address = fields.String(attribute="place.address", required=True)
    reason = fields.String(required=True)
    sessions = fields.Integer(required=True, metadata={"description": "connections that went so on this day"})


class TlsResultsOut(Schema):
    items = fields.List(fields.Nested(TlsResultOut), required=True)
    next = fields.String(required=True, allow_none=True)


class DestinationsOut(Schema):
    items = fields.List(fields.Nested(DestinationOut), required=True)
