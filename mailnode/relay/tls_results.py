"""How TLS with other hosts went, in the database: what every process has counted, by domain and day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from mailnode.relay.tls_tally import Counted
from mailnode.reports.models import TlsReport, TlsResult

KEPT_DAYS = 30

_r = TlsResult.__table__.c
_KEYS = ("day", "domain", "kind", "result", "host", "address")
_ADD = (
    update(TlsResult)
    .where(*(_r[name] == bindparam(f"key_{name}") for name in _KEYS))
    .values(sessions=_r.sessions + bindparam("more"), lines=bindparam("words"), reason=bindparam("because"))
)


def add(tx: Session, counts: Counter[Counted]) -> None:
    """Add what was counted to what is there. A policy that changes in the course of a day is quoted as it was last."""
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one, number in counts.items():
        key = tuple(getattr(one, name) for name in _KEYS)
        row = merged.setdefault(key, {"sessions": 0})
        row |= {"lines": "\n".join(one.lines), "reason": one.reason, "sessions": row["sessions"] + number}
    conn = tx.connection()
    for key, row in merged.items():
        values = {f"key_{name}": value for name, value in zip(_KEYS, key, strict=True)}
        words = {"more": row["sessions"], "words": row["lines"], "because": row["reason"]}
        if not conn.execute(_ADD, values | words).rowcount:
            conn.execute(insert(TlsResult), dict(zip(_KEYS, key, strict=True)) | row)


def domains(tx: Session, day: int) -> list[str]:
    """Domains that we have sent to on a day, and that were not told yet."""
    told = select(TlsReport.domain).where(TlsReport.day == day)
    query = select(_r.domain).where(_r.day == day, _r.domain.not_in(told)).distinct().order_by(_r.domain)
    return list(tx.connection().execute(query).scalars())


def results(tx: Session, domain: str, day: int) -> Mapping[tuple[str, str], list[tuple[Counted, int]]]:
    """What was counted for one domain on one day, by kind and text of the policy."""
    found: dict[tuple[str, str], list[tuple[Counted, int]]] = defaultdict(list)
    query = (
        select(TlsResult.__table__).where(_r.domain == domain, _r.day == day).order_by(*(_r[name] for name in _KEYS))
    )
    for row in tx.connection().execute(query):
        lines = tuple(row.lines.split("\n")) if row.lines else ()
        one = Counted(row.day, row.domain, row.kind, lines, row.result, row.host, row.address, row.reason)
        found[row.kind, row.lines].append((one, row.sessions))
    return found


def told(tx: Session, domain: str, day: int) -> None:
    """The domain has had its report of the day, or wants none."""
    tx.connection().execute(insert(TlsReport), {"domain": domain, "day": day})


def forget(tx: Session, today: int) -> None:
    """What is older than `KEPT_DAYS` goes."""
    conn = tx.connection()
    conn.execute(delete(TlsResult).where(_r.day < today - KEPT_DAYS))
    conn.execute(delete(TlsReport).where(TlsReport.day < today - KEPT_DAYS))
