"""`mailnode queue tls`."""

from __future__ import annotations

from argparse import Namespace

from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.cli.pages import PAGE, everything
from mailnode.reports import tls_finding
from mailnode.reports.tls_finding import TlsSeen

SUCCESS = Text("success", "成功")
TITLES = {
    "day": Text("Day", "日期"),
    "domain": Text("Destination", "目的地"),
    "policy": Text("Policy", "策略"),
    "outcome": Text("Result", "结果"),
    "host": Text("Host", "主机"),
    "sessions": Text("Connections", "连接数"),
    "reason": Text("Reason", "原因"),
}


def list_all(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(lambda tx: _all(tx, chosen.domain, failed=chosen.failed))
    shown.table([_row(one) for one in rows], TITLES, as_json=chosen.json)


def _all(tx: Session, domain: str, *, failed: bool) -> list[TlsSeen]:
    def page(last: TlsSeen | None) -> list[TlsSeen]:
        return tls_finding.results(tx, domain=domain, failed=failed, after=last.place if last else None, limit=PAGE)

    return everything(page)


def _row(one: TlsSeen) -> dict[str, shown.Fact]:
    place = one.place
    return {
        "day": one.date.isoformat(),
        "domain": place.domain,
        "policy": place.kind,
        "lines": list(one.lines),
        "result": place.result,
        "outcome": place.result or str(SUCCESS),
        "host": place.host,
        "address": place.address,
        "sessions": one.sessions,
        "reason": one.reason,
    }
