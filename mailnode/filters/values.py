"""What a filter is asked about, and what all of them together have said."""

from __future__ import annotations

from dataclasses import dataclass

from mailnode.findings import Finding
from mailnode.octets import Octets
from mailnode.proto.milter import Change
from mailnode.proto.replies import Reply

SPAM = Reply(550, "5.7.1", "A content filter takes the message for spam")


@dataclass(frozen=True, slots=True)
class Asked:
    """One message with its envelope and its client.

    ``name`` is the client's host name where it is known, ``user`` whoever has logged in, ``tls`` version and cipher.
    ``sender`` "" is the null sender. ``id`` is our name for the message, as in its Received field.
    """

    content: Octets
    sender: str = ""
    recipients: tuple[str, ...] = ()
    address: str = "127.0.0.1"
    port: int = 0
    name: str = ""
    hello: str = ""
    user: str = ""
    tls: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Scanned:
    """``content`` is the message as the filters leave it; ``fields`` are what they have added, for its top.

    ``sender``: another one that a milter wants in the envelope, None for the same. ``added`` and ``removed`` are
    recipients. ``reply``: a filter's own words for the harshest finding's refusal, when it has given some. ``failed``:
    how many filters could not be asked.
    """

    content: Octets
    fields: bytes = b""
    findings: tuple[Finding, ...] = ()
    sender: str | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reply: Reply | None = None
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What one filter has said. ``changes`` are what it does to the message, in order. ``reply``: what a stranger is
    told where the finding is not for strangers, or where the filter has words of its own."""

    finding: Finding
    changes: tuple[Change, ...] = ()
    reply: Reply | None = None
    failed: bool = False
