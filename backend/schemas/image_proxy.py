"""Pictures of mail, fetched for the reader."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from backend.pictures import MAX_URL


class ImageQuery(Schema):
    url = fields.String(required=True, validate=validate.Length(1, MAX_URL))
