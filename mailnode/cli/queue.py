"""`mailnode queue …`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import Opened, opened
from mailnode.cli.pages import PAGE, everything
from mailnode.database import utcnow
from mailnode.directory import edit as directory
from mailnode.directory.models import User
from mailnode.errors import MailError, NoSuchQueueEntry, NotFrozen
from mailnode.outbound import freezes
from mailnode.outbound.freezes import Frozen
from mailnode.queue import control, edit, models
from mailnode.queue.control import Chosen
from mailnode.queue.destinations import listed
from mailnode.queue.edit import QueueRow, RecipientRow
from mailnode.queue.report import Reporter

DUE = Text(
    "{number} recipients are tried again now",
    "{number} 个收件人将立即重试",
    one="{number} recipient is tried again now",
)
ALL_HELD = Text(
    "Nothing is tried: {number} recipients are held; mailnode queue release lets them go on",
    "没有可重试的收件人：{number} 个收件人已暂停，请用 mailnode queue release 恢复",
    one="Nothing is tried: {number} recipient is held; mailnode queue release lets it go on",
)
HELD = Text("{number} recipients are held", "已暂停 {number} 个收件人", one="{number} recipient is held")
RELEASED = Text("{number} recipients go on", "已恢复 {number} 个收件人", one="{number} recipient goes on")
THAWED = Text(
    "No longer frozen; {number} recipients go on",
    "已解除冻结，已恢复 {number} 个收件人",
    one="No longer frozen; {number} recipient goes on",
)
GIVEN_UP = Text(
    "Gave up {number} recipients; the senders are told",
    "已放弃 {number} 个收件人，并通知发件人",
    one="Gave up {number} recipient; the sender is told",
)
DELETED = Text("Deleted {number} recipients", "已删除 {number} 个收件人", one="Deleted {number} recipient")
FROZEN = Text("It stands still now, with what comes later", "已冻结，以后到来的邮件也将等待")
SAY_WHICH = Text("Say what: an ID, --recipient, --domain or --user", "请指明：编号、--recipient、--domain 或 --user")
ONE_OF = Text("Give one of --recipient, --domain and --user", "请给出 --recipient、--domain、--user 之一")
GONE = Text(
    "There is no such message in the queue; see what became of it: mailnode history --id {id}",
    "队列中没有此邮件；请查看其去向：mailnode history --id {id}",
)
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
STATES = {
    "waiting": Text("waiting", "等待"),
    "sending": Text("sending", "发送中"),
    "held": Text("held", "暂停"),
    "done": Text("done", "完成"),
}
RECIPIENT_TITLES = {
    "address": Text("Recipient", "收件人"),
    "state": Text("State", "状态"),
    "attempts": Text("Attempts", "尝试次数"),
    "next_attempt_at": Text("Next attempt", "下次尝试"),
    "expires_at": Text("Given up", "放弃时间"),
    "said": Text("Last answer", "最近的答复"),
}

FROZEN_WORDS = {
    "user": Text("user", "用户"),
    "destination": Text("destination", "目的地"),
    "recipient": Text("recipient", "收件人"),
    "burst": Text("burst", "突发"),
    "hand": Text("hand", "管理员操作"),
}
FROZEN_TITLES = {
    "kind": Text("What", "类别"),
    "name": Text("Name", "名称"),
    "since": Text("Since", "时间"),
    "cause": Text("Cause", "缘由"),
    "recipients": Text("Recipients in an hour", "一小时收件人数"),
    "usual": Text("Usual", "平时"),
    "words": Text("Reason", "原因"),
}

DESTINATION_TITLES = {
    "name": Text("Destination", "目的地"),
    "connections": Text("Connections", "连接数"),
    "connection_limit": Text("At most", "上限"),
    "pace": Text("Rate at most", "速率上限"),
    "waiting": Text("In hand", "处理中"),
    "taken": Text("Taken", "已接收"),
    "put_off": Text("Put off", "被推迟"),
    "answer": Text("Answer", "答复用时"),
    "words": Text("What slowed it", "变慢原因"),
}


class NotQueued(MailError):
    """The message that a command is about has left the queue, or was never there."""

    kind = "not-queued"


@contextmanager
def _opened(chosen: Namespace) -> Iterator[Opened]:
    """For what is about one message, perhaps. Raises NotQueued, BadSettings, NotMade."""
    try:
        with opened() as home:
            yield home
    except NoSuchQueueEntry as error:
        raise NotQueued(GONE(id=chosen.id)) from error


def list_all(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(lambda tx: _all(tx, _choice(tx, chosen)))
    table = [_row(one) for one in rows]
    shown.table(table if chosen.json else [_for_people(row) for row in table], TITLES, as_json=chosen.json)


def _all(tx: Session, choice: Chosen) -> list[QueueRow]:
    return everything(lambda last: edit.rows(tx, chosen=choice, after=last.id if last else 0, limit=PAGE))


def show(chosen: Namespace) -> None:
    with _opened(chosen) as home:
        one = home.read(lambda tx: edit.show(tx, chosen.id))
    recipients = [_recipient(recipient) for recipient in one.recipients]
    if chosen.json:
        shown.print_json({**_row(one), "recipients": recipients})
        return
    shown.facts(_for_people(_row(one)), TITLES, as_json=False)
    print()
    shown.table([_for_people(row) for row in recipients], RECIPIENT_TITLES, as_json=False)


def _for_people(row: shown.Row) -> shown.Row:
    """The same row with its state in the reader's language."""
    return {**row, "state": str(STATES[str(row["state"])])}


