"""What other domains are told of mail in their name: strangers' messages, counted by domain and day (RFC 9990 §3.1).

Counted are only those whose policy names somebody to report to; what a row says is all that a report says of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import text

from mailnode.reports.models import DmarcSeen
from mailnode.senderauth.check import Verdict
from mailnode.senderauth.dmarc_record import Alignment

DAY = 86_400
KEPT_DAYS = 3  # a domain whose DNS does not answer all this time gets no report
MOST_ROWS = 10_000  # of one report: the most frequent ones
MAX_TEXT = 255

_s = DmarcSeen.__table__.c
_ADD = text(
    "INSERT INTO dmarc_seen (day, domain, digest, detail, count) VALUES (:day, :domain, :digest, :detail, :count)"
    " ON CONFLICT (day, domain, digest) DO UPDATE SET count = dmarc_seen.count + excluded.count"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Messages of one client that were judged alike. ``disposition`` is what was done, ``wanted`` what the policy asks
    for; ``dkim`` and ``spf`` whether they vouch for the author's domain. ``signatures``: domain, selector, result."""

    client: str
    author_domain: str
    sender_domain: str
    disposition: str
    wanted: str
    dkim: bool
    spf: bool
    signatures: tuple[tuple[str, str, str], ...]
    spf_domain: str
    spf_result: str


def seen(verdict: Verdict, client: str, sender_domain: str, done: str) -> tuple[str, Seen] | None:
    """The domain whose policy it is, and what to tell it; None where nobody wants to hear of it.

    ``done`` is none, quarantine or reject.
    """
    dmarc = verdict.dmarc
    policy = dmarc.found
    if policy is None or dmarc.result not in ("pass", "fail") or not policy.record.reports:
        return None
    passed = [one.domain for one in verdict.dkim if one.result == "pass" and not one.unsigned]

    def vouches(identifier: str, mode: Alignment) -> bool:
        within = bool(policy.organization) and f".{identifier}".endswith(f".{policy.organization}")
        return identifier == dmarc.domain or (mode == "relaxed" and within)

    spf = verdict.spf
    found = Seen(
        client,
        dmarc.domain,
        sender_domain[:MAX_TEXT],
        "pass" if dmarc.result == "pass" else done,
        dmarc.policy,
        dmarc.by == "dkim" or any(vouches(one, policy.record.dkim) for one in passed),
        dmarc.by == "spf" or (spf.result == "pass" and vouches(spf.domain, policy.record.spf)),
        tuple((one.domain[:MAX_TEXT], one.selector[:MAX_TEXT], one.result) for one in verdict.dkim if one.domain),
        spf.domain[:MAX_TEXT],
        spf.result,
    )
    return policy.domain, found


def add(tx: Session, counts: Mapping[tuple[int, str, Seen], int]) -> None:
    """Add what was counted, by day (since the epoch, UTC), domain and kind, to what is there."""
    rows = []
    for (day, domain, one), count in counts.items():
        detail = json.dumps(astuple(one), ensure_ascii=True)
        digest = hashlib.sha256(detail.encode()).hexdigest()[:32]
        rows.append({"day": day, "domain": domain, "digest": digest, "detail": detail, "count": count})
    if rows:
        tx.connection().execute(_ADD, sorted(rows, key=lambda row: (row["day"], row["domain"], row["digest"])))


def domains(tx: Session, day: int) -> list[str]:
    """Who was not told yet of a day."""
    query = select(_s.domain).where(_s.day == day).distinct().order_by(_s.domain)
    return list(tx.connection().execute(query).scalars())


def take(tx: Session, domain: str, day: int) -> list[tuple[Seen, int]]:
    """What was counted, the most frequent first; it is not there any more, so that nobody is told twice."""
    gone = delete(DmarcSeen).where(_s.day == bindparam("on"), _s.domain == bindparam("of"))
    rows = tx.connection().execute(gone.returning(_s.detail, _s.count), {"on": day, "of": domain}).all()
    found = sorted(rows, key=lambda row: row[1], reverse=True)[:MOST_ROWS]
    return [(_read(detail), count) for detail, count in found]


def forget(tx: Session, today: int) -> None:
    """What nobody could be told in time."""
    tx.connection().execute(delete(DmarcSeen).where(_s.day < today - KEPT_DAYS))


def _read(detail: str) -> Seen:
    values = json.loads(detail)
    values[7] = tuple(tuple(one) for one in values[7])
    return Seen(*values)
