"""`mailnode limits …` and `mailnode user release`: how much users and domains may send."""

from __future__ import annotations

from argparse import Namespace
from typing import cast

from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.cli.sending_parser import LIMITS
from mailnode.database import utcnow
from mailnode.directory import edit
from mailnode.outbound import counts, freezes, limits
from mailnode.outbound.counts import Sent
from mailnode.outbound.limits import LimitChanges, Limits
from mailnode.outbound.models import DOMAIN, EACH, USER

CHANGED = Text("Changed the limits of {name}", "已修改 {name} 的限额")
RELEASED = Text(
    "{address} may send again; {number} recipients go on",
    "{address} 可以继续发信；已恢复 {number} 个收件人",
    one="{address} may send again; {number} recipient goes on",
)
OF_EACH = Text("each: {limit}", "每个用户：{limit}")
TITLES = {
    "limit": Text("Limit", "限额"),
    "sent": Text("Sent", "已发送"),
    "most": Text("At most (0: no limit)", "上限（0 为不限）"),
    "set": Text("Set here", "在此设定"),
}


def show(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(lambda tx: _rows(tx, chosen.name))
    shown.table(rows, TITLES, as_json=chosen.json)


def change(chosen: Namespace) -> None:
    values = cast(LimitChanges, {name: getattr(chosen, name) for name in LIMITS if name in chosen})

    def step(tx: Session) -> None:
        kind, owner_id = _whose(tx, chosen.name)
        limits.change(tx, EACH if chosen.each and kind == DOMAIN else kind, owner_id, **values)

    with opened() as home:
        home.write(step)
    print(CHANGED(name=chosen.name))


def release(chosen: Namespace) -> None:
    def step(tx: Session) -> int:
        key = freezes.key_of_user(edit.user(tx, chosen.address).id)
        return freezes.release(tx, key, int(utcnow().timestamp()))

    with opened() as home:
        number = home.write(step)
    print(RELEASED(address=chosen.address, number=number))


def _whose(tx: Session, name: str) -> tuple[str, int]:
    """Raises UnknownUser, NoSuchDomain."""
    return (USER, edit.user(tx, name).id) if "@" in name else (DOMAIN, edit.domain(tx, name).id)


def _rows(tx: Session, name: str) -> list[dict[str, shown.Fact]]:
    kind, owner_id = _whose(tx, name)
    now = int(utcnow().timestamp())
    if kind == USER:
        mine, _ = limits.limits_of(tx, owner_id, edit.user(tx, name).domain_id)
        return _table(mine, counts.sent(tx, USER, owner_id, now), limits.own(tx, USER, owner_id))
    each, everybodys = limits.limits_of(tx, 0, owner_id)
    whole = _table(everybodys, counts.sent(tx, DOMAIN, owner_id, now), limits.own(tx, DOMAIN, owner_id))
    return [*whole[:-1], *_table(each, None, limits.own(tx, EACH, owner_id), each=True)]


def _table(
    most: Limits, sent: Sent | None, own: dict[str, int | None], *, each: bool = False
) -> list[dict[str, shown.Fact]]:
    return [
        {
            "name": f"each: {name}" if each else name,
            "limit": OF_EACH(limit=words) if each else str(words),
            "sent": getattr(sent, name, None),
            "most": getattr(most, name),
            "set": own[name],
        }
        for name, words in LIMITS.items()
    ]
