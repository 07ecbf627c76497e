"""`mailnode explain`: what would become of a message, without sending it."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from mailnode.cli import show as shown
from mailnode.cli.language import Text, language
from mailnode.cli.opened import opened
from mailnode.cli.sending_parser import LIMITS
from mailnode.directory import lookup
from mailnode.errors import BadAddress, UnknownUser
from mailnode.node.explaining import Case, explain
from mailnode.node.point import Point
from mailnode.node.rehearsal import rehearsal
from mailnode.outbound.models import DOMAIN, USER
from mailnode.proto.address import Address, parse_mailbox
from mailnode.proto.replies import Refused
from mailnode.settings import Settings
from mailnode.smtpd.reception import Peer

STRANGER = "192.0.2.1"  # of a network that is for documentation: the DNS knows nothing of it
STAGES = {
    "restriction": Text("restriction", "限制规则"),
    "client": Text("client", "客户端"),
    "limit": Text("limit", "限额"),
    "directory": Text("directory", "目录"),
    "quota": Text("quota", "配额"),
    "filter": Text("filter", "过滤器"),
    "check": Text("check", "检查"),
    "delivery": Text("delivery", "投递"),
    "answer": Text("answer", "答复"),
}
TITLES = {
    "stage": Text("Stage", "阶段"),
    "name": Text("Rule", "规则"),
    "says": Text("Says", "结果"),
}
NAMES = {  # those of settings and checks, and addresses, are the same in both languages
    "score": Text("score", "总分"),
    "frozen": Text("frozen", "冻结"),
    "kept": Text("kept", "存入"),
    "queued": Text("queued", "排队"),
    "sent": Text("sent", "发出"),
    "deferred": Text("deferred", "推迟"),
    "failed": Text("failed", "失败"),
    "refused": Text("refused", "拒收"),
    "forwarded": Text("forwarded", "转发"),
    "discarded": Text("discarded", "丢弃"),
    "bounced": Text("bounced", "退信"),
    "warned": Text("warned", "通知延迟"),
    "confirmed": Text("confirmed", "通知送达"),
    "held": Text("held", "暂停"),
    "released": Text("released", "恢复"),
    "retried": Text("retried", "重试"),
    "removed": Text("removed", "删除"),
    "called_back": Text("called_back", "撤回"),
    "quarantined": Text("quarantined", "隔离"),
    "arrived": Text("arrived", "送达"),
} | {
    f"{kind}: {name}": Text(f"{kind}: {name}", f"{chinese}：{about.zh}")
    for kind, chinese in ((USER, "用户"), (DOMAIN, "域"))
    for name, about in LIMITS.items()
}
UNSEEN = Text(
    "Without --file neither the content nor who has signed it is judged",
    "未指定 --file，因此不检查内容和签名",
)


def main(chosen: Namespace) -> None:
    """Print one line for everything that is asked."""
    case = Case(
        _address(chosen.sender) if chosen.sender else None,
        _address(chosen.recipient),
        Peer(chosen.ip or STRANGER, hello=chosen.helo or _hello(chosen), extended=True),
        _content(chosen.file) if chosen.file else None,
    )
    with opened() as home:
        settings = home.settings
        if chosen.login:
            found = home.read(lambda tx: lookup.user(tx, chosen.login))
            if found is None:
                raise UnknownUser
            case.peer.user_id, case.peer.user = found.id, found.address
    points = asyncio.run(_explained(settings, case))
    if chosen.json:
        shown.print_json([asdict(point) | {"says": point.says[0]} for point in points])
        return
    shown.table([_row(one) for one in points], TITLES, as_json=False)
    if case.content is None:
        print(UNSEEN)


async def _explained(settings: Settings, case: Case) -> list[Point]:
    if case.content is None:
        settings = settings.model_copy(update={"senderauth": False, "filters": ()})
    async with rehearsal(settings) as (context, offload):
        return await explain(context, offload, case)


def _row(point: Point) -> shown.Row:
    name = str(NAMES.get(point.name, point.name)) or None
    return {"stage": str(STAGES[point.stage]), "name": name, "says": point.says[language() == "zh"]}


def _address(text: str) -> Address:
    try:
        return parse_mailbox(text)
    except Refused as error:
        raise BadAddress(f"{text!r} is not a mail address") from error


def _hello(chosen: Namespace) -> str:
    domain: str = (chosen.sender or "").rpartition("@")[2]
    return domain or "client.example"


def _content(path: str) -> bytes:
    raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    return b"\r\n".join(raw.splitlines()) + b"\r\n"  # as it would come over the wire
