"""How much may be sent, and what stands still."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from mailnode.outbound.limits import MOST

KINDS = ("user", "destination", "recipient")


def _limit() -> fields.Integer:
    return fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, MOST))


class LimitsIn(Schema):
    """What is given is changed; null goes back to the domain's or the usual limit, 0 is no limit."""

    hourly_messages = _limit()
    hourly_recipients = _limit()
    daily_messages = _limit()
    daily_recipients = _limit()
    burst_recipients = _limit()


class LimitsOut(Schema):
    """0 is no limit."""

    hourly_messages = fields.Integer(required=True)
    hourly_recipients = fields.Integer(required=True)
    daily_messages = fields.Integer(required=True)
    daily_recipients = fields.Integer(required=True)
    burst_recipients = fields.Integer(required=True)


class OwnLimitsOut(Schema):
    """Null where nothing is set here."""

    hourly_messages = fields.Integer(required=True, allow_none=True)
    hourly_recipients = fields.Integer(required=True, allow_none=True)
    daily_messages = fields.Integer(required=True, allow_none=True)
    daily_recipients = fields.Integer(required=True, allow_none=True)
    burst_recipients = fields.Integer(required=True, allow_none=True)


class SentOut(Schema):
    """To other domains, within the last hour and day."""

    hourly_messages = fields.Integer(required=True)
    hourly_recipients = fields.Integer(required=True)
    daily_messages = fields.Integer(required=True)
    daily_recipients = fields.Integer(required=True)


class FrozenOut(Schema):
    """``name``: a user's or recipient's address, or a domain. ``recipients`` and ``usual`` are a burst's: so many
    within the hour, so many in the busiest hour of the four weeks before."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    name = fields.String(required=True)
    user_id = fields.Integer(required=True, allow_none=True)
    since = fields.DateTime(required=True)
    cause = fields.String(required=True, validate=validate.OneOf(("burst", "hand")))
    recipients = fields.Integer(required=True)
    usual = fields.Integer(required=True)
    words = fields.String(required=True)


class SendingOut(Schema):
    limits = fields.Nested(LimitsOut, required=True)
    sent = fields.Nested(SentOut, required=True)
    frozen = fields.Nested(FrozenOut, required=True, allow_none=True)


class UserSendingOut(SendingOut):
    """``usual`` counts where ``own`` sets nothing."""

    own = fields.Nested(OwnLimitsOut, required=True)
    usual = fields.Nested(LimitsOut, required=True)


class DomainSendingOut(Schema):
    """``limits`` and ``sent`` are of all users together, ``each`` is what counts for one user; ``usual`` and
    ``usual_each`` where nothing is set here."""

    limits = fields.Nested(LimitsOut, required=True)
    sent = fields.Nested(SentOut, required=True)
    own = fields.Nested(OwnLimitsOut, required=True)
    each = fields.Nested(LimitsOut, required=True)
    own_each = fields.Nested(OwnLimitsOut, required=True)
    usual = fields.Nested(LimitsOut, required=True)
    usual_each = fields.Nested(LimitsOut, required=True)


class DomainLimitsIn(Schema):
    together = fields.Nested(LimitsIn, load_default=dict)
    each = fields.Nested(LimitsIn, load_default=dict)


class FrozensOut(Schema):
    items = fields.List(fields.Nested(FrozenOut), required=True)


class ReleaseIn(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    name = fields.String(required=True, validate=validate.Length(1, 320))


class FreezeIn(ReleaseIn):
    words = fields.String(load_default="", validate=validate.Length(max=200))


class ReleasedOut(Schema):
    recipients = fields.Integer(required=True, metadata={"description": "how many go on"})


class SuppressionQuery(Schema):
    q = fields.String(
        load_default="", validate=validate.Length(max=320), metadata={"description": "part of an address"}
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))
    cursor = fields.Integer(load_default=0, validate=validate.Range(0, 2**62), allow_none=True)


class SuppressionIn(Schema):
    domain = fields.String(required=True, validate=validate.Length(1, 255), metadata={"description": "of ours"})
    address = fields.String(required=True, validate=validate.Length(3, 320))
    words = fields.String(load_default="", validate=validate.Length(max=200))


class SuppressionOut(Schema):
    """``domain`` is ours, from which nothing is sent to ``address``; ``user`` met it, empty where not known."""

    id = fields.Integer(required=True)
    domain = fields.String(required=True)
    address = fields.String(required=True)
    cause = fields.String(required=True, validate=validate.OneOf(("bounce", "complaint", "hand")))
    status = fields.String(required=True)
    words = fields.String(required=True)
    user = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True)


class SuppressionsOut(Schema):
    items = fields.List(fields.Nested(SuppressionOut), required=True)
    next = fields.String(required=True, allow_none=True)


class ComplaintQuery(Schema):
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))
    cursor = fields.Integer(load_default=None, validate=validate.Range(0, 2**62), allow_none=True)


class ComplaintOut(Schema):
    """``recipient`` has complained, empty where the report hides it; ``user`` is whose message it was."""

    id = fields.Integer(required=True)
    domain = fields.String(required=True)
    user = fields.String(required=True)
    kind = fields.String(required=True)
    recipient = fields.String(required=True)
    sender = fields.String(required=True)
    message_id = fields.String(required=True)
    subject = fields.String(required=True)
    source_ip = fields.String(required=True)
    reporter = fields.String(required=True)
    reported_at = fields.DateTime(required=True)


class ComplaintCountOut(Schema):
    user = fields.String(required=True)
    number = fields.Integer(required=True)


class ComplaintsOut(Schema):
    """``counts``: how many of the last 30 days are about whose messages."""

    items = fields.List(fields.Nested(ComplaintOut), required=True)
    counts = fields.List(fields.Nested(ComplaintCountOut), required=True)
    next = fields.String(required=True, allow_none=True)
