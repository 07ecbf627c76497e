"""Mail that a user puts into Junk and takes out of it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailnode.learning import lessons, teaching
from mailnode.learning.lessons import Lesson
from mailnode.learning.teaching import Status
from mailnode.store import entries, mailboxes, messages
from mailnode.store.messages import Appended
from tests.support.store import Store
from tests.unit.store.mail import mail

OFFERS = ("casino bonus tonight", "lottery winner tonight", "cheap watches tonight", "免费彩票 中奖 tonight")
TALK = ("lunch with the team", "minutes of the meeting", "holiday with grandma", "项目会议 时间")


def junk_mail(number: int) -> bytes:
    return mail(number, f"{OFFERS[number % 4]} click http://win.example/{number}", f"Offer {number}").replace(
        b"ann@example.com>\r\nTo", b"sales@win.example>\r\nTo"
    )


def wanted_mail(number: int) -> bytes:
    return mail(number, f"{TALK[number % 4]}, see you there", f"Plan {number}")


def put(store: Store, user_id: int, mailbox: str, raw: bytes, *, old: bool = True) -> Appended:
    """A message that came some time ago, or just now."""
    with store.write() as tx:
        return messages.append(tx, user_id, mailbox, raw, internal_date=1_000_000 if old else None)


def mailbox(tx: Session, user_id: int, name: str) -> int:
    return mailboxes.by_name(tx, user_id, name).id


def moved(store: Store, user_id: int, one: Appended, target: str) -> Appended:
    """The message, in another mailbox."""
    with store.write() as tx:
        to = mailbox(tx, user_id, target)
        done = entries.move(tx, user_id, one.mailbox_id, [(one.uid, one.uid)], to)
        return Appended(to, done.new[0], done.uid_validity, done.modseq, one.message_id)


def copied(store: Store, user_id: int, one: Appended, target: str) -> Appended:
    """The copy, as clients without MOVE make it, which then remove the original."""
    with store.write() as tx:
        to = mailbox(tx, user_id, target)
        done = entries.copy(tx, user_id, one.mailbox_id, [(one.uid, one.uid)], to)
    with store.write() as tx:
        entries.expunge(tx, user_id, one.mailbox_id, [(one.uid, one.uid)], only_deleted=False)
    return Appended(to, done.new[0], done.uid_validity, done.modseq, one.message_id)


def what_was_taught(store: Store, work: Callable[[], object]) -> list[Lesson]:
    """The lessons of what ``work`` does."""
    with store.read() as tx:
        before = lessons.newest(tx)
    work()
    with store.read() as tx:
        return lessons.lessons(tx, before, lessons.newest(tx))


def teach(store: Store, user_id: int, junk: int, wanted: int) -> Status:
    """The user puts so many into Junk, and takes so many out of it."""
    found = what_was_taught(store, lambda: move_all(store, user_id, junk, wanted))
    with store.write() as tx:
        teaching.teach(tx, user_id, found)
    with store.read() as tx:
        return teaching.status(tx, user_id)


def move_all(store: Store, user_id: int, junk: int, wanted: int) -> None:
    with store.write() as tx:
        inbox, target = mailbox(tx, user_id, "INBOX"), mailbox(tx, user_id, "Junk")
        put_in = [messages.append(tx, user_id, inbox, junk_mail(n), internal_date=1_000_000) for n in range(junk)]
        rest = [messages.append(tx, user_id, target, wanted_mail(n)) for n in range(wanted)]
        for found, where in ((put_in, target), (rest, inbox)):
            for one in found:
                entries.move(tx, user_id, one.mailbox_id, [(one.uid, one.uid)], where)


def is_taught(store: Store, user_id: int) -> bool:
    with store.read() as tx:
        return bool(tx.execute(text('SELECT taught FROM "user" WHERE id = :id'), {"id": user_id}).scalar())
