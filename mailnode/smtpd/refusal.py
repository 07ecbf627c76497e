"""A rule said no (MailError): in SMTP's words.

RFC 5321 §4.2.3 (codes), RFC 3463 (status).
"""

from __future__ import annotations

from mailnode.errors import MailError, NotYourAddress
from mailnode.proto.replies import Reply

INTERNAL = Reply(451, "4.3.0", "Something went wrong here; please try again later")

# Where the status alone does not say which code: RFC 3463 §3 beside RFC 5321 §4.2.3.
_CODES = {
    "4.2.2": 452,
    "4.3.1": 452,
    "4.5.3": 452,
    "4.7.1": 450,
    "5.2.2": 552,
    "5.3.4": 552,
    "5.1.3": 553,
    "5.1.7": 553,
    "5.7.8": 535,
    "5.7.13": 535,
    "5.6.0": 554,
    "5.4.6": 554,
}


def code_of(status: str) -> int:
    """The reply code that goes with an enhanced status."""
    return _CODES.get(status, 451 if status.startswith("4") else 550)


def refusal(error: MailError) -> Reply:
    """The reply for a refusal; only the error's public sentence is told."""
    code = 553 if isinstance(error, NotYourAddress) else code_of(error.status)
    return Reply(code, error.status, error.public)
