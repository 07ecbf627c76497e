"""Content that came with BODY=BINARYMIME, once it is known whose it is: put into lines (RFC 3030 §3).

It is put into base64 here, at the door, and not where it leaves again: IMAP's BODY[] and POP3 cannot show a NUL, and
DKIM signs what is sent (RFC 6376 §5.3). Whoever checks signatures of others looks at the content as it came, before.
"""

from __future__ import annotations

from mailnode.message import binary
from mailnode.octets import Octets, blocks
from mailnode.offload import Offload
from mailnode.proto.content import Fault, fault_of
from mailnode.proto.lines import MAX_TEXT_LINE
from mailnode.proto.replies import Refused
from mailnode.smtpd.reception import Envelope
from mailnode.smtpd.transaction import FAULTS

INLINE = 1 << 18  # octets up to which it is done at once


async def in_lines(offload: Offload, envelope: Envelope, content: Octets) -> Octets:
    """The content as text in lines; as it is where it came so. Raises Refused where it is neither text nor MIME."""
    if envelope.parameters.body != "BINARYMIME":
        return content
    if len(content) <= INLINE:
        return _in_lines(content)
    return await offload.labour(lambda: _in_lines(content))


def _in_lines(content: Octets) -> Octets:
    made = binary.in_lines(content)
    fault = _fault_of(made)
    if fault:
        raise Refused(*_said(fault))
    return made


def _said(fault: Fault) -> tuple[int, str, str]:
    reply = FAULTS[fault]
    return reply.code, reply.status, reply.text


def _fault_of(content: Octets) -> Fault:
    """As `fault_of`, a block of whole lines at a time."""
    rest = b""
    for block in blocks(content):
        data = rest + block
        cut = data.rfind(b"\n") + 1
        rest = data[cut:]
        fault: Fault = "line-too-long" if len(rest) > 2 * MAX_TEXT_LINE else fault_of(data[:cut])
        if fault:
            return fault
    return fault_of(rest)
