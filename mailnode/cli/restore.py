"""`mailnode user restore`: mail as it was at a time; with ``--dry-run`` only what would change."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.directory import edit
from mailnode.store import moment, restore, rewind
from mailnode.store.restore import Done, TreeStep
from mailnode.store.rewind import Aim, Step

MOST_SHOWN = 1000  # lines of the table; --json has all
TITLES = {
    "change": Text("Change", "更改"),
    "mailbox": Text("Mailbox", "邮箱"),
    "uid": Text("UID then", "当时的 UID"),
    "sender": Text("From", "发件人"),
    "subject": Text("Subject", "主题"),
    "size": Text("Size", "大小"),
}
KINDS = {
    "return": Text("message comes back", "恢复邮件"),
    "move": Text("message moves back", "移回邮件"),
    "flags": Text("flags as they were", "恢复标志"),
    "lost": Text("kept no more", "已不再保留"),
    "make": Text("mailbox comes back", "恢复邮箱"),
    "join": Text("messages go to the mailbox of this name", "邮件放入现有同名邮箱"),
    "rename": Text("mailbox has its name again", "恢复邮箱名称"),
    "taken": Text("mailbox keeps its new name: the old one is taken", "旧名称已被占用，保留新名称"),
    "subscribe": Text("subscribed again", "恢复订阅"),
    "unsubscribe": Text("not subscribed again", "取消订阅"),
}
MORE = Text("… and {number} more; --json lists all", "… 另有 {number} 项；--json 可列出全部")
NOTHING = Text("Nothing is to be put back", "没有需要恢复的内容")
WORK = Text("Messages", "邮件")
DONE = Text(
    "{returned} messages came back, {moved} were moved back, {flagged} have their flags again, {mailboxes} mailboxes",
    "恢复 {returned} 封邮件，移回 {moved} 封，恢复标志 {flagged} 封，邮箱 {mailboxes} 个",
)
LOST = Text("{lost} messages are kept no more", "{lost} 封邮件已不再保留")


def run(chosen: Namespace) -> int:
    """Exit status 1 where something could not be put back because it is kept no more."""
    now = int(time.time())
    at = moment.parse(chosen.at, now)
    with opened() as home:
        user_id = home.read(lambda tx: edit.user(tx, chosen.address).id)
        aim = home.read(lambda tx: _aim(tx, user_id, chosen, at))
        if chosen.dry_run:
            lines: list[shown.Row] = []
            done = home.read(
                lambda tx: restore.look(tx, user_id, aim, lambda step, name: lines.append(_line(step, name)))
            )
            _show(at, done, [*map(_tree_line, done.tree), *lines], as_json=chosen.json)
            return 0
        bar = shown.progress(str(WORK))
        done = home.read(lambda tx: restore.run(tx, home.write, user_id, aim, progress=bar))
    _tell(at, done, as_json=chosen.json)
    return 1 if done.lost else 0


def _aim(tx: Session, user_id: int, chosen: Namespace, at: int) -> Aim:
    """Uids are those that the messages had in that mailbox then."""
    aim = Aim(at, mailbox=chosen.mailbox)
    if not chosen.uid:
        return aim
    mailbox_id = rewind.past(tx, user_id, aim).tree[0].id
    return Aim(at, messages=frozenset((mailbox_id, uid) for uid in chosen.uid))


def _line(step: Step, mailbox: str) -> shown.Row:
    return {
        "kind": step.kind,
        "change": str(KINDS[step.kind]),
        "mailbox": mailbox,
        "uid": step.uid,
        "sender": step.sender,
        "subject": step.subject,
        "size_bytes": step.size,
        "size": shown.size(step.size),
    }


def _tree_line(step: TreeStep) -> shown.Row:
    name = f"{step.was} → {step.name}" if step.was else step.name
    empty = {"uid": None, "sender": None, "subject": None, "size_bytes": None, "size": None}
    return {"kind": step.kind, "change": str(KINDS[step.kind]), "mailbox": name, **empty}


def _counts(at: int, done: Done) -> dict[str, shown.Fact]:
    return {
        "at": datetime.fromtimestamp(at, UTC),
        "returned": done.returned,
        "moved": done.moved,
        "flagged": done.flagged,
        "lost": done.lost,
        "mailboxes": sum(1 for step in done.tree if step.kind in ("make", "rename")),
        "size_bytes": done.size,
    }


def _show(at: int, done: Done, lines: list[shown.Row], *, as_json: bool) -> None:
    if as_json:
        shown.print_json({**_counts(at, done), "changes": lines})
        return
    if not lines:
        print(NOTHING)
        return
    shown.table([*_cut(lines)], TITLES, as_json=False)
    if len(lines) > MOST_SHOWN:
        print(MORE(number=len(lines) - MOST_SHOWN))


def _cut(lines: list[shown.Row]) -> Iterator[shown.Row]:
    """A terminal's worth, and of each subject what fits into a line."""
    for line in islice(lines, MOST_SHOWN):
        short = {name: str(line[name] or "")[:40] for name in ("sender", "subject")}
        yield {**line, **short}


def _tell(at: int, done: Done, *, as_json: bool) -> None:
    counts = _counts(at, done)
    if as_json:
        shown.print_json(counts)
        return
    print(DONE(**counts))
    if done.lost:
        print(LOST(lost=done.lost))
