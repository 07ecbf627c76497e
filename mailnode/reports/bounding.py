"""So many rows of a report as are kept one by one, since nobody else writes meanwhile.

Anybody may write to a domain's address for reports: ten of them in one message, with fifty thousand rows each. Of a
report with more rows than `MOST_ROWS` the largest are kept as they are. The others stay in all sums: those about DMARC
as one row without a client for each way of being judged, those about TLS as failures of their policy without a reason.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from heapq import nlargest

from mailnode.message.dmarc_report import DmarcReport, Row
from mailnode.message.tls_report import PolicyResult, TlsReport

MOST_ROWS = 2000  # of one report


def bounded_dmarc(report: DmarcReport) -> DmarcReport:
    """The report with at most `MOST_ROWS` rows that name a client."""
    if len(report.rows) <= MOST_ROWS:
        return report
    places = _largest([row.count for row in report.rows])
    summed: Counter[tuple[str, str, str]] = Counter()
    for at, row in enumerate(report.rows):
        if at not in places:
            summed[row.disposition, row.dkim, row.spf] += row.count
    kept = [row for at, row in enumerate(report.rows) if at in places]
    others = [Row("", count, *judged, "", (), "") for judged, count in summed.items()]
    return replace(report, rows=(*kept, *others))


def bounded_tls(report: TlsReport) -> TlsReport:
    """The report with at most `MOST_ROWS` failures that have a reason."""
    counts = [one.count for policy in report.policies for one in policy.failures]
    if len(counts) <= MOST_ROWS:
        return report
    places, at = _largest(counts), itertools.count()
    policies: list[PolicyResult] = []
    for policy in report.policies:
        failed = max(policy.failed, sum(one.count for one in policy.failures))
        kept = tuple(one for one in policy.failures if next(at) in places)
        policies.append(replace(policy, failed=failed, failures=kept))
    return replace(report, policies=tuple(policies))


def _largest(counts: list[int]) -> set[int]:
    """The places of the largest ones."""
    return set(nlargest(MOST_ROWS, range(len(counts)), key=counts.__getitem__))
