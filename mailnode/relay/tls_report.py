"""The report about TLS that a domain asks for: its JSON, and the message that carries it.

RFC 8460 §3 (the record that asks), §4.4 (the JSON), §5.3 (the message). The report goes out although TLS with
the domain may be broken: that is what it is about (RFC 8689 §5, TLS-Required).
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from mailnode.errors import ProtocolError
from mailnode.message import mime, words
from mailnode.message.report_opening import opening
from mailnode.proto.address import parse_mailbox
from mailnode.relay import demand
from mailnode.relay.tls_tally import Counted

MAX_PLACES = 5  # to which one report goes

Results = Mapping[tuple[str, str], Sequence[tuple[Counted, int]]]
"""What was counted, with its number, by kind and text of the policy."""


@dataclass(frozen=True, slots=True)
class TlsReportOf:
    """A report on one domain's day. ``hostname`` sends it, ``contact`` is whom to ask about it."""

    hostname: str
    contact: str
    domain: str
    day: datetime  # its beginning, in UTC
    results: Results

    @property
    def id(self) -> str:
        return f"{self.day:%Y%m%d}.{self.domain}@{self.hostname}"

    @property
    def filename(self) -> str:
        """RFC 8460 §5.1."""
        start = int(self.day.timestamp())
        return f"{self.hostname}!{self.domain}!{start}!{start + 86_399}.json.gz"

    def document(self) -> dict[str, Any]:
        """The report as JSON has it."""
        end = self.day + timedelta(days=1, seconds=-1)
        return {
            "organization-name": self.hostname,
            "date-range": {"start-datetime": _moment(self.day), "end-datetime": _moment(end)},
            "contact-info": self.contact,
            "report-id": self.id,
            "policies": [_policy(self.domain, kind, text, rows) for (kind, text), rows in self.results.items()],
        }

    def packed(self) -> bytes:
        return gzip.compress(json.dumps(self.document(), ensure_ascii=False).encode(), mtime=0)

    def message(self, to: str, now: datetime) -> bytes:
        """As mail. Raises ProtocolError when ``to`` is no address."""
        told = mime.text(f"This is a report from {self.hostname} about TLS with the mail servers of {self.domain}.\n")
        entities = [told, mime.attachment(self.filename, "application/tlsrpt+gzip", self.packed())]
        boundary = mime.boundary_for(self.id, entities)
        return b"".join(
            (
                opening(self, "tls", to, now),
                words.field("TLS-Report-Domain", [self.domain]),
                words.field("TLS-Report-Submitter", [self.hostname]),
                b"TLS-Required: No\r\n",
                b"Auto-Submitted: auto-generated\r\n",
                b"MIME-Version: 1.0\r\n",
                bytes(mime.multipart("report", entities, boundary, report_type="tlsrpt")),
                b"\r\n",
            )
        )


def places(records: Iterable[bytes]) -> tuple[str, ...]:
    """The ``mailto:`` and ``https:`` URLs of the TXT records of ``_smtp._tls.DOMAIN``; none where there are two."""
    found = [one for one in records if re.match(rb"v=TLSRPTv1[ \t]*;", one)]
    if len(found) != 1:
        return ()
    text = found[0].decode("ascii", "replace")
    urls = re.findall(r";[ \t]*rua[ \t]*=[ \t]*([^;]+)", text)
    listed = [one.strip() for one in urls[0].split(",")] if urls else []
    return tuple(one for one in listed if split_url(one).scheme in ("mailto", "https"))[:MAX_PLACES]


def mail_address(url: str) -> str:
    """Of a ``mailto:`` URL (RFC 6068 §2); "" where it names none, or hides line ends in it."""
    named = unquote(split_url(url).path)
    try:
        parse_mailbox(named)
    except ProtocolError:
        return ""
    return named


def split_url(url: str) -> SplitResult:
    """Strangers write it in their DNS: what is no URL is one without anything in it."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _policy(domain: str, kind: str, text: str, rows: Sequence[tuple[Counted, int]]) -> dict[str, Any]:
    policy: dict[str, Any] = {"policy-type": kind, "policy-domain": domain}
    if text:
        policy["policy-string"] = text.split("\n")
    hosts = [line.removeprefix("mx: ") for line in text.split("\n") if line.startswith("mx: ")]
    if kind == demand.STS and hosts:
        policy["mx-host"] = hosts
    failed = [(one, number) for one, number in rows if one.result]
    return {
        "policy": policy,
        "summary": {
            "total-successful-session-count": sum(number for one, number in rows if not one.result),
            "total-failure-session-count": sum(number for _, number in failed),
        },
        **({"failure-details": [_failure(one, number) for one, number in failed]} if failed else {}),
    }


def _failure(one: Counted, number: int) -> dict[str, Any]:
    return {
        "result-type": one.result,
        "receiving-mx-hostname": one.host,
        "receiving-ip": one.address,
        "failed-session-count": number,
        "failure-reason-code": one.reason,
    }
