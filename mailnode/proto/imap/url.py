"""IMAP URLs that name a message or a part of one (RFC 5092 §6; ``;PARTIAL=`` for CATENATE: RFC 5550).

    imap://user@host/mailbox;UIDVALIDITY=385759045/;UID=20/;SECTION=1.2/;PARTIAL=0.1024

A reference without host is read within this server, one without mailbox within the selected mailbox (RFC 5092 §7).
Names are UTF-8 in percent-encoding, keywords are read in any case.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mailnode.errors import ProtocolError
from mailnode.proto.imap.commands import Section
from mailnode.proto.imap.parse_fetch import parse_section

MAX_URL = 8192
TO_THE_END = 1 << 63  # octets, where a partial range names only its beginning

_URL = re.compile(
    rb"(?:imap://(?:(?P<user>[^/;@:]*)(?:;AUTH=[^/;@]*)?@)?(?P<host>\[[0-9A-F:.]+\]|[^/;@:]+)(?::[0-9]*)?(?=/))?"
    rb"(?:/(?P<mailbox>[^;]+?)/?(?:;UIDVALIDITY=(?P<validity>[0-9]{1,10}))?/)?"
    rb";UID=(?P<uid>[1-9][0-9]{0,9})"
    rb"(?:/;SECTION=(?P<section>[^;]+?))?"
    rb"(?:/;PARTIAL=(?P<start>[0-9]{1,19})(?:\.(?P<size>[1-9][0-9]{0,18}))?)?\Z",
    re.IGNORECASE,
)
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class MessageUrl:
    """``user`` and ``host`` are "" where the reference leaves them out, ``mailbox`` too: the selected one is meant."""

    user: str
    host: str
    mailbox: str
    uid_validity: int | None
    uid: int
    section: Section


def parse(text: bytes) -> MessageUrl:
    """Raises ProtocolError for whatever names no message."""
    found = _URL.match(text) if len(text) <= MAX_URL else None
    if found is None or (found["host"] and not found["mailbox"]):
        raise ProtocolError("This is no URL of a message")
    section = parse_section(_decoded(found["section"]).encode())
    if found["start"] is not None:
        size = int(found["size"]) if found["size"] else TO_THE_END
        section = dataclasses.replace(section, partial=(int(found["start"]), size))
    validity = found["validity"]
    return MessageUrl(
        user=_decoded(found["user"]),
        host=(found["host"] or b"").decode("latin-1").lower(),
        mailbox=_decoded(found["mailbox"]),
        uid_validity=int(validity) if validity else None,
        uid=int(found["uid"]),
        section=section,
    )


def _decoded(text: bytes | None) -> str:
    data = unquote_to_bytes(text or b"")
    if _CONTROL.search(data):
        raise ProtocolError("A URL holds no control characters")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError("A URL is written in UTF-8") from None
