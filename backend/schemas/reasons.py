"""Why a message was not taken."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from mailnode.message.bounce_reasons import SENTENCES


class ReasonOut(Schema):
    """Why an attempt failed: ``kind`` for programs, ``text`` for people, in the language of the request."""

    kind = fields.String(required=True, validate=validate.OneOf(tuple(SENTENCES)))
    text = fields.String(required=True)
