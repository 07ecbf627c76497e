"""`mailnode quarantine …`."""

from __future__ import annotations

import sys
from argparse import Namespace

from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text, language
from mailnode.cli.opened import opened
from mailnode.cli.pages import PAGE, everything
from mailnode.database import utcnow
from mailnode.delivery import quarantine
from mailnode.delivery.quarantine import Kept
from mailnode.octets import blocks
from mailnode.sentences import FOUND

RELEASED = Text("Released {id}; it is on its way as {queue_id}", "已放行 {id}，在队列中的编号为 {queue_id}")
DELETED = Text("Deleted {id}", "已删除 {id}")
TITLES = {
    "id": Text("ID", "编号"),
    "created_at": Text("Since", "时间"),
    "sender": Text("Sender", "发件人"),
    "to": Text("Recipients", "收件人"),
    "subject": Text("Subject", "主题"),
    "score": Text("Points", "分数"),
    "reason": Text("Reason", "原因"),
}
USAGE = {
    "messages": Text("Messages", "邮件数"),
    "size": Text("Together", "总大小"),
    "most": Text("At most", "上限"),
    "oldest": Text("Since", "最早"),
    "days": Text("Days until one is forgotten", "保留天数"),
}
NO_LIMIT = Text("no limit", "不限")
MORE = {
    "author": Text("From", "作者"),
    "client": Text("Client", "客户端"),
    "rule": Text("Rule", "规则"),
    "size": Text("Size", "大小"),
    "until": Text("Forgotten", "删除时间"),
}


def list_all(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(_all)
    shown.table([_row(one) if chosen.json else _told(one) for one in rows], TITLES, as_json=chosen.json)


def _all(tx: Session) -> list[Kept]:
    return everything(lambda last: quarantine.rows(tx, before=last.id if last else None, limit=PAGE))


def usage(chosen: Namespace) -> None:
    with opened() as home:
        used, settings = home.read(quarantine.usage), home.settings
    most = settings.quarantine_size_limit
    row: dict[str, shown.Fact] = {
        "messages": used.messages,
        "size_bytes": used.size,
        "size": shown.size(used.size),
        "size_limit_bytes": most,
        "most": shown.size(most) if most else str(NO_LIMIT),
        "oldest": used.oldest,
        "days": settings.quarantine_days,
    }
    shown.facts(row, USAGE, as_json=chosen.json)


def show(chosen: Namespace) -> None:
    with opened() as home:
        if chosen.raw:
            for block in blocks(home.read(lambda tx: quarantine.content(tx, chosen.id))):
                sys.stdout.buffer.write(block)
            return
        one = home.read(lambda tx: quarantine.show(tx, chosen.id))
    shown.facts(_row(one) if chosen.json else _told(one), TITLES | MORE, as_json=chosen.json)


def release(chosen: Namespace) -> None:
    with opened() as home:
        queue_id = home.write(lambda tx: quarantine.release(tx, chosen.id, utcnow()))
    print(RELEASED(id=chosen.id, queue_id=queue_id))


def delete(chosen: Namespace) -> None:
    with opened() as home:
        home.write(lambda tx: quarantine.forget(tx, chosen.id))
    print(DELETED(id=chosen.id))


def _told(one: Kept) -> dict[str, shown.Fact]:
    """For people: the reason in their language."""
    return _row(one) | {"reason": FOUND.told(one.reason, language())}


def _row(one: Kept) -> dict[str, shown.Fact]:
    return {
        "id": one.id,
        "sender": one.sender or shown.NULL_SENDER,
        "recipients": list(one.recipients),
        "to": shown.first_of(one.recipients),
        "author": one.author,
        "subject": one.subject,
        "client": one.client,
        "rule": one.rule,
        "reason": one.reason,
        "score": f"{one.score:g}",
        "size_bytes": one.size,
        "size": shown.size(one.size),
        "created_at": one.created_at,
        "until": one.until,
    }
