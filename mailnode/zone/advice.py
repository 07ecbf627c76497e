"""What to do about a record that the DNS lacks or has otherwise, in one sentence of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mailnode.directory import dkim_rotation
from mailnode.zone.records import Record
from mailnode.zone.zone_file import txt_strings

Verdict = Literal["ok", "missing", "wrong", "extra", "unknown"]
Subject = Verdict | Literal["other-policy", "own-id"]  # these two of a record that is wrong, and of one that is ok


@dataclass(frozen=True, slots=True)
class Advice:
    """One sentence; "" in both languages where there is nothing to do."""

    english: str
    chinese: str


_SENTENCES: Mapping[Subject, Advice] = {
    "ok": Advice("", ""),
    "unknown": Advice(
        "The DNS did not answer for the {type} record of {name}; ask again later",
        "DNS 未就 {name} 的 {type} 记录作出应答，请稍后再查",
    ),
    "missing": Advice(
        "Enter a {type} record of {name}: {value}{of_keys.english}",
        "请为 {name} 添加 {type} 记录：{value}{of_keys.chinese}",
    ),
    "wrong": Advice("Change the {type} record of {name} to: {value}", "请将 {name} 的 {type} 记录改为：{value}"),
    "extra": Advice(
        "Keep one {type} record of {name} only, and remove the others: {value}",
        "请只保留 {name} 的一条 {type} 记录，并删除其余的：{value}",
    ),
    "other-policy": Advice(
        "The id in the {type} record of {name} belongs to another policy, so that who keeps that one does not fetch the"
        " present one; change the record to: {value}",
        "{name} 的 {type} 记录中的 id 属于另一份策略，已缓存那份策略的发件方不会获取现行的；请将记录改为：{value}",
    ),
    "own-id": Advice(
        "The id in the {type} record of {name} was not made here: give it another one whenever the policy changes,"
        " or enter the record with ours: {value}",
        "{name} 的 {type} 记录中的 id 不是由本系统生成的：每当策略改变时请换一个 id，或改用本系统的记录：{value}",
    ),
}
_OF_KEYS = {
    dkim_rotation.COMING: Advice("; mail is signed with this key once it is there", "；此记录生效后即用此密钥签名邮件"),
    dkim_rotation.RETIRED: Advice(
        "; mail that is still on its way was signed with this key", "；仍在途中的邮件是用此密钥签名的"
    ),
}


def advice(record: Record, about: Subject) -> Advice:
    """For one of the verdicts of `zone.check`, or what there is to say besides."""
    facts = {
        "type": record.type,
        "name": record.name,
        "value": txt_strings(record.value) if record.type == "TXT" else record.value,
        "of_keys": _OF_KEYS.get(record.state, Advice("", "")),
    }
    said = _SENTENCES[about]
    return Advice(said.english.format_map(facts), said.chinese.format_map(facts))
