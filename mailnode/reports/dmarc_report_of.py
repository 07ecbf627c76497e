"""A report of ours to a domain about mail in its name: its XML, and the message that carries it (RFC 9990 §3).

The form is that of RFC 9990's schema; `message.dmarc_report` reads it.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from mailnode.message import mime
from mailnode.message.report_opening import opening
from mailnode.reports.dmarc_seen import DAY, Seen
from mailnode.senderauth.dmarc_record import PolicyRecord

NAMESPACE = "urn:ietf:params:xml:ns:dmarc-2.0"
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class DmarcReportOf:
    """One domain's day, counted since the epoch. ``hostname`` sends it, ``contact`` is whom to ask about it."""

    hostname: str
    contact: str
    domain: str
    policy: PolicyRecord
    day: int
    rows: Sequence[tuple[Seen, int]]

    @property
    def id(self) -> str:
        return f"{datetime.fromtimestamp(self.day * DAY, UTC):%Y%m%d}.{self.domain}@{self.hostname}"

    @property
    def filename(self) -> str:
        """RFC 9990 §3.5."""
        return f"{self.hostname}!{self.domain}!{self.day * DAY}!{(self.day + 1) * DAY - 1}.xml.gz"

    def document(self) -> bytes:
        """The XML."""
        parts = [self._metadata(), self._published(), *(_record(*row) for row in self.rows)]
        body = f'<feedback xmlns="{NAMESPACE}"><version>1.0</version>{"".join(parts)}</feedback>\n'
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body.encode()

    def _metadata(self) -> str:
        dates = _all("date_range", _tag("begin", self.day * DAY), _tag("end", (self.day + 1) * DAY - 1))
        names = _tag("org_name", self.hostname), _tag("email", self.contact), _tag("report_id", self.id)
        return _all("report_metadata", *names, dates, _tag("generator", "Mailnode"))

    def _published(self) -> str:
        policy = self.policy
        subdomains = policy.subdomains or policy.request
        return _all(
            "policy_published",
            _tag("domain", self.domain),
            _tag("p", policy.request),
            _tag("sp", subdomains),
            _tag("np", policy.nonexistent or subdomains),
            _tag("adkim", policy.dkim[0]),
            _tag("aspf", policy.spf[0]),
            _tag("discovery_method", "treewalk"),
            _tag("fo", policy.failure_options),
            _tag("testing", "y" if policy.testing else "n"),
        )

    def message(self, to: str, now: datetime) -> bytes:
        """As mail (RFC 9990 §3.5). Raises ProtocolError when ``to`` is no address."""
        told = mime.text(f"This is a report from {self.hostname} about mail in the name of {self.domain}.\n")
        packed = gzip.compress(self.document(), mtime=0)
        entities = [told, mime.attachment(self.filename, "application/gzip", packed)]
        return b"".join(
            (
                opening(self, "dmarc", to, now),
                b"Auto-Submitted: auto-generated\r\n",
                b"MIME-Version: 1.0\r\n",
                bytes(mime.multipart("mixed", entities, mime.boundary_for(self.id, entities))),
                b"\r\n",
            )
        )


def _record(one: Seen, count: int) -> str:
    other = one.disposition not in ("pass", one.wanted)  # our own settings have the last word
    evaluated = _all(
        "policy_evaluated",
        _tag("disposition", one.disposition),
        _tag("dkim", "pass" if one.dkim else "fail"),
        _tag("spf", "pass" if one.spf else "fail"),
        _all("reason", _tag("type", "local_policy")) if other else "",
    )
    row = _all("row", _tag("source_ip", one.client), _tag("count", count), evaluated)
    sender = _tag("envelope_from", one.sender_domain) if one.sender_domain else ""
    return _all("record", row, _all("identifiers", _tag("header_from", one.author_domain), sender), _results(one))


def _results(one: Seen) -> str:
    signed = [
        _all("dkim", _tag("domain", domain), _tag("selector", selector), _tag("result", result))
        for domain, selector, result in one.signatures
    ]
    spf = _all("spf", _tag("domain", one.spf_domain), _tag("result", one.spf_result)) if one.spf_domain else ""
    return _all("auth_results", *signed, spf)


def _tag(name: str, value: str | int) -> str:
    return f"<{name}>{escape(_NO_XML.sub(' ', str(value)))}</{name}>"


def _all(name: str, *parts: str) -> str:
    return f"<{name}>{''.join(parts)}</{name}>"
