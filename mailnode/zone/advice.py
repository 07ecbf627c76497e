"""What to do about a record that the DNS lacks or has otherwise, in one sentence of both languages."""

from __future__ import annotations

from dataclasses import dataclass

from mailnode.directory import dkim_rotation
from mailnode.zone.records import Record
from mailnode.zone.zone_file import txt_strings


@dataclass(frozen=True, slots=True)
class Advice:
    """One sentence; "" in both languages where all is well."""

    english: str
    chinese: str


_SENTENCES = {  # by verdict
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
}
_OF_KEYS = {
    dkim_rotation.COMING: Advice("; mail is signed with this key once it is there", "；此记录生效后即用此密钥签名邮件"),
    dkim_rotation.RETIRED: Advice(
        "; mail that is still on its way was signed with this key", "；仍在途中的邮件是用此密钥签名的"
    ),
}


def advice(record: Record, verdict: str) -> Advice:
    """For one of the verdicts of `zone.check`."""
    facts = {
        "type": record.type,
        "name": record.name,
        "value": txt_strings(record.value) if record.type == "TXT" else record.value,
        "of_keys": _OF_KEYS.get(record.state, Advice("", "")),
    }
    said = _SENTENCES[verdict]
    return Advice(said.english.format_map(facts), said.chinese.format_map(facts))
