"""Whether the lists in the DNS answer us: each has an address that it must list, and one that it must not.

RFC 5782 §5: 127.0.0.2 is on every list that works, 127.0.0.1 on none; a list that has ended may list the world.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mailnode.cli.checks import Finding
from mailnode.cli.language import Text
from mailnode.resolver import Resolver
from mailnode.strangers import DnsList

LIST = Text("list {zone}", "名单 {zone}")
REFUSAL = "127.255.255."  # the large public lists say so why they do not answer
WORKS = Text("answers", "有应答")
SILENT = Text("does not answer", "没有应答")
REFUSES = Text("does not answer this resolver ({answer})", "不应答此域名解析服务器（{answer}）")
ENDED = Text("has not its test entry; it may have ended", "没有测试条目，可能已停止服务")
WORLD = Text("lists everybody", "把所有地址都列入")
OUT = Text("take it out of MAILNODE_DNS_LISTS", "请从 MAILNODE_DNS_LISTS 中去掉")
OWN = Text(
    "ask it by a resolver of your own (MAILNODE_NAMESERVERS), or as its terms of use say",
    "请用自己的域名解析服务器查询（MAILNODE_NAMESERVERS），或遵照其使用条款",
)


async def answered(resolver: Resolver, lists: Sequence[DnsList]) -> list[Finding]:
    """One finding for each list."""
    return list(await asyncio.gather(*(_list(resolver, one.zone) for one in lists)))


async def _list(resolver: Resolver, zone: str) -> Finding:
    subject = LIST(zone=zone)
    there, nobody = await asyncio.gather(resolver.a(f"2.0.0.127.{zone}"), resolver.a(f"1.0.0.127.{zone}"))
    refused = [one for one in (*there.records, *nobody.records) if one.startswith(REFUSAL)]
    if refused:
        return Finding("warning", subject, REFUSES(answer=refused[0]), str(OWN))
    if nobody.found:
        return Finding("wrong", subject, str(WORLD), str(OUT))
    if there.temporary:
        return Finding("warning", subject, str(SILENT), str(OUT))
    if not there.found:
        return Finding("warning", subject, str(ENDED), str(OUT))
    return Finding("ok", subject, str(WORKS))