def retry(chosen: Namespace) -> None:
    with _opened(chosen) as home:
        number = home.write(lambda tx: control.retry(tx, _choice(tx, chosen), utcnow()))
        held = 0 if number else home.read(lambda tx: _number_held(tx, _choice(tx, chosen)))
    print(ALL_HELD(number=held) if held else DUE(number=number))


def _number_held(tx: Session, choice: Chosen) -> int:
    """How many of these recipients stand still."""
    return sum(one.state == models.HELD for row in _all(tx, choice) for one in row.recipients)


def hold(chosen: Namespace) -> None:
    _expect_choice(chosen)
    with _opened(chosen) as home:
        number = home.write(lambda tx: control.hold(tx, _choice(tx, chosen)))
    print(HELD(number=number))


def release(chosen: Namespace) -> None:
    """Ends a freeze of the same name too."""
    _expect_choice(chosen)

    def step(tx: Session) -> tuple[int, bool]:
        number, thawed = control.release(tx, _choice(tx, chosen)), False
        for key in _keys(tx, chosen) if chosen.id is None else ():
            with suppress(NotFrozen):
                number += freezes.release(tx, key, int(utcnow().timestamp()))
                thawed = True
        return number, thawed

    with _opened(chosen) as home:
        number, thawed = home.write(step)
    print((THAWED if thawed else RELEASED)(number=number))


def expire(chosen: Namespace) -> None:
    """In steps, so that the writer is free in between."""
    _expect_choice(chosen)
    number = 0
    with _opened(chosen) as home:
        hostname = home.settings.hostname
        while given_up := home.write(lambda tx: control.expire(tx, _choice(tx, chosen), Reporter(hostname, utcnow()))):
            number += given_up
            if given_up < control.GIVEN_UP:
                break
    print(GIVEN_UP(number=number))


def delete(chosen: Namespace) -> None:
    _expect_choice(chosen)
    with _opened(chosen) as home:
        number = home.write(lambda tx: control.remove(tx, _choice(tx, chosen)))
    print(DELETED(number=number))


def destinations(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(lambda tx: [asdict(one) | {"updated_at": at} for one, at in listed(tx)])
    table = [row | {"pace": _pace(row["rate"]), "answer": f"{row['seconds']:.1f} s"} for row in rows]
    shown.table(table, DESTINATION_TITLES, as_json=chosen.json)


def _pace(rate: float | None) -> str | None:
    return f"{rate:.2f}/s" if rate is not None else None


def freeze(chosen: Namespace) -> None:
    if sum(bool(one) for one in (chosen.recipient, chosen.domain, chosen.user)) != 1:
        chosen.wrong(str(ONE_OF))

    def step(tx: Session) -> None:
        [key] = _keys(tx, chosen)
        freezes.freeze(tx, key, now=int(utcnow().timestamp()), words=chosen.reason)

    with opened() as home:
        home.write(step)
    print(FROZEN)


def frozen(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(lambda tx: [_frozen(tx, one) for one in freezes.all_frozen(tx)])
    told = [row | {name: str(FROZEN_WORDS[str(row[name])]) for name in ("kind", "cause")} for row in rows]
    shown.table(rows if chosen.json else told, FROZEN_TITLES, as_json=chosen.json)


def _frozen(tx: Session, one: Frozen) -> dict[str, shown.Fact]:
    user = tx.get(User, one.user_id) if one.user_id is not None else None
    return {
        "kind": one.kind,
        "name": user.address if user else one.name,
        "since": one.since,
        "cause": one.cause,
        "recipients": one.recipients,
        "usual": one.usual,
        "words": one.words,
    }


def _choice(tx: Session, chosen: Namespace) -> Chosen:
    """Which recipients the arguments mean. Raises UnknownUser."""
    user_id = directory.user(tx, chosen.user).id if chosen.user else None
    return Chosen(getattr(chosen, "id", None), chosen.recipient, chosen.domain, user_id)


def _expect_choice(chosen: Namespace) -> None:
    """Never everything by mistake; ends as wrong usage does."""
    if chosen.id is None and not any((chosen.recipient, chosen.domain, chosen.user)):
        chosen.wrong(str(SAY_WHICH))


def _keys(tx: Session, chosen: Namespace) -> list[str]:
    """The freezes that the arguments name."""
    keys = [freezes.key_of_user(directory.user(tx, chosen.user).id)] if chosen.user else []
    keys += [freezes.key_of_destination(chosen.domain)] if chosen.domain else []
    return keys + ([freezes.key_of_recipient(chosen.recipient)] if chosen.recipient else [])


def _row(one: QueueRow) -> dict[str, shown.Fact]:
    first = one.recipients[0] if one.recipients else None
    addresses = [recipient.address for recipient in one.recipients]
    return {
        "id": one.id,
        "sender": one.sender or shown.NULL_SENDER,
        "size_bytes": one.size,
        "size": shown.size(one.size),
        "created_at": one.created_at,
        "send_at": one.send_at,
        "state": "held" if one.held else (first.state if first else "done"),
        "waiting": shown.first_of(addresses),
        "recipients": addresses,
        "next_attempt_at": min((recipient.next_attempt_at for recipient in one.recipients), default=None),
        "said": _said(first) if first else None,
    }


def _recipient(one: RecipientRow) -> dict[str, shown.Fact]:
    return {
        "address": one.address,
        "state": one.state,
        "held_for": one.held_for,
        "attempts": one.attempts,
        "next_attempt_at": one.next_attempt_at,
        "last_attempt_at": one.last_attempt_at,
        "expires_at": one.expires_at,
        "status": one.last_status or None,
        "said": _said(one),
    }


def _said(one: RecipientRow) -> str | None:
    return " ".join(part for part in (one.last_status, one.last_text) if part) or None
