"""People who make their own address."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from backend.captcha import MAX_PAYLOAD
from backend.schemas.me import LANGUAGES
from backend.schemas.paging import PageOut


class OpenDomainOut(Schema):
    name = fields.String(required=True)
    policy = fields.String(required=True, validate=validate.OneOf(("open", "approval")))


class OpenDomainsOut(Schema):
    items = fields.List(fields.Nested(OpenDomainOut), required=True)


class ChallengeParametersOut(Schema):
    """As the ALTCHA widget names them."""

    algorithm = fields.String(required=True)
    cost = fields.Integer(required=True)
    expiresAt = fields.Integer(required=True)  # noqa: N815
    keyLength = fields.Integer(required=True)  # noqa: N815
    keyPrefix = fields.String(required=True)  # noqa: N815
    nonce = fields.String(required=True)
    salt = fields.String(required=True)


class ChallengeOut(Schema):
    parameters = fields.Nested(ChallengeParametersOut, required=True)
    signature = fields.String(required=True)


class RegistrationIn(Schema):
    local_part = fields.String(required=True, validate=validate.Length(1, 64))
    domain = fields.String(required=True, validate=validate.Length(1, 255))
    password = fields.String(required=True, validate=validate.Length(1, 4096))
    name = fields.String(load_default="", validate=validate.Length(max=200))
    language = fields.String(load_default="", validate=validate.OneOf(LANGUAGES))
    altcha = fields.String(required=True, validate=validate.Length(1, MAX_PAYLOAD))


class RegisteredOut(Schema):
    status = fields.String(required=True, validate=validate.OneOf(("created", "waiting")))
    address = fields.String(required=True)


class RegistrationOut(Schema):
    id = fields.Integer(required=True)
    address = fields.String(required=True)
    name = fields.String(required=True)
    domain = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    peer = fields.String(required=True)


class RegistrationsOut(PageOut):
    items = fields.List(fields.Nested(RegistrationOut), required=True)
