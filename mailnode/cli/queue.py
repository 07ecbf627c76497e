"""`mailnode queue …`."""

from __future__ import annotations

from argparse import Namespace

from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.database import utcnow
from mailnode.queue import edit
from mailnode.queue.edit import QueueRow, RecipientRow

DUE = Text("{number} recipients are tried again now", "{number} 个收件人将立即重试")
HELD = Text("Holding {id}", "已暂停 {id}")
RELEASED = Text("Released {id}", "已恢复 {id}")
DELETED = Text("Deleted {id}", "已删除 {id}")
NULL_SENDER = "<>"  # RFC 5321 §4.5.5
PAGE = 1000
TITLES = {
    "id": Text("ID", "编号"),
    "created_at": Text("Since", "时间"),
    "sender": Text("Sender", "发件人"),
    "waiting": Text("Recipients", "收件人"),
    "size": Text("Size", "大小"),
    "state": Text("State", "状态"),
    "next_attempt_at": Text("Next attempt", "下次尝试"),
    "said": Text("Last answer", "最近的答复"),
}
RECIPIENT_TITLES = {
    "address": Text("Recipient", "收件人"),
    "state": Text("State", "状态"),
    "attempts": Text("Attempts", "尝试次数"),
    "next_attempt_at": Text("Next attempt", "下次尝试"),
    "expires_at": Text("Given up", "放弃时间"),
    "said": Text("Last answer", "最近的答复"),
}


def list_all(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(_all)
    shown.table([_row(one) for one in rows], TITLES, as_json=chosen.json)


def _all(tx: Session) -> list[QueueRow]:
    found: list[QueueRow] = []
    while page := edit.rows(tx, after=found[-1].id if found else 0, limit=PAGE):
        found += page
    return found


def show(chosen: Namespace) -> None:
    with opened() as home:
        one = home.read(lambda tx: edit.show(tx, chosen.id))
    recipients = [_recipient(recipient) for recipient in one.recipients]
    if chosen.json:
        shown.print_json({**_row(one), "recipients": recipients})
        return
    shown.facts(_row(one), TITLES, as_json=False)
    print()
    shown.table(recipients, RECIPIENT_TITLES, as_json=False)


def retry(chosen: Namespace) -> None:
    with opened() as home:
        number = home.write(lambda tx: edit.retry(tx, chosen.id, utcnow()))
    print(DUE(number=number))


def hold(chosen: Namespace) -> None:
    with opened() as home:
        home.write(lambda tx: edit.hold(tx, chosen.id))
    print(HELD(id=chosen.id))


def release(chosen: Namespace) -> None:
    with opened() as home:
        home.write(lambda tx: edit.release(tx, chosen.id))
    print(RELEASED(id=chosen.id))


def delete(chosen: Namespace) -> None:
    with opened() as home:
        home.write(lambda tx: edit.remove(tx, chosen.id))
    print(DELETED(id=chosen.id))


def _row(one: QueueRow) -> dict[str, shown.Fact]:
    first = one.recipients[0] if one.recipients else None
    more = f" +{len(one.recipients) - 1}" if len(one.recipients) > 1 else ""
    return {
        "id": one.id,
        "sender": one.sender or NULL_SENDER,
        "size_bytes": one.size,
        "size": shown.size(one.size),
        "created_at": one.created_at,
        "send_at": one.send_at,
        "state": "held" if one.held else (first.state if first else "done"),
        "waiting": f"{first.address}{more}" if first else None,
        "recipients": [recipient.address for recipient in one.recipients],
        "next_attempt_at": min((recipient.next_attempt_at for recipient in one.recipients), default=None),
        "said": _said(first) if first else None,
    }


def _recipient(one: RecipientRow) -> dict[str, shown.Fact]:
    return {
        "address": one.address,
        "state": one.state,
        "attempts": one.attempts,
        "next_attempt_at": one.next_attempt_at,
        "last_attempt_at": one.last_attempt_at,
        "expires_at": one.expires_at,
        "status": one.last_status or None,
        "said": _said(one),
    }


def _said(one: RecipientRow) -> str | None:
    return " ".join(part for part in (one.last_status, one.last_text) if part) or None
