"""`mailnode dns …`."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.database import utcnow
from mailnode.resolver import Resolver
from mailnode.zone import check as live
from mailnode.zone import records as wanted
from mailnode.zone import zone_file
from mailnode.zone.plan import Plan, plan

TITLES = {
    "purpose": Text("For", "用途"),
    "name": Text("Name", "名称"),
    "type": Text("Type", "类型"),
    "value": Text("Value", "值"),
}
VERDICTS = {
    "ok": Text("ok", "正确"),
    "missing": Text("missing", "缺少"),
    "wrong": Text("wrong", "错误"),
    "extra": Text("extra", "多余"),
    "unknown": Text("unknown", "无应答"),
}
FINDINGS = {
    "verdict": Text("Verdict", "结论"),
    "purpose": Text("For", "用途"),
    "type": Text("Type", "类型"),
    "name": Text("Name", "名称"),
    "found": Text("Found", "现有"),
}
ALL_RIGHT = Text("Everything that mail needs is there", "邮件所需的记录都已就绪")
NO_ADDRESS = Text(
    "This machine's public addresses are not known; set MAILNODE_LISTEN_SMTP to them",
    "不知道本机的公网地址；请在 MAILNODE_LISTEN_SMTP 中设置",
)


def records(chosen: Namespace) -> None:
    rows = [_row(record) for record in wanted.records(_plan(chosen))]
    shown.table(rows, TITLES, as_json=chosen.json)


def zone(chosen: Namespace) -> None:
    _print_zones((zone_file.zone_file(_plan(chosen), utcnow()),), as_json=chosen.json)


def reverse_zone(chosen: Namespace) -> None:
    _print_zones(zone_file.reverse_zones(_plan(chosen), utcnow()), as_json=chosen.json)


def check(chosen: Namespace) -> int:
    """Exit status 1 where a record that mail needs is missing or wrong."""
    with opened() as home:
        what = home.read(lambda tx: plan(tx, home.settings, chosen.domain))
        resolver = Resolver(home.settings.nameservers)
    findings = asyncio.run(live.check(resolver, what))
    bad = [one for one in findings if one.verdict != "ok"]
    rows = [_finding(one) for one in findings]
    told = [row | {"verdict": str(VERDICTS[one.verdict])} for row, one in zip(rows, findings, strict=True)]
    shown.table(rows if chosen.json else told, FINDINGS, as_json=chosen.json)
    if not chosen.json:
        print()
        for one in findings:
            if said := _said(one):
                print(f"{one.purpose}: {said}")
        if not bad:
            print(ALL_RIGHT)
    return 1 if any(one.needed for one in bad) else 0


def _plan(chosen: Namespace) -> Plan:
    with opened() as home:
        made = home.read(lambda tx: plan(tx, home.settings, chosen.domain))
    if not made.addresses:
        print(NO_ADDRESS, file=sys.stderr)
    return made


def _print_zones(zones: tuple[zone_file.ZoneFile, ...], *, as_json: bool) -> None:
    if as_json:
        shown.print_json([{"name": one.name, "text": one.text} for one in zones])
        return
    for one in zones:
        print(one.text, end="")


def _row(record: wanted.Record) -> dict[str, shown.Fact]:
    return {
        "name": record.name,
        "type": record.type,
        "ttl": record.ttl,
        "value": record.value,
        "purpose": record.purpose,
    }


def _finding(one: live.Finding) -> dict[str, shown.Fact]:
    return {
        "verdict": str(one.verdict),
        "purpose": one.purpose,
        "name": one.name,
        "type": one.type,
        "expected": list(one.expected),
        "found": list(one.found),
        "needed": one.needed,
        "advice": _said(one),
    }


def _said(one: live.Finding) -> str:
    return Text(one.advice.english, one.advice.chinese).template
