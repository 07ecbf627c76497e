"""`mailnode shared …`: the mailboxes of a domain that belong to nobody in it, and who may use them."""

from __future__ import annotations

from argparse import Namespace

from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.directory import edit, shared_owner
from mailnode.errors import NoSuchMailbox
from mailnode.store import entries, mailboxes, permitted, rights
from mailnode.store.mailboxes import MailboxRow
from mailnode.store.rights import Access

ADDED = Text("Added {name}; nobody sees it until it is given away", "已添加 {name}；授权之前无人可见")
REMOVED = Text("Removed {name}", "已删除 {name}")
ALLOWED = Text("{name}: {identifier} has {rights}", "{name}：{identifier} 拥有 {rights}")
TAKEN_AWAY = Text("{name}: {identifier} has no rights", "{name}：{identifier} 没有权限")
TITLES = {
    "name": Text("Mailbox", "邮箱"),
    "messages": Text("Messages", "邮件数"),
    "rights": Text("Rights", "权限"),
}


def add(chosen: Namespace) -> None:
    def step(tx: Session) -> str:
        owner_id = shared_owner.make_owner(tx, chosen.domain)
        return mailboxes.create(tx, owner_id, chosen.name, subscribed=False).name

    with opened() as home:
        name = home.write(step)
    print(ADDED(name=name))


def list_all(chosen: Namespace) -> None:
    def step(tx: Session) -> list[dict[str, shown.Fact]]:
        owner_id = shared_owner.owner_id(tx, edit.domain(tx, chosen.domain).name)
        return [] if owner_id is None else [_row(tx, owner_id, row) for row in mailboxes.tree(tx, owner_id)]

    with opened() as home:
        rows = home.read(step)
    shown.table(rows, TITLES, as_json=chosen.json)


def remove(chosen: Namespace) -> None:
    with opened() as home:
        home.write(lambda tx: entries.remove_mailbox(tx, _access(tx, chosen).owner_id, chosen.name))
    print(REMOVED(name=chosen.name))


def allow(chosen: Namespace) -> None:
    wanted = frozenset("" if chosen.rights == "none" else chosen.rights)
    with opened() as home:
        home.write(lambda tx: permitted.share(tx, _access(tx, chosen), chosen.identifier, wanted))
    facts = {"name": chosen.name, "identifier": chosen.identifier, "rights": rights.printed(wanted)}
    print(ALLOWED(**facts) if wanted else TAKEN_AWAY(**facts))


def _access(tx: Session, chosen: Namespace) -> Access:
    """The whole mailbox, for whoever runs the system. Raises NoSuchDomain, NoSuchMailbox."""
    owner_id = shared_owner.owner_id(tx, edit.domain(tx, chosen.domain).name)
    if owner_id is None:
        raise NoSuchMailbox
    return Access(owner_id, mailboxes.by_name(tx, owner_id, chosen.name).id, rights.ALL)


def _row(tx: Session, owner_id: int, row: MailboxRow) -> dict[str, shown.Fact]:
    listed = rights.of_mailbox(tx, owner_id, row.id)
    held = [f"{one.identifier} {rights.printed(one.rights)}" for one in listed]
    return {"name": row.name, "messages": row.messages, "rights": held}
