"""Reports that others send about a domain."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class ReportsQuery(Schema):
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"\d{1,12}-\d{1,18}\Z"),
        metadata={"example": "1767311999-7"},
    )


class SummaryQuery(Schema):
    days = fields.Integer(load_default=30, validate=validate.Range(1, 400))


class ReportOut(Schema):
    id = fields.Integer(required=True)
    domain = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(("dmarc", "tls")))
    organisation = fields.String(required=True, metadata={"description": "who has written it"})
    contact = fields.String(required=True)
    report_id = fields.String(required=True)
    begin = fields.DateTime(required=True)
    end = fields.DateTime(required=True)
    policy = fields.String(required=True)
    passed = fields.Integer(
        required=True, metadata={"description": "messages (dmarc) or sessions (tls) that were well"}
    )
    failed = fields.Integer(required=True)


class ReportsOut(Schema):
    items = fields.List(fields.Nested(ReportOut), required=True)
    next = fields.String(required=True, allow_none=True)


class DmarcRowOut(Schema):
    client = fields.String(
        required=True, metadata={"description": "empty for all those of a very long report that are not named"}
    )
    count = fields.Integer(required=True)
    disposition = fields.String(required=True)
    dkim = fields.String(required=True)
    spf = fields.String(required=True)
    author_domain = fields.String(required=True)
    dkim_domains = fields.String(required=True)
    spf_domain = fields.String(required=True)


class TlsRowOut(Schema):
    policy = fields.String(required=True)
    result = fields.String(required=True, metadata={"description": "empty for success, else a word of RFC 8460"})
    mx = fields.String(required=True)
    client = fields.String(required=True)
    count = fields.Integer(required=True)


class ReportRowsOut(ReportOut):
    dmarc = fields.List(fields.Nested(DmarcRowOut), required=True)
    tls = fields.List(fields.Nested(TlsRowOut), required=True)


class DayOut(Schema):
    day = fields.Date(required=True)
    passed = fields.Integer(required=True)
    failed = fields.Integer(required=True)


class SourceOut(Schema):
    name = fields.String(
        required=True,
        metadata={
            "description": "an address that sends (dmarc), empty for all others; or how TLS failed, empty for success"
        },
    )
    detail = fields.String(
        required=True, metadata={"description": "the author's domain, or the host that was spoken to"}
    )
    passed = fields.Integer(required=True)
    failed = fields.Integer(required=True)


class SummaryOut(Schema):
    days = fields.List(fields.Nested(DayOut), required=True)
    sources = fields.List(fields.Nested(SourceOut), required=True)
