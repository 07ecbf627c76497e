"""Sends the reports about TLS of the day before, once for each domain that asks for them (RFC 8460 §3, §5).

Several processes and machines may try: the row that says "told" is written in the transaction that puts the
report into the queue, and there is one for each domain and day.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import utcnow
from mailnode.directory import domains
from mailnode.errors import ProtocolError
from mailnode.offload import Offload
from mailnode.queue import spool
from mailnode.queue.envelope import Recipient
from mailnode.relay import tls_results
from mailnode.relay.https import CannotFetch, Https
from mailnode.relay.tls_report import TlsReportOf, mail_address, places, split_url
from mailnode.relay.tls_tally import DAY
from mailnode.resolver import Resolver

_log = log.get("relay")


class Reporting:
    """One for a process; ``round`` does what is due."""

    def __init__(self, hostname: str, offload: Offload, resolver: Resolver, https: Https) -> None:
        self._hostname = hostname.rstrip(".").lower()
        self._offload = offload
        self._resolver = resolver
        self._https = https

    async def round(self, now: datetime) -> None:
        """Report on the day before ``now`` to all who were not told yet. What goes wrong with one hinders no other."""
        yesterday = int(now.timestamp() // DAY) - 1
        for domain in await self._offload.read(partial(tls_results.domains, day=yesterday)):
            try:
                await self._tell(domain, yesterday)
            except Exception:
                _log.exception("tls report failed", domain=domain)

    async def _tell(self, domain: str, day: int) -> None:
        answer = await self._resolver.txt(f"_smtp._tls.{domain}")
        if answer.temporary:
            return
        wanted = places(answer.records)
        mailboxes = [mail_address(one) for one in wanted if one.lower().startswith("mailto:")]
        named = [one for one in mailboxes if one]
        step = partial(_enqueue, hostname=self._hostname, domain=domain, day=day, mailboxes=named)
        report = await self._offload.write(step)
        if report is None:
            return
        _log.info("tls report", domain=domain, places=len(wanted))
        for url in wanted:
            if split_url(url).scheme == "https":
                await self._post(url, report)

    async def _post(self, url: str, report: TlsReportOf) -> None:
        """RFC 8460 §5.4."""
        parts = split_url(url)
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        try:
            await self._https.post(parts.hostname or "", path, "application/tlsrpt+gzip", report.packed())
        except CannotFetch as error:
            _log.warning("tls report not taken", url=url, error=str(error))


def _enqueue(tx: Session, hostname: str, domain: str, day: int, mailboxes: list[str]) -> TlsReportOf | None:
    """The report, in the queue for who wants it by mail; None when the domain was told meanwhile, or nobody can be
    named who sends it."""
    sender = domain_of(tx, hostname)
    if domain not in tls_results.domains(tx, day) or sender is None:
        return None
    tls_results.told(tx, domain, day)
    begin, now = datetime.fromtimestamp(0, UTC) + timedelta(days=day), utcnow()
    results = tls_results.results(tx, domain, day)
    report = TlsReportOf(hostname, f"postmaster@{sender}", domain, begin, results)
    for mailbox in mailboxes:
        try:
            raw = report.message(mailbox, now)
        except ProtocolError:
            continue
        spool.enqueue(tx, sender=report.contact, recipients=[Recipient(mailbox)], raw=raw, sign=True, now=now)
    return report


def domain_of(tx: Session, hostname: str) -> str | None:
    """Our domain that the host belongs to, else the first one: its key signs the report (RFC 8460 §3)."""
    ours = [one.name for one in domains.domains(tx) if one.alias_of_id is None]
    above = [name for name in ours if hostname == name or hostname.endswith(f".{name}")]
    return next(iter([*above, *ours]), None)
