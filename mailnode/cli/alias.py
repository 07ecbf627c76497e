"""`mailnode alias …`."""

from __future__ import annotations

import sys
from argparse import Namespace

from sqlalchemy.orm import Session

from mailnode.cli import faults
from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.directory import alias_file, edit
from mailnode.directory.models import Alias
from mailnode.errors import NoSuchDomain, UnknownAlias

ADDED = Text("{address} stands for {targets}", "{address} 指向 {targets}")
REMOVED = Text("Removed {address}", "已删除 {address}")
TAKEN = Text("Took {number} aliases", "已导入 {number} 个别名", one="Took {number} alias")
NOT_TAKEN = Text("{file}:{line}: not taken: {cause}", "{file}:{line}：未导入：{cause}")
WHICH_DOMAIN = Text(
    "Say with --domain to which domain the names belong; there are several",
    "有多个域，请用 --domain 指明名称属于哪个域",
)
TITLES = {"address": Text("Alias", "别名"), "targets": Text("Targets", "目标")}


def add(chosen: Namespace) -> None:
    def step(tx: Session) -> tuple[str, list[str]]:
        try:
            made = edit.add_targets(tx, chosen.address, chosen.targets)
        except UnknownAlias:
            made = edit.create_alias(tx, chosen.address, chosen.targets)
        return made.address, made.targets

    with opened() as home:
        address, targets = home.write(step)
    print(ADDED(address=address, targets=", ".join(targets)))


def list_all(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(lambda tx: [_row(one) for one in edit.aliases(tx, chosen.domain)])
    shown.table(rows, TITLES, as_json=chosen.json)


def _row(one: Alias) -> dict[str, shown.Fact]:
    return {"address": one.address, "targets": one.targets, "created_at": one.created_at}


def remove(chosen: Namespace) -> None:
    def step(tx: Session) -> None:
        if chosen.targets:
            edit.remove_targets(tx, chosen.address, chosen.targets)
        else:
            edit.remove_alias(tx, chosen.address)

    with opened() as home:
        home.write(step)
    print(REMOVED(address=" ".join([chosen.address, *chosen.targets])))


def load(chosen: Namespace) -> None:
    """What cannot be taken is named line by line on standard error; the rest is taken."""
    content = alias_file.parse(chosen.file.read_bytes())

    with opened() as home:
        done = home.write(lambda tx: alias_file.load(tx, content, chosen.domain or _only_domain(tx)))
    for line, cause in done.not_taken:
        print(NOT_TAKEN(file=chosen.file, line=line, cause=faults.told(cause)), file=sys.stderr)
    print(TAKEN(number=done.taken))


def _only_domain(tx: Session) -> str:
    names = [one.name for one in edit.domains(tx) if one.alias_of_id is None]
    if len(names) != 1:
        raise NoSuchDomain(str(WHICH_DOMAIN) if names else None)
    return names[0]
