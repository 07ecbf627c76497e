"""Messages: rows of lists, whole messages, and what is done with many at once."""

from __future__ import annotations

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.schemas.addresses import AddressOut
from backend.schemas.reasons import ReasonOut
from mailnode.message.bounce import ACTIONS as ACTIONS_REPORTED

MAX_ACTED = 1000
MAX_ROWS = 200
FLAG = r"^(\\(Seen|Answered|Flagged|Deleted|Draft)|[!#$&'+,./0-9:;<=>?@A-Z\[^_`a-z|}~-]{1,100})$(?!\n)"
ACTIONS = ("flag", "move", "copy", "delete")


def flag_list(**more: object) -> fields.List[str]:
    """IMAP's flags and keywords by their names."""
    one = fields.String(validate=validate.Regexp(FLAG))
    return fields.List(one, validate=validate.Length(max=50), **more)  # type: ignore[arg-type]


class RowOut(Schema):
    """One row of a message list."""

    id = fields.String(required=True)
    mailbox_id = fields.Integer(required=True)
    uid = fields.Integer(required=True)
    modseq = fields.Integer(required=True)
    conversation = fields.String(required=True, allow_none=True)
    from_ = fields.List(fields.Nested(AddressOut), attribute="from", data_key="from", required=True)
    to = fields.List(fields.Nested(AddressOut), required=True)
    subject = fields.String(required=True)
    preview = fields.String(required=True)
    date = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    received_at = fields.String(required=True, metadata={"format": "date-time"})
    size = fields.Integer(required=True)
    flags = fields.List(fields.String(), required=True)
    has_attachments = fields.Boolean(required=True)


class MessagesQuery(Schema):
    """Either ``ids`` (comma separated), or ``mailbox`` with ``limit`` and ``cursor``."""

    ids = fields.String(load_default=None, validate=validate.Length(max=MAX_ROWS * 34))
    mailbox = fields.Integer(load_default=None)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))

    @validates_schema
    def one_way(self, data: dict[str, object], **more: object) -> None:
        if (data["ids"] is None) == (data["mailbox"] is None):
            raise ValidationError("Give either ids or mailbox", "ids")


class RowsOut(Schema):
    """``next``, ``total`` and ``modseq`` only for pages of a mailbox."""

    items = fields.List(fields.Nested(RowOut), required=True)
    next = fields.String(allow_none=True)
    total = fields.Integer()
    modseq = fields.Integer()


class PartOut(Schema):
    part = fields.String(required=True)
    name = fields.String(required=True)
    type = fields.String(required=True)
    size = fields.Integer(required=True)
    cid = fields.String(required=True, allow_none=True)
    inline = fields.Boolean(required=True)
    url = fields.String(required=True)


class AuthenticationOut(Schema):
    """What our own border found, as in Authentication-Results; null where nothing was looked at."""

    spf = fields.String(required=True, allow_none=True)
    dkim = fields.String(required=True, allow_none=True)
    dmarc = fields.String(required=True, allow_none=True)
    domain = fields.String(required=True, allow_none=True)


class ReportedOut(Schema):
    """One recipient of a delivery report; ``reason`` is null where all is well, ``text`` the remote host's words."""

    address = fields.String(required=True)
    action = fields.String(required=True, validate=validate.OneOf(ACTIONS_REPORTED))
    status = fields.String(required=True)
    text = fields.String(required=True)
    reason = fields.Nested(ReasonOut, required=True, allow_none=True)


class DeliveryReportOut(Schema):
    """``about`` is the id of one's own copy of the message that it is about."""

    about = fields.String(required=True, allow_none=True)
    recipients = fields.List(fields.Nested(ReportedOut), required=True)


class MessageOut(RowOut):
    """``html`` is as it was sent, decoded but not cleaned. ``truncated``: text or html was cut."""

    cc = fields.List(fields.Nested(AddressOut), required=True)
    bcc = fields.List(fields.Nested(AddressOut), required=True)
    reply_to = fields.List(fields.Nested(AddressOut), required=True)
    sender = fields.List(fields.Nested(AddressOut), required=True)
    message_id = fields.String(required=True)
    in_reply_to = fields.List(fields.String(), required=True)
    references = fields.List(fields.String(), required=True)
    text = fields.String(required=True, allow_none=True)
    html = fields.String(required=True, allow_none=True)
    parts = fields.List(fields.Nested(PartOut), required=True)
    cids = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    list_unsubscribe = fields.List(fields.String(), required=True)
    list_unsubscribe_post = fields.Boolean(required=True)
    authentication = fields.Nested(AuthenticationOut, required=True)
    report = fields.Nested(
        DeliveryReportOut, required=True, allow_none=True, metadata={"description": "of a delivery report"}
    )
    truncated = fields.Boolean(required=True)


class HeaderFieldOut(Schema):
    name = fields.String(required=True)
    value = fields.String(required=True)


class HeadersOut(Schema):
    fields_ = fields.List(fields.Nested(HeaderFieldOut), attribute="fields", data_key="fields", required=True)


class FlagsIn(Schema):
    add = flag_list(load_default=[])
    remove = flag_list(load_default=[])


class ActionIn(FlagsIn):
    """``mailbox_id`` for move and copy, ``add`` and ``remove`` for flag."""

    action = fields.String(required=True, validate=validate.OneOf(ACTIONS))
    ids = fields.List(
        fields.String(validate=validate.Length(1, 34)), required=True, validate=validate.Length(1, MAX_ACTED)
    )
    mailbox_id = fields.Integer(load_default=None, allow_none=True)

    @validates_schema
    def fits(self, data: dict[str, object], **more: object) -> None:
        if data["action"] in ("move", "copy") and data["mailbox_id"] is None:
            raise ValidationError("Say where to", "mailbox_id")
        if data["action"] == "flag" and not (data["add"] or data["remove"]):
            raise ValidationError("Say which flags", "add")


class UndoOut(Schema):
    """A body to POST again; only the members that its action has."""

    action = fields.String(required=True, validate=validate.OneOf(ACTIONS))
    ids = fields.List(fields.String(), required=True)
    mailbox_id = fields.Integer()
    add = fields.List(fields.String())
    remove = fields.List(fields.String())


class ActedOut(Schema):
    """``ids``: old to new; ``undo``: bodies that put everything back, in order."""

    ids = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    missing = fields.List(fields.String(), required=True)
    modseq = fields.Integer(required=True)
    undo = fields.List(fields.Nested(UndoOut), required=True)


class RawQuery(Schema):
    download = fields.Boolean(load_default=False)


class PartQuery(Schema):
    inline = fields.Boolean(load_default=False)


class SearchQuery(Schema):
    """``utc_offset`` in minutes east says where days begin for before: and after:."""

    q = fields.String(required=True, validate=validate.Length(1, 1000))
    mailbox = fields.Integer(load_default=None)
    limit = fields.Integer(load_default=1000, validate=validate.Range(1, 10000))
    utc_offset = fields.Integer(load_default=0, validate=validate.Range(-840, 840))


class SearchOut(Schema):
    ids = fields.List(fields.String(), required=True)
    total = fields.Integer(required=True)
    more = fields.Boolean(required=True)
    words = fields.List(fields.String(), required=True)
