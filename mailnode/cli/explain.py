"""`mailnode explain`: what would become of a message, without sending it."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.directory import lookup
from mailnode.errors import BadAddress, UnknownUser
from mailnode.node.explaining import Case, explain
from mailnode.node.point import Point
from mailnode.node.rehearsal import rehearsal
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
        shown.print_json([asdict(point) for point in points])
        return
    rows = [{"stage": str(STAGES[one.stage]), "name": one.name or None, "says": one.says} for one in points]
    shown.table(rows, TITLES, as_json=False)
    if case.content is None:
        print(UNSEEN)


async def _explained(settings: Settings, case: Case) -> list[Point]:
    if case.content is None:
        settings = settings.model_copy(update={"senderauth": False, "filters": ()})
    async with rehearsal(settings) as (context, offload):
        return await explain(context, offload, case)


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
