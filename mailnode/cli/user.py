"""`mailnode user …`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from datetime import UTC, datetime
from typing import cast

from sqlalchemy.orm import Session

from mailnode.cli import faults
from mailnode.cli import password as passwords
from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.directory import edit, sessions, user_file
from mailnode.directory.models import User
from mailnode.errors import BadImport
from mailnode.store import mailboxes, quota, retention

ADDED = Text("Added {address}", "已添加 {address}")
CHANGED = Text("Changed {address}", "已修改 {address}")
REMOVED = Text("Removed {address} and all mail", "已删除 {address} 及其全部邮件")
PASSWORD_SET = Text("Set the password of {address}", "已设置 {address} 的密码")
IMPORTED = Text("Added {number} users", "已添加 {number} 个用户", one="Added {number} user")
FAULT = Text("{file}:{line}: {cause}", "{file}:{line}：{cause}")
NOTHING_TAKEN = Text(
    "{file} has faults in {number} lines; no user was added",
    "{file} 有 {number} 行错误；未添加任何用户",
    one="{file} has a fault in {number} line; no user was added",
)
HASHING = Text("Passwords", "密码")
SETTINGS = ("display_name", "quota_bytes", "quota_messages", "language")
TITLES = {
    "address": Text("Address", "地址"),
    "name": Text("Name", "姓名"),
    "used": Text("Used", "已用"),
    "quota": Text("Quota", "配额"),
    "messages": Text("Messages", "邮件数"),
    "admin": Text("Administrator", "管理员"),
    "disabled": Text("Disabled", "停用"),
}
MORE = {
    "quota_messages": Text("Messages at most", "邮件数上限"),
    "kept": Text("Kept of what is gone", "已删除但保留"),
    "restorable_since": Text("Restorable since", "可恢复起始时间"),
    "administers": Text("Administers", "管理的域"),
    "language": Text("Language", "语言"),
    "created_at": Text("Made", "创建时间"),
}


def add(chosen: Namespace) -> None:
    values = _values(chosen)
    values["administrator"] = chosen.admin
    kept = edit.new_password(passwords.read())

    def step(tx: Session) -> str:
        made = edit.create_user(tx, chosen.address, password_hash=kept.hash, scram_keys=kept.scram_keys, **values)
        mailboxes.create_defaults(tx, made.id)
        if "administers" in chosen:
            edit.set_administered(tx, made.address, chosen.administers)
        return made.address

    with opened() as home:
        print(ADDED(address=home.write(step)))


def list_all(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(lambda tx: [_row(tx, one) for one in edit.users(tx, chosen.domain)])
    shown.table(rows, TITLES, as_json=chosen.json)


def show(chosen: Namespace) -> None:
    with opened() as home:
        row = home.read(lambda tx: _row(tx, edit.user(tx, chosen.address)))
    shown.facts(row, TITLES | MORE, as_json=chosen.json)


def change(chosen: Namespace) -> None:
    values = _values(chosen)
    if chosen.enable or chosen.disable:
        values["disabled"] = chosen.disable
    if chosen.admin or chosen.no_admin:
        values["administrator"] = chosen.admin

    def step(tx: Session) -> str:
        changed = edit.set_user(tx, chosen.address, **values)
        if "administers" in chosen:
            edit.set_administered(tx, chosen.address, [name for name in chosen.administers if name != "none"])
        return changed.address

    with opened() as home:
        print(CHANGED(address=home.write(step)))


def remove(chosen: Namespace) -> None:
    with opened() as home:
        home.write(lambda tx: edit.remove_user(tx, chosen.address))
    print(REMOVED(address=chosen.address))


def password(chosen: Namespace) -> None:
    with opened() as home:
        address = home.read(lambda tx: edit.user(tx, chosen.address).address)
        kept = edit.new_password(passwords.read())

        def step(tx: Session) -> None:
            sessions.end_all(tx, edit.set_password(tx, address, kept.hash, kept.scram_keys).id)

        home.write(step)
    print(PASSWORD_SET(address=address))


def load(chosen: Namespace) -> int:
    try:
        number = _load(chosen)
    except BadImport as error:
        lines = len({line for line, _ in error.faults})
        print(f"mailnode: {NOTHING_TAKEN(file=chosen.file, number=lines)}", file=sys.stderr)
        for line, cause in error.faults:
            print(FAULT(file=chosen.file, line=line, cause=faults.told(cause)), file=sys.stderr)
        return 1
    print(IMPORTED(number=number))
    return 0


def _load(chosen: Namespace) -> int:
    rows = user_file.parse(chosen.file.read_bytes())
    with opened() as home:
        home.read(lambda tx: user_file.check(tx, rows))
        hashes = user_file.hash_all(rows, os.cpu_count() or 1, shown.progress(str(HASHING)))

        def step(tx: Session) -> None:
            for user_id in user_file.load(tx, rows, hashes):
                mailboxes.create_defaults(tx, user_id)

        home.write(step)
    return len(rows)


def _values(chosen: Namespace) -> edit.UserChanges:
    given = {name: getattr(chosen, name) for name in SETTINGS if name in chosen}
    return cast(edit.UserChanges, given)  # argparse knows the types


def _row(tx: Session, of: User) -> dict[str, shown.Fact]:
    usage, held = quota.usage(tx, of.id), retention.held(tx, of.id)
    return {
        "address": of.address,
        "name": of.display_name,
        "messages": usage.messages,
        "used_bytes": usage.size,
        "used": shown.size(usage.size),
        "quota_bytes": usage.size_limit or None,
        "quota": shown.size(usage.size_limit or None),
        "quota_messages": usage.message_limit or None,
        "kept_messages": held.messages,
        "kept_bytes": held.size,
        "kept": shown.size(held.size),
        "restorable_since": datetime.fromtimestamp(held.since, UTC) if held.since else None,
        "admin": of.administrator,
        "administers": edit.administered(tx, of.id),
        "disabled": of.disabled,
        "language": of.language,
        "created_at": of.created_at,
    }
