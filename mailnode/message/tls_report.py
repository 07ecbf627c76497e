"""Reports about TLS: how others fared when they sent mail to a domain over TLS (RFC 8460 §4)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailnode.errors import ProtocolError

MAX_POLICIES = 1000
MAX_FAILURES = 10_000
MAX_TEXT = 255  # an index of the database takes two of them
MAX_COUNT = 1 << 32  # of one row, so that sums over many reports stay numbers of 64 bits
MAX_TIME = 1 << 33  # seconds since the epoch, so that every time is a date


@dataclass(frozen=True, slots=True)
class Failure:
    """Sessions that failed alike. ``result`` is a word of RFC 8460 §4.3; ``mx`` the host that was spoken to."""

    result: str
    mx: str
    client: str
    count: int


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """How it went under one policy: ``kind`` is sts, tlsa or no-policy-found."""

    kind: str
    domain: str
    successes: int
    failed: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class TlsReport:
    """One report; ``begin`` and ``end`` in seconds since the epoch."""

    organisation: str
    contact: str
    report_id: str
    begin: int
    end: int
    policies: tuple[PolicyResult, ...]


def read(data: bytes) -> TlsReport:
    """Raises ProtocolError for what is no such report."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"no report about TLS: {error}") from error
    report = _object(found)
    times = _object(report.get("date-range"))
    policies = _list(report.get("policies"), MAX_POLICIES, "policies")
    report_id = _text(report.get("report-id"))
    if not report_id or not policies:
        raise ProtocolError("no report about TLS: it has no id or no policies")
    return TlsReport(
        _text(report.get("organization-name")),
        _text(report.get("contact-info")),
        report_id,
        _time(times.get("start-datetime")),
        _time(times.get("end-datetime")),
        tuple(map(_policy, policies)),
    )


def _policy(found: object) -> PolicyResult:
    whole = _object(found)
    policy, summary = _object(whole.get("policy")), _object(whole.get("summary", {}))
    details = _list(whole.get("failure-details") or [], MAX_FAILURES, "failures")
    domain = _text(policy.get("policy-domain")).lower().rstrip(".")
    if not domain:
        raise ProtocolError("no report about TLS: a policy names no domain")
    return PolicyResult(
        _text(policy.get("policy-type")).lower(),
        domain,
        _count(summary.get("total-successful-session-count", 0)),
        _count(summary.get("total-failure-session-count", 0)),
        tuple(map(_failure, details)),
    )


def _failure(found: object) -> Failure:
    one = _object(found)
    return Failure(
        _text(one.get("result-type")).lower(),
        _text(one.get("receiving-mx-hostname")).lower(),
        _text(one.get("sending-mta-ip")),
        _count(one.get("failed-session-count", 0)),
    )


def _object(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ProtocolError("no report about TLS: a part of it is no object")
    return found


def _list(found: object, most: int, name: str) -> Iterable[object]:
    if not isinstance(found, list) or len(found) > most:
        raise ProtocolError(f"no report about TLS: {name} is no list, or too long")
    return found


def _text(found: object) -> str:
    return found[:MAX_TEXT] if isinstance(found, str) else ""


def _count(found: object) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= MAX_COUNT:
        raise ProtocolError("no report about TLS: a count is no number")
    return found


def _time(found: object) -> int:
    try:
        when = datetime.fromisoformat(_text(found))
        if when.tzinfo is None or not 0 <= when.timestamp() <= MAX_TIME:
            raise ValueError
        return int(when.timestamp())
    except (ValueError, OverflowError):
        raise ProtocolError("no report about TLS: a time cannot be read") from None
