"""`mailnode suppressed …` and `mailnode complaints`."""

from __future__ import annotations

import time
from argparse import Namespace
from dataclasses import asdict

from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.cli.pages import PAGE, everything
from mailnode.directory import edit
from mailnode.outbound import complaints, suppression
from mailnode.outbound.complaints import Complained
from mailnode.outbound.suppression import SuppressedAddress

COUNTED = 30 * 86_400  # seconds
ADDED = Text("Nothing is sent to {address} for a month", "一个月内不再向 {address} 发信")
LIFTED = Text("{address} may be written to again", "可以再向 {address} 发信")
CAUSES = {
    "bounce": Text("bounce", "被拒收"),
    "complaint": Text("complaint", "被投诉"),
    "hand": Text("hand", "管理员操作"),
}
TITLES = {
    "address": Text("Address", "地址"),
    "domain": Text("For", "所属域"),
    "cause": Text("Cause", "缘由"),
    "expires_at": Text("Until", "截止"),
    "user": Text("Met by", "发信用户"),
    "words": Text("What was said", "对方答复"),
}
COMPLAINT_TITLES = {
    "reported_at": Text("Time", "时间"),
    "user": Text("User", "用户"),
    "kind": Text("Kind", "类别"),
    "recipient": Text("Complained", "投诉人"),
    "subject": Text("Subject", "主题"),
    "reporter": Text("Reported by", "报告方"),
}
COUNT_TITLES = {"user": Text("User", "用户"), "number": Text("Complaints in 30 days", "30 天内的投诉")}


def list_all(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(_all)
    table = [asdict(one) for one in rows]
    told = [row | {"cause": str(CAUSES[row["cause"]])} for row in table]
    shown.table(table if chosen.json else told, TITLES, as_json=chosen.json)


def _all(tx: Session) -> list[SuppressedAddress]:
    return everything(lambda last: suppression.rows(tx, _now(), after=last.id if last else 0, limit=PAGE))


def add(chosen: Namespace) -> None:
    def step(tx: Session) -> None:
        domain = edit.domain(tx, chosen.domain)
        suppression.add_by_hand(tx, domain.id, chosen.address, now=_now(), words=chosen.reason)

    with opened() as home:
        home.write(step)
    print(ADDED(address=chosen.address))


def lift(chosen: Namespace) -> None:
    with opened() as home:
        home.write(lambda tx: suppression.lift_address(tx, chosen.address))
    print(LIFTED(address=chosen.address))


def list_complaints(chosen: Namespace) -> None:
    with opened() as home:
        if chosen.count:
            counts = home.read(lambda tx: complaints.counts(tx, _now() - COUNTED))
            rows: list[dict[str, shown.Fact]] = [{"user": user, "number": number} for user, number in counts]
            shown.table(rows, COUNT_TITLES, as_json=chosen.json)
            return
        found = home.read(_complaints)
    shown.table([asdict(one) for one in found], COMPLAINT_TITLES, as_json=chosen.json)


def _complaints(tx: Session) -> list[Complained]:
    return everything(lambda last: complaints.rows(tx, before=last.id if last else None, limit=PAGE))


def _now() -> int:
    return int(time.time())
