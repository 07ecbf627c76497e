"""Reports on their way in: put aside by the delivery, read where there is time, kept once however often they come.

`put` runs in the transaction that delivers; reading a report takes longer than a delivery may, so `read` is for
another process, and needs no transaction. What is no report, or one about somebody else's domain, is not kept: anybody
may write to these addresses. Each report is kept, and each old one forgotten, in steps that keep no other writer
waiting for long.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import insert_on_conflict, storable
from mailnode.directory.models import Domain
from mailnode.errors import ProtocolError
from mailnode.message import dmarc_report, report_files, tls_report
from mailnode.message.dmarc_report import DmarcReport
from mailnode.message.tls_report import PolicyResult, TlsReport
from mailnode.octets import Octets
from mailnode.reports.bounding import bounded_dmarc, bounded_tls
from mailnode.reports.models import DmarcRow, DomainReport, TlsRow, WaitingReport
from mailnode.store import bodies, messages
from mailnode.store.incoming import Incoming
from mailnode.store.models import Blob

MOST_WAITING, MOST_OCTETS = 1000, 1 << 28  # messages of one domain that nobody has read yet
BATCH = 20  # messages of one reading
PRUNED, ROWS_PRUNED = 200, 5000  # reports, or rows of them, that are forgotten in one step
_log = log.get("reports")

Report = DmarcReport | TlsReport


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that may hold reports, and the domain that it was sent to."""

    id: int
    domain_id: int
    domain: str
    body: Octets


def put(tx: Session, domain_id: int, message: Incoming) -> bool:
    """Keep a message until somebody has time to read it; False where too much waits, as anybody may write here."""
    waits = select(func.count(), func.coalesce(func.sum(Blob.size), 0)).select_from(WaitingReport)
    number, octets = tx.execute(waits.join(Blob).where(WaitingReport.domain_id == domain_id)).one()
    if number >= MOST_WAITING or octets + len(message.raw) > MOST_OCTETS:
        return False
    row = {"domain_id": domain_id, "blob_id": messages.kept(tx, message).id, "received_at": int(time.time())}
    tx.execute(insert(WaitingReport).values(row))
    return True


def waiting(tx: Session) -> list[Waiting]:
    """The oldest ones, at most `BATCH`."""
    statement = (
        select(WaitingReport.id, WaitingReport.domain_id, Domain.name, WaitingReport.blob_id)
        .join(Domain, Domain.id == WaitingReport.domain_id)
        .order_by(WaitingReport.id)
        .limit(BATCH)
    )
    return [Waiting(row[0], row[1], row[2], bodies.opened(tx, row[3])) for row in tx.execute(statement)]


def read(one: Waiting) -> list[Report]:
    """The reports about this domain in a message; what cannot be read is logged and left out."""
    found: list[Report] = []
    try:
        for file in report_files.files(one.body):
            report = dmarc_report.read(file.data) if file.kind == "dmarc" else tls_report.read(file.data)
            if (ours := about(report, one.domain)) is not None:
                found.append(ours)
    except ProtocolError as error:
        _log.info("no report", domain=one.domain, reason=str(error))
    return found


def about(report: Report, domain: str) -> Report | None:
    """What of a report is about this domain, with so many rows as are kept; None where nothing is."""
    if isinstance(report, DmarcReport):
        return bounded_dmarc(report) if _belongs(report.domain, domain) else None
    policies = tuple(policy for policy in report.policies if _belongs(policy.domain, domain))
    return bounded_tls(replace(report, policies=policies)) if policies else None


def keep(tx: Session, domain_id: int, report: Report) -> None:
    """Write down what `read` gave; nothing where it is there already."""
    if isinstance(report, DmarcReport):
        _keep(tx, domain_id, "dmarc", report, report.policy, DmarcRow, list(_dmarc_rows(report)))
    else:
        kinds = " ".join(dict.fromkeys(policy.kind for policy in report.policies))
        _keep(tx, domain_id, "tls", report, kinds, TlsRow, list(_tls_rows(report.policies)))


def end(tx: Session, one: Waiting) -> None:
    """This message waits no more."""
    tx.execute(delete(WaitingReport).where(WaitingReport.id == one.id))


def forget(tx: Session, older_than: int) -> bool:
    """Forget some of the reports that came before a time (seconds since the epoch); True when there may be more."""
    old = select(DomainReport.id).where(DomainReport.received_at < older_than).limit(PRUNED)
    ids = list(tx.scalars(old))
    for table in (DmarcRow, TlsRow):
        key = (table.domain_report_id, table.number)
        some = select(*key).where(table.domain_report_id.in_(ids)).limit(ROWS_PRUNED)
        if tx.connection().execute(delete(table).where(tuple_(*key).in_(some))).rowcount == ROWS_PRUNED:
            return True
    tx.execute(delete(DomainReport).where(DomainReport.id.in_(ids)))
    return len(ids) == PRUNED


def _keep(
    tx: Session,
    domain_id: int,
    kind: str,
    report: Report,
    policy: str,
    table: type[DmarcRow | TlsRow],
    rows: list[dict[str, object]],
) -> None:
    statement = insert_on_conflict(tx, DomainReport).values(
        domain_id=domain_id,
        kind=kind,
        organisation=storable(report.organisation),
        contact=storable(report.contact),
        report_id=storable(report.report_id),
        begin=report.begin,
        end=report.end,
        policy=storable(policy),
        received_at=int(time.time()),
    )
    new = tx.scalars(statement.on_conflict_do_nothing().returning(DomainReport.id)).one_or_none()
    if new is not None and rows:
        tx.execute(insert(table), [{"domain_report_id": new, "number": at, **row} for at, row in enumerate(rows)])


def _dmarc_rows(report: DmarcReport) -> Iterator[dict[str, object]]:
    for row in report.rows:
        yield {
            "client": row.client,
            "count": row.count,
            "disposition": row.disposition,
            "dkim": row.dkim,
            "spf": row.spf,
            "author_domain": storable(row.author_domain),
            "dkim_domains": storable(" ".join(row.dkim_domains)),
            "spf_domain": storable(row.spf_domain),
        }


def _tls_rows(policies: Sequence[PolicyResult]) -> Iterator[dict[str, object]]:
    for policy in policies:
        kind = storable(policy.kind)[:32]
        told = sum(one.count for one in policy.failures)
        if policy.successes:
            yield {"policy": kind, "result": "", "mx": "", "client": "", "count": policy.successes}
        for one in policy.failures:
            words = {"result": one.result or "unknown", "mx": one.mx, "client": one.client}
            yield {"policy": kind, "count": one.count, **{name: storable(text) for name, text in words.items()}}
        if policy.failed > told:
            yield {"policy": kind, "result": "unknown", "mx": "", "client": "", "count": policy.failed - told}


def _belongs(name: str, domain: str) -> bool:
    return name == domain or name.endswith("." + domain)
