"""Reports as they are shown: the list, one with its rows, and sums by day for a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from mailnode.directory.models import Domain
from mailnode.errors import NoSuchReport
from mailnode.reports.models import DmarcRow, DomainReport, TlsRow

DAY = 86_400
PAGE = 50
MOST_SOURCES = 100

Kind = Literal["dmarc", "tls"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A report: who wrote it, about which domain and time, and how much of it was well. Times in seconds."""

    id: int
    domain: str
    kind: str
    organisation: str
    contact: str
    report_id: str
    begin: int
    end: int
    policy: str
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Day:
    """Messages (DMARC) or sessions (TLS) of one day, by the end of the reports; ``day`` is its beginning in UTC."""

    day: int
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Source:
    """A client that sends in the domain's name, or a way in which TLS failed: ``name`` and ``detail`` say which."""

    name: str
    detail: str
    passed: int
    failed: int


_dmarc_passes = (DmarcRow.dkim == "pass") | (DmarcRow.spf == "pass")


def _table(kind: str) -> tuple[type[DmarcRow | TlsRow], Any]:
    return (DmarcRow, _dmarc_passes) if kind == "dmarc" else (TlsRow, TlsRow.result == "")


def _sums(kind: str) -> tuple[Any, Any]:
    """How much was well, and how much was not."""
    table, passes = _table(kind)
    passed = func.coalesce(func.sum(case((passes, table.count), else_=0)), 0)
    failed = func.coalesce(func.sum(case((passes, 0), else_=table.count)), 0)
    return passed.label("passed"), failed.label("failed")


def reports(
    tx: Session, domain_ids: Sequence[int], kind: Kind, *, before: tuple[int, int] | None = None, limit: int = PAGE
) -> list[Listed]:
    """The newest first. ``before``: end and id of the last one that was seen."""
    statement = (
        _all(kind)
        .where(DomainReport.domain_id.in_(domain_ids), DomainReport.kind == kind)
        .order_by(DomainReport.end.desc(), DomainReport.id.desc())
        .limit(limit)
    )
    if before is not None:
        end, last = before
        statement = statement.where((DomainReport.end < end) | ((DomainReport.end == end) & (DomainReport.id < last)))
    return [_listed(row) for row in tx.execute(statement)]


def report(tx: Session, domain_id: int, report_id: int) -> tuple[Listed, list[DmarcRow] | list[TlsRow]]:
    """One report about this domain, with its rows. Raises NoSuchReport."""
    found = tx.get(DomainReport, report_id)
    if found is None or found.domain_id != domain_id:
        raise NoSuchReport
    table, _ = _table(found.kind)
    rows: Any = tx.scalars(select(table).where(table.domain_report_id == found.id).order_by(table.number)).all()
    return _listed(tx.execute(_all(found.kind).where(DomainReport.id == found.id)).one()), list(rows)


def _all(kind: str) -> Select[*tuple[Any, ...]]:
    table, _ = _table(kind)
    columns = DomainReport.__table__.columns
    return (
        select(*columns, Domain.name.label("domain"), *_sums(kind))
        .join(Domain, Domain.id == DomainReport.domain_id)
        .outerjoin(table, table.domain_report_id == DomainReport.id)
        .group_by(*columns, Domain.name)
    )


def _listed(row: Any) -> Listed:
    return Listed(
        row.id,
        row.domain,
        row.kind,
        row.organisation,
        row.contact,
        row.report_id,
        row.begin,
        row.end,
        row.policy,
        int(row.passed),
        int(row.failed),
    )


def days(tx: Session, domain_id: int, kind: Kind, since: int) -> list[Day]:
    """Day by day from a time on, the oldest first; days without reports are left out."""
    table, _ = _table(kind)
    day = (DomainReport.end - DomainReport.end % DAY).label("day")
    statement = (
        select(day, *_sums(kind))
        .join(table, table.domain_report_id == DomainReport.id)
        .where(DomainReport.domain_id == domain_id, DomainReport.kind == kind, DomainReport.end >= since)
        .group_by(day)
        .order_by(day)
    )
    return [Day(int(row.day), int(row.passed), int(row.failed)) for row in tx.execute(statement)]


def sources(tx: Session, domain_id: int, kind: Kind, since: int) -> list[Source]:
    """Who sends in the domain's name, or what went wrong where; the most first."""
    table, _ = _table(kind)
    name, detail = (DmarcRow.client, DmarcRow.author_domain) if kind == "dmarc" else (TlsRow.result, TlsRow.mx)
    passed, failed = _sums(kind)
    statement = (
        select(name.label("name"), detail.label("detail"), passed, failed)
        .select_from(DomainReport)
        .join(table, table.domain_report_id == DomainReport.id)
        .where(DomainReport.domain_id == domain_id, DomainReport.kind == kind, DomainReport.end >= since)
        .group_by(name, detail)
        .order_by(func.sum(table.count).desc())
        .limit(MOST_SOURCES)
    )
    return [Source(row.name, row.detail, int(row.passed), int(row.failed)) for row in tx.execute(statement)]
