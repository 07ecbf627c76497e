"""The fields with which a report of ours to another domain begins, be it about TLS or about DMARC.

RFC 8460 §5.3 and RFC 9990 §3.5: the subject is read by programs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from mailnode.message import words
from mailnode.message.trace import rfc5322_date


class Report(Protocol):
    """``hostname`` sends it, ``contact`` is whom to ask about it, ``domain`` is what it is about."""

    @property
    def hostname(self) -> str: ...

    @property
    def contact(self) -> str: ...

    @property
    def domain(self) -> str: ...

    @property
    def id(self) -> str: ...


def opening(report: Report, kind: str, to: str, now: datetime) -> bytes:
    """Date, From, To, Subject and Message-ID; ``kind`` begins the last. Raises ProtocolError when ``to`` is no
    address."""
    subject = f"Report Domain: {report.domain} Submitter: {report.hostname} Report-ID: <{report.id}>"
    return b"".join(
        (
            b"Date: " + rfc5322_date(now) + b"\r\n",
            words.field("From", words.mailbox_words("", report.contact)),
            words.field("To", words.mailbox_words("", to)),
            words.field("Subject", words.text_words(subject)),
            words.field("Message-ID", [f"<{kind}.{report.id}>"]),
        )
    )
