"""`mailnode doctor`: checks settings, storage, certificate, ports and DNS, and says what to do."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from mailnode.cli import checks
from mailnode.cli import show as shown
from mailnode.cli.checks import Finding
from mailnode.cli.language import Text
from mailnode.resolver import Resolver
from mailnode.settings import Settings

MARKS = {
    "ok": Text("ok", "正常"),
    "warning": Text("WARNING", "警告"),
    "wrong": Text("WRONG", "错误"),
}
ADDRESS = Text("address in the DNS", "DNS 中的地址")
RESOLVER = Text("resolver", "域名解析")


def doctor(chosen: Namespace) -> int:
    """Exit status 1 where anything is wrong; a warning is not."""
    settings = Settings.load()
    findings = [*checks.check_all(settings), *asyncio.run(_dns(settings))]
    if chosen.json:
        names = ("level", "subject", "found", "advice")
        shown.print_json([{name: getattr(finding, name) for name in names} for finding in findings])
    else:
        _print(findings)
    return 1 if any(finding.level == "wrong" for finding in findings) else 0


def _print(findings: list[Finding]) -> None:
    titles = {"mark": Text("", ""), "subject": Text("Checked", "检查项"), "found": Text("Found", "结果")}
    rows = [
        {"mark": str(MARKS[finding.level]), "subject": finding.subject, "found": finding.found} for finding in findings
    ]
    shown.table(rows, titles, as_json=False)
    advice = [finding for finding in findings if finding.advice]
    if advice:
        print()
    for finding in advice:
        print(f"{finding.subject}: {finding.advice}")


async def _dns(settings: Settings) -> list[Finding]:
    """Can names be asked for at all, and is this machine to be found under its own, both ways?"""
    resolver = Resolver(settings.nameservers)
    root = await resolver.ns(".")
    if root.temporary:
        advice = Text(
            "look at /etc/resolv.conf or MAILNODE_NAMESERVERS", "请检查 /etc/resolv.conf 或 MAILNODE_NAMESERVERS"
        )
        silent = Text("no name server answers", "没有域名服务器应答")
        return [Finding("wrong", str(RESOLVER), str(silent), str(advice))]
    findings = [Finding("ok", str(RESOLVER), str(Text("answers", "有应答")))]
    answers = [await resolver.a(settings.hostname), await resolver.aaaa(settings.hostname)]
    addresses = [address for answer in answers for address in answer.records]
    if not addresses:
        found = Text("{name} has no address", "{name} 没有地址")(name=settings.hostname)
        enter = Text("enter an A or AAAA record for it", "请为其添加 A 或 AAAA 记录")
        return [*findings, Finding("warning", str(ADDRESS), found, str(enter))]
    for address in addresses:
        names = (await resolver.ptr(address)).records
        findings.append(_both_ways(settings.hostname, address, names))
    return findings


def _both_ways(hostname: str, address: str, names: tuple[str, ...]) -> Finding:
    if hostname.lower() in names:
        return Finding("ok", str(ADDRESS), f"{hostname} = {address}")
    found = Text("{address} is not {name} backwards", "{address} 的反向解析不是 {name}")(address=address, name=hostname)
    advice = Text(
        "ask your provider for a PTR record of {address}: {name}; many refuse mail without it",
        "请让服务商将 {address} 的 PTR 记录设为 {name}；缺少它会被许多服务器拒收",
    )
    return Finding("warning", str(ADDRESS), found, advice(address=address, name=hostname))
