"""`mailnode domain …`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.database import utcnow
from mailnode.directory import dkim_rotation, edit
from mailnode.directory.addresses import readable
from mailnode.directory.models import Alias, Domain, User
from mailnode.directory.shared_owner import people
from mailnode.senderauth.dkim_keys import Algorithm

ADDED = Text(
    "Added {name}; its DNS records: mailnode dns records {name}", "已添加 {name}；DNS 记录：mailnode dns records {name}"
)
CHANGED = Text("Changed {name}", "已修改 {name}")
ROTATED = Text(
    "Enter these TXT records; the new keys sign once the DNS has them. The old records stay until mailnode dns records"
    " no longer lists them, {days} days later",
    "请添加以下 TXT 记录；DNS 生效后新密钥开始签名。旧记录保留 {days} 天，直到 mailnode dns records 不再列出",
)
REMOVED = Text("Removed {name}", "已删除 {name}")
SETTINGS = (
    "registration",
    "default_quota_bytes",
    "default_quota_messages",
    "maximum_quota_bytes",
    "catch_all",
    "over_quota_text",
    "retention_days",
)
TITLES = {
    "name": Text("Domain", "域"),
    "users": Text("Users", "用户"),
    "aliases": Text("Aliases", "别名"),
    "alias_of": Text("Stands for", "指向"),
    "registration": Text("Registration", "注册"),
    "default_quota": Text("Default quota", "默认配额"),
    "enabled": Text("Enabled", "启用"),
}
MORE = {
    "default_quota_messages": Text("Default messages", "默认邮件数"),
    "maximum_quota": Text("Largest quota", "最大配额"),
    "catch_all": Text("Catch-all", "兜底地址"),
    "over_quota_text": Text("When full", "满额提示"),
    "retention_days": Text("Days kept", "保留天数"),
    "dkim_selectors": Text("DKIM keys", "DKIM 密钥"),
    "dkim_coming": Text("DKIM keys to come", "待启用的 DKIM 密钥"),
    "created_at": Text("Made", "创建时间"),
}


def add(chosen: Namespace) -> None:
    keys = edit.new_dkim_keys()
    with opened() as home:
        made = home.write(
            lambda tx: edit.create_domain(tx, chosen.name, alias_of=chosen.alias_of, keys=keys, **_values(chosen)).name
        )
    print(ADDED(name=readable(made)))


def list_all(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(lambda tx: [_row(tx, one) for one in edit.domains(tx)])
    shown.table(rows, TITLES, as_json=chosen.json)


def show(chosen: Namespace) -> None:
    with opened() as home:
        row = home.read(lambda tx: _row(tx, edit.domain(tx, chosen.name)))
    shown.facts(row, TITLES | MORE, as_json=chosen.json)


def change(chosen: Namespace) -> None:
    values = _values(chosen)
    if chosen.enable or chosen.disable:
        values["enabled"] = chosen.enable
    with opened() as home:
        name = home.write(lambda tx: edit.set_domain(tx, chosen.name, **values).name)
    print(CHANGED(name=readable(name)))


def remove(chosen: Namespace) -> None:
    with opened() as home:
        home.write(lambda tx: edit.remove_domain(tx, chosen.name, with_contents=chosen.with_users))
    print(REMOVED(name=chosen.name))


def rotate_dkim(chosen: Namespace) -> None:
    keys = edit.new_dkim_keys()
    with opened() as home:
        name = home.write(lambda tx: _rotated(tx, chosen.name, keys))
        coming = home.read(lambda tx: [one for one in dkim_rotation.awaited(tx) if one.domain == name])
    print(ROTATED(days=dkim_rotation.STAYS.days))
    for one in coming:
        print(f"{one.name}\n    {one.value}")


def _rotated(tx: Session, name: str, keys: Iterable[tuple[Algorithm, str]]) -> str:
    dkim_rotation.begin(tx, name, keys, utcnow())
    return edit.domain(tx, name).name


def _values(chosen: Namespace) -> edit.DomainChanges:
    given = {name: getattr(chosen, name) for name in SETTINGS if name in chosen}
    values = cast(edit.DomainChanges, given)  # argparse knows the types
    if (values.get("catch_all") or "").lower() == "none":
        values["catch_all"] = None
    return values


def _row(tx: Session, of: Domain) -> dict[str, shown.Fact]:
    users = tx.scalar(select(func.count()).where(User.domain_id == of.id, people())) or 0
    aliases = tx.scalar(select(func.count()).where(Alias.domain_id == of.id)) or 0
    return {
        "name": of.name,
        "unicode_name": readable(of.name),
        "users": users,
        "aliases": aliases,
        "alias_of": of.alias_of.name if of.alias_of else None,
        "registration": of.registration,
        "default_quota_bytes": of.default_quota_bytes,
        "default_quota": shown.size(of.default_quota_bytes),
        "default_quota_messages": of.default_quota_messages,
        "maximum_quota_bytes": of.maximum_quota_bytes,
        "maximum_quota": shown.size(of.maximum_quota_bytes),
        "catch_all": of.catch_all,
        "over_quota_text": of.over_quota_text,
        "retention_days": of.retention_days,
        "enabled": of.enabled,
        "dkim_selectors": [key.selector for key in edit.dkim_keys_of(tx, of.name)],
        "dkim_coming": dkim_rotation.coming(tx, of),
        "created_at": of.created_at,
    }
