"""Sends the reports about DMARC of the day before, once to each domain that asks for them (RFC 9990 §3.5, §4).

Several processes may try: what was counted is taken away in the transaction that puts the report into the queue.
Where a policy wants its reports to go to another organization, that one has to agree in its DNS (§4).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import utcnow
from mailnode.errors import ProtocolError
from mailnode.offload import Offload
from mailnode.queue import spool
from mailnode.queue.envelope import Recipient
from mailnode.relay.tls_report import mail_address
from mailnode.relay.tls_reporting import domain_of
from mailnode.reports import dmarc_seen
from mailnode.reports.dmarc_report_of import DmarcReportOf
from mailnode.reports.dmarc_seen import DAY
from mailnode.resolver import Resolver
from mailnode.senderauth import dmarc, dmarc_record
from mailnode.senderauth.dmarc import Unanswered
from mailnode.senderauth.dmarc_record import PolicyRecord
from mailnode.senderauth.names import ascii_name

PAUSE = 3600.0  # seconds between two rounds
AFTER = timedelta(minutes=10)  # a day's end, when every door has written down what it counted
MAX_PLACES = 5  # to which one report goes

_log = log.get("dispatch")


class DmarcReporting:
    """One for a process; ``round`` does what is due."""

    def __init__(self, hostname: str, offload: Offload, resolver: Resolver) -> None:
        self._hostname = hostname.rstrip(".").lower()
        self._offload = offload
        self._resolver = resolver

    async def round(self, now: datetime) -> None:
        """Report on the days before ``now`` to all who were not told yet."""
        today = int((now - AFTER).timestamp() // DAY)
        await self._offload.write(partial(dmarc_seen.forget, today=today))
        for day in range(today - dmarc_seen.KEPT_DAYS, today):
            for domain in await self._offload.read(partial(dmarc_seen.domains, day=day)):
                try:
                    await self._tell(domain, day)
                except Unanswered:
                    _log.info("dmarc report waits for the dns", domain=domain)
                except Exception:  # what goes wrong with one hinders no other
                    _log.exception("dmarc report failed", domain=domain)

    async def _tell(self, domain: str, day: int) -> None:
        """Raises Unanswered."""
        answer = await self._resolver.txt(f"_dmarc.{domain}")
        if answer.temporary:
            raise Unanswered
        policy = dmarc_record.chosen(answer.records) or PolicyRecord()
        places = [one for one in policy.reports if one.lower().startswith("mailto:")][:MAX_PLACES]
        mailboxes = [mail_address(one) for one in places]
        agreed = [one for one in mailboxes if one and await self._agrees(domain, one)]
        empty = DmarcReportOf(self._hostname, "", domain, policy, day, ())
        if await self._offload.write(partial(_enqueue, empty=empty, mailboxes=agreed)):
            _log.info("dmarc report", domain=domain, places=len(agreed))

    async def _agrees(self, domain: str, mailbox: str) -> bool:
        """Whether the reports may go there: the same organization, or it says so. Raises Unanswered."""
        host = ascii_name(mailbox.rpartition("@")[2])
        if host is None:
            return False
        if host == domain or await self._organization(host) == await self._organization(domain):
            return True
        answer = await self._resolver.txt(f"{domain}._report._dmarc.{host}")
        if answer.temporary:
            raise Unanswered
        return dmarc_record.chosen(answer.records) is not None

    async def _organization(self, domain: str) -> str:
        return await dmarc.organization_of(self._resolver, domain)


def _enqueue(tx: Session, empty: DmarcReportOf, mailboxes: list[str]) -> bool:
    """The report, in the queue for who wants it; False when the domain was told meanwhile, or wants none."""
    sender = domain_of(tx, empty.hostname)
    if sender is None:
        return False
    rows = dmarc_seen.take(tx, empty.domain, empty.day)
    if not rows:
        return False
    report, now = replace(empty, contact=f"postmaster@{sender}", rows=rows), utcnow()
    sent = False
    for mailbox in mailboxes:
        try:
            raw = report.message(mailbox, now)
        except ProtocolError:
            continue
        spool.enqueue(tx, sender=report.contact, recipients=[Recipient(mailbox)], raw=raw, sign=True, now=now)
        sent = True
    return sent
