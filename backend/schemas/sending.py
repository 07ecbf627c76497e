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
    own = fields.Nested(OwnLimitsOut, required=True)


class DomainSendingOut(Schema):
    """``limits`` and ``sent`` are of all users together, ``each`` is what counts for one user."""

    limits = fields.Nested(LimitsOut, required=True)
    sent = fields.Nested(SentOut, required=True)
    own = fields.Nested(OwnLimitsOut, required=True)
    each = fields.Nested(LimitsOut, required=True)
    own_each = fields.Nested(OwnLimitsOut, required=True)


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
