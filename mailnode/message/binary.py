"""Messages that a client appends as binary: what cannot be sent as BODY[] later is put into base64.

RFC 3516 §4.4: a literal8 may hold any octet, while no other section of IMAP than BINARY may answer with a NUL. So
the bodies of parts in the encoding "binary" are encoded here, and their header says so; nothing else is touched.
"""

from __future__ import annotations

import base64
import re

from mailnode.message import structure
from mailnode.message.attachments import leaves
from mailnode.message.structure import Part

_ENCODING = re.compile(rb"^(content-transfer-encoding[ \t]*+:[ \t]*+)(?:[^\n]*+\n[ \t])*+[^\r\n]*+", re.M | re.I)
LINE = 57  # octets that make a line of 76 characters


def without_nul(raw: bytes) -> bytes | None:
    """The message with its binary parts in base64; None when a NUL stands where it cannot be encoded."""
    if b"\0" not in raw:
        return raw
    pieces: list[bytes] = []
    done = 0
    for part in leaves(structure.scan(raw)):
        if part.encoding == b"binary" and b"\0" in raw[part.body_start : part.body_end]:
            pieces += [raw[done : part.header_start], _encoded(raw, part)]
            done = part.body_end
    whole = b"".join([*pieces, raw[done:]])
    return whole if b"\0" not in whole else None


def _encoded(raw: bytes, part: Part) -> bytes:
    header = _ENCODING.sub(rb"\g<1>base64", raw[part.header_start : part.body_start], count=1)
    body = raw[part.body_start : part.body_end]
    lines = [base64.b64encode(body[at : at + LINE]) for at in range(0, len(body), LINE)]
    return header + b"\r\n".join(lines) + (b"" if part.body_end < len(raw) else b"\r\n")
