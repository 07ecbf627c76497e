"""Unique ids for POP3 of messages that came from another server.

A client that leaves mail on the server knows it by its unique ids (RFC 1939 §7, UIDL): where a user moves in with the
ids that Courier or Dovecot gave, nothing is collected twice. A message without an imported id has its own, made of
UIDVALIDITY and uid; see `of`. Ids stay when their messages have gone, so that none comes again for another message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from mailnode.errors import BadUidl, NoSuchMessage
from mailnode.store import mailboxes
from mailnode.store.models import Entry, ImportedUidl

LONGEST = 70  # RFC 1939 §7
_ALLOWED = re.compile(rf"[!-~]{{1,{LONGEST}}}\Z")
_SOME = 500  # uids of one question


def own(uid_validity: int, uid: int) -> str:
    """The id of a message that came here first: it never changes, and never comes again for another one."""
    return f"{uid_validity:08x}{uid:08x}"


def of(tx: Session, user_id: int, mailbox_id: int) -> dict[int, str]:
    """The imported ids of a mailbox by uid; of messages that have gone, too."""
    mine = (ImportedUidl.user_id == user_id, ImportedUidl.mailbox_id == mailbox_id)
    found = tx.connection().execute(select(ImportedUidl.uid, ImportedUidl.uidl).where(*mine))
    return {row.uid: row.uidl for row in found}


def set_imported(tx: Session, user_id: int, uidls: Mapping[int, str], mailbox: str = mailboxes.INBOX) -> None:
    """Give messages of a mailbox (by uid) the ids that clients know them by; all or none.

    Clients that have collected from here meanwhile collect these once more. Raises NoSuchMailbox, NoSuchMessage, and
    BadUidl for an id that is none or that another message has.
    """
    of_mailbox = mailboxes.by_name(tx, user_id, mailbox)
    kept = {uid: text for uid, text in of(tx, user_id, of_mailbox.id).items() if uid not in uidls}
    taken = set(kept.values())
    for uid, text in uidls.items():
        if not _ALLOWED.match(text):
            raise BadUidl(f"{text!r} is no unique id: 1 to {LONGEST} printable ASCII characters without blanks")
        if text in taken or _is_own_of_another(text, of_mailbox.uid_validity, uid):
            raise BadUidl(f"Another message has the unique id {text}")
        taken.add(text)
    _require_messages(tx, user_id, of_mailbox.id, list(uidls))
    mine = (ImportedUidl.user_id == user_id, ImportedUidl.mailbox_id == of_mailbox.id)
    for some in _pieces(list(uidls)):
        tx.execute(delete(ImportedUidl).where(*mine, ImportedUidl.uid.in_(some)))
    rows = [{"user_id": user_id, "mailbox_id": of_mailbox.id, "uid": uid, "uidl": uidls[uid]} for uid in uidls]
    if rows:
        tx.connection().execute(insert(ImportedUidl), rows)


def _is_own_of_another(text: str, uid_validity: int, uid: int) -> bool:
    """One of the ids that we give by ourselves in this mailbox, now or later."""
    return text.startswith(f"{uid_validity:08x}") and len(text) >= len(own(0, 0)) and text != own(uid_validity, uid)


def _require_messages(tx: Session, user_id: int, mailbox_id: int, uids: list[int]) -> None:
    mine = (Entry.user_id == user_id, Entry.mailbox_id == mailbox_id)
    for some in _pieces(uids):
        there = set(tx.scalars(select(Entry.uid).where(*mine, Entry.uid.in_(some))))
        for uid in some:
            if uid not in there:
                raise NoSuchMessage(f"There is no message with the uid {uid}")


def _pieces(uids: list[int]) -> list[list[int]]:
    return [uids[start : start + _SOME] for start in range(0, len(uids), _SOME)]
