"""A name and an address."""

from __future__ import annotations

from marshmallow import Schema, fields


class AddressOut(Schema):
    name = fields.String(required=True)
    address = fields.String(required=True)
