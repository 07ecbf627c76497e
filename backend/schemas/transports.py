"""Transports: how mail for some domains leaves."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from mailnode.directory.transports import TLS


class TransportIn(Schema):
    """``host`` "": by the domain's MX, from ``source``. A password that is not given stays as it was."""

    host = fields.String(load_default="", validate=validate.Length(0, 255))
    port = fields.Integer(load_default=25, validate=validate.Range(1, 65535))
    tls = fields.String(load_default="opportunistic", validate=validate.OneOf(TLS))
    implicit = fields.Boolean(load_default=False)
    login = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 320))
    password = fields.String(load_default=None, allow_none=True, load_only=True, validate=validate.Length(1, 1000))
    source = fields.String(load_default="", validate=validate.Length(0, 45))


class TransportOut(Schema):
    """``pattern`` is a domain, ``*.`` and a domain for all below it, or ``*``."""

    pattern = fields.String(required=True)
    host = fields.String(required=True)
    port = fields.Integer(required=True)
    tls = fields.String(required=True, validate=validate.OneOf(TLS))
    implicit = fields.Boolean(required=True)
    login = fields.String(required=True, allow_none=True)
    source = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class TransportsOut(Schema):
    items = fields.List(fields.Nested(TransportOut), required=True)
