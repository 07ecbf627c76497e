"""What a domain's administrators are told when new DKIM keys were made: which records to enter."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.directory import dkim_rotation
from mailnode.directory.models import Domain
from mailnode.outbound import notices
from mailnode.outbound.notices import Notice

_SUBJECT = (
    "New DKIM keys for {domain} wait for their DNS records",
    "{domain} 的新 DKIM 密钥等待 DNS 记录",
)
_TEXT = (
    "The keys that sign the mail of {domain} have been in use for {days} days, and new ones have been made. Please"
    " enter these TXT records in the DNS of the domain:\n\n{records}\n\n"
    "Each new key signs as soon as its record is found; until then the old ones go on, and no mail is concerned."
    " Leave the old records for {stays} days more. What is needed is always told by:\n\n"
    "    mailnode dns records {domain}",
    "为 {domain} 的邮件签名的密钥已使用 {days} 天，新密钥已经生成。"
    "请在该域的 DNS 中添加以下 TXT 记录：\n\n{records}\n\n"
    "查到记录后，新密钥随即用于签名；在此之前继续使用旧密钥，邮件不受影响。旧记录请再保留 {stays} 天。"
    "需要哪些记录，随时可用以下命令查看：\n\n"
    "    mailnode dns records {domain}",
)


def tell(tx: Session, name: str, days: int, hostname: str, now: datetime) -> None:
    """Tell of all keys of the domain that are coming."""
    coming = [one for one in dkim_rotation.awaited(tx) if one.domain == name]
    domain_id = tx.scalars(select(Domain.id).where(Domain.name == name)).one_or_none()
    if not coming or domain_id is None:
        return
    records = "\n\n".join(f"    {one.name}\n    {one.value}" for one in coming)
    facts = {"domain": name, "days": days, "stays": dkim_rotation.STAYS.days, "records": records}
    for reader in notices.administrators(tx, domain_id):
        notices.tell(tx, reader, Notice(_SUBJECT, _TEXT, facts), hostname, now)
