"""What people are told in their INBOX: of sending that is frozen, the user and those who can release it.

A notice goes through the queue like a delivery report: with the null sender, so that nothing ever answers
it, and it waits there while a mailbox is full. It is in the reader's language, and in both where the reader
has chosen none.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.directory.models import DomainAdministrator, User
from mailnode.message.addresses import Address
from mailnode.message.compose import Composition, compose
from mailnode.queue import spool
from mailnode.queue.envelope import Recipient
from mailnode.queue.report import NEVER

MOST_ADMINISTRATORS = 20
_SUBJECTS = {
    "user": ("Your sending is on hold", "您的发信已暂停"),
    "administrator": ("Sending is on hold: {address}", "发信已暂停：{address}"),
}
_TEXTS = {
    "user": (
        "Within an hour you have sent to {recipients} recipients; your busiest hour of the last four weeks had"
        " {usual}. That looks as if somebody else were sending with your password, so everything that you send"
        " waits for now. Nothing is lost, and you can go on reading your mail.\n\n"
        "An administrator has been told and can release your sending. If it was not you who sent this, change your"
        " password now and tell your administrator.",
        "一小时内您已向 {recipients} 个收件人发信，而您近四周最忙的一小时为 {usual} 个。这像是有人在用您的密码发信，"
        "因此您发出的所有邮件暂时都在等待。邮件不会丢失，您可以照常收信。\n\n"
        "管理员已收到通知，可以恢复您的发信。如果这些邮件不是您发的，请立即修改密码并告知管理员。",
    ),
    "administrator": (
        "{address} has sent to {recipients} recipients within an hour; the busiest hour of the last four weeks had"
        " {usual}. Everything that this user sends is held until you release it; other users are not"
        " concerned.\n\n"
        "Look at what waits in Administration, Sending. Release it there with one click, or with:\n\n"
        "    mailnode user release {address}\n\n"
        "If the password was stolen, set another one first and delete what waits:\n\n"
        "    mailnode user password {address}\n"
        "    mailnode queue delete --user {address}",
        "{address} 一小时内已向 {recipients} 个收件人发信，而近四周最忙的一小时为 {usual} 个。"
        "该用户发出的所有邮件都已暂停，直到您恢复；其他用户不受影响。\n\n"
        "请在“管理 → 发信”中查看等待的邮件，可在那里一键恢复，或运行：\n\n"
        "    mailnode user release {address}\n\n"
        "如果密码已被盗，请先更换密码并删除等待的邮件：\n\n"
        "    mailnode user password {address}\n"
        "    mailnode queue delete --user {address}",
    ),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """``subject`` and ``text`` are in English and in Chinese; ``facts`` fill in their braces."""

    subject: tuple[str, str]
    text: tuple[str, str]
    facts: Mapping[str, object]


def tell_of_burst(tx: Session, user_id: int, *, recipients: int, usual: int, hostname: str, now: datetime) -> None:
    """Tell the user, the domain's administrators and the system's."""
    user = tx.get(User, user_id)
    if user is None:
        return
    facts: dict[str, object] = {"address": user.address, "recipients": recipients, "usual": usual}
    told = Notice(_SUBJECTS["user"], _TEXTS["user"], facts)
    tell(tx, user, told, hostname, now)
    told = Notice(_SUBJECTS["administrator"], _TEXTS["administrator"], facts)
    for one in administrators(tx, user.domain_id):
        if one.id != user.id:
            tell(tx, one, told, hostname, now)


def administrators(tx: Session, domain_id: int) -> list[User]:
    """Those of a domain, and the system's."""
    domains = select(DomainAdministrator.user_id).where(DomainAdministrator.domain_id == domain_id)
    query = select(User).where(User.administrator | User.id.in_(domains), ~User.disabled)
    return list(tx.scalars(query.order_by(User.id).limit(MOST_ADMINISTRATORS)))


def tell(tx: Session, reader: User, notice: Notice, hostname: str, now: datetime) -> None:
    """Put one notice into the queue."""
    composition = Composition(
        from_=Address("Mail Delivery System", "postmaster", hostname),
        date=now,
        message_id=f"{secrets.token_hex(12)}@{hostname}",
        to=(Address(reader.display_name, *_split(reader.address)),),
        subject=" / ".join(_in(reader.language, notice.subject)).format(**notice.facts),
        text="\n\n".join(_in(reader.language, notice.text)).format(**notice.facts),
    )
    raw = b"Auto-Submitted: auto-generated\r\n" + compose(composition)  # RFC 3834 §5
    spool.enqueue(
        tx,
        sender="",
        recipients=[Recipient(reader.address, NEVER)],
        raw=raw,
        smtputf8=not reader.address.isascii(),
        body="8BITMIME",
        now=now,
    )


def _split(address: str) -> tuple[str, str]:
    local, _, domain = address.rpartition("@")
    return local, domain


def _in(language: str, both: tuple[str, str]) -> tuple[str, ...]:
    english, chinese = both
    if language.startswith("zh"):
        return (chinese,)
    return (english,) if language else (chinese, english)
