"""`mailnode doctor`: checks settings, storage, certificate, ports and DNS, and says what to do."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from mailnode import unusable
from mailnode.cli import checks, filter, list_checks, store_doctor
from mailnode.cli import show as shown
from mailnode.cli.checks import Finding
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.directory import edit, scram
from mailnode.resolver import Resolver
from mailnode.settings import Settings
from mailnode.zone import check as live
from mailnode.zone.plan import Plan, plan

PATIENCE = 4.0  # seconds for one question to the DNS
MARKS = {
    "ok": Text("ok", "正常"),
    "warning": Text("WARNING", "警告"),
    "wrong": Text("WRONG", "错误"),
}
ADDRESS = Text("address in the DNS", "DNS 中的地址")
RECORDS = Text("DNS of {domain}", "{domain} 的 DNS")
MISSING = Text("missing or wrong", "缺失或有误")
FILTER = Text("filter {place}", "过滤器 {place}")
RESOLVER = Text("resolver", "域名解析")


def doctor(chosen: Namespace) -> int:
    """Exit status 1 where anything is wrong; a warning is not."""
    if chosen.store or chosen.repair:
        return store_doctor.run(chosen)
    settings = Settings.load()
    findings = list(checks.check_all(settings))
    sound = not any(finding.level == "wrong" for finding in findings)
    if sound:
        findings.append(_scram())
        findings += map(_filter, filter.asked_all(settings))
    findings += asyncio.run(_dns(settings, _plans(settings) if sound else []))
    if chosen.json:
        names = ("level", "subject", "found", "advice")
        shown.print_json([{name: getattr(finding, name) for name in names} for finding in findings])
    else:
        _print(findings)
    return 1 if any(finding.level == "wrong" for finding in findings) else 0


def _print(findings: list[Finding]) -> None:
    titles = {"mark": Text("", ""), "subject": Text("Checked", "检查项"), "found": Text("Found", "结果")}
    rows = [
        {"mark": str(MARKS[one.level]), "subject": one.subject, "found": unusable.told(one.found)} for one in findings
    ]
    shown.table(rows, titles, as_json=False)
    advice = [finding for finding in findings if finding.advice]
    if advice:
        print()
    for finding in advice:
        print(f"{finding.subject}: {finding.advice}")


def _scram() -> Finding:
    """Mail programs may log in by SCRAM as soon as everybody can."""
    with opened() as home:
        number = home.read(scram.number_without_keys)
    if not number:
        return Finding("ok", "SCRAM", str(Text("offered", "已提供")))
    found = Text(
        "not offered: {number} users have no keys yet",
        "未提供：{number} 个用户尚无密钥",
        one="not offered: {number} user has no keys yet",
    )(number=number)
    advice = Text(
        "users get keys at their next login with a password; disable those who never come, or set them a new password",
        "用户下次用密码登录时会获得密钥；对从不登录的用户，请停用或重设密码",
    )
    return Finding("warning", "SCRAM", found, str(advice))


def _filter(row: shown.Row) -> Finding:
    subject = str(FILTER(place=f"{row['filter']} {row['place']}"))
    if row["answers"]:
        return Finding("ok", subject, filter.told(row))
    advice = Text("start it, or take it out of MAILNODE_FILTERS", "请启动它，或从 MAILNODE_FILTERS 中去掉")
    return Finding("warning", subject, filter.told(row), str(advice))


def _plans(settings: Settings) -> list[Plan]:
    """What the DNS should have for each domain that mail comes in for."""
    with opened() as home:
        return home.read(lambda tx: [plan(tx, settings, one.name) for one in edit.domains(tx) if one.enabled])


async def _dns(settings: Settings, plans: list[Plan]) -> list[Finding]:
    """Can names be asked for at all, is this machine to be found under its own, and has every domain its records?"""
    resolver = Resolver(settings.nameservers, timeout=PATIENCE / 2, lifetime=PATIENCE)
    root = await resolver.ns("arpa")
    if root.temporary:
        advice = Text(
            "look at /etc/resolv.conf or MAILNODE_NAMESERVERS", "请检查 /etc/resolv.conf 或 MAILNODE_NAMESERVERS"
        )
        silent = Text("no name server answers", "没有域名服务器应答")
        return [Finding("wrong", str(RESOLVER), str(silent), str(advice))]
    findings = [Finding("ok", str(RESOLVER), str(Text("answers", "有应答")))]
    findings += await _host(resolver, settings)
    findings += await list_checks.answered(resolver, settings.dns_lists)
    findings += [_records(one, await live.check(resolver, one)) for one in plans]
    return findings


async def _host(resolver: Resolver, settings: Settings) -> list[Finding]:
    answers = [await resolver.a(settings.hostname), await resolver.aaaa(settings.hostname)]
    addresses = [address for answer in answers for address in answer.records]
    if not addresses:
        found = Text("{name} has no address", "{name} 没有地址")(name=settings.hostname)
        enter = Text("enter an A or AAAA record for it", "请为其添加 A 或 AAAA 记录")
        return [Finding("warning", str(ADDRESS), found, str(enter))]
    return [_both_ways(settings.hostname, address, (await resolver.ptr(address)).records) for address in addresses]


def _records(of: Plan, found: tuple[live.Finding, ...]) -> Finding:
    subject = RECORDS(domain=of.domain)
    bad = [one.purpose for one in found if one.needed and one.verdict != "ok"]
    if not bad:
        return Finding("ok", subject, str(Text("what mail needs is there", "邮件所需的记录已就绪")))
    advice = Text("run: mailnode dns check {domain}", "请运行：mailnode dns check {domain}")
    return Finding("warning", subject, f"{MISSING}: {', '.join(dict.fromkeys(bad))}", advice(domain=of.domain))


def _both_ways(hostname: str, address: str, names: tuple[str, ...]) -> Finding:
    if hostname.lower() in names:
        return Finding("ok", str(ADDRESS), f"{hostname} = {address}")
    found = Text("{address} is not {name} backwards", "{address} 的反向解析不是 {name}")(address=address, name=hostname)
    advice = Text(
        "ask your provider for a PTR record of {address}: {name}; many refuse mail without it",
        "请让服务商将 {address} 的 PTR 记录设为 {name}；缺少它会被许多服务器拒收",
    )
    return Finding("warning", str(ADDRESS), found, advice(address=address, name=hostname))
