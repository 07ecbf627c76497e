"""Attack: one user with another user's ids. Nothing is read, nothing is changed, nothing is even said to exist."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.errors import NoSuchMailbox, NoSuchMessage
from mailnode.store import changes, entries, listing, mailboxes, messages, query, ranges, search, snapshot
from mailnode.store.entries import FlagMode
from mailnode.store.flags import flags
from mailnode.store.models import Entry, Mailbox, Message, UserCounter
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import fill, mail

ALL = ranges.EVERYTHING
SEEN = flags("\\Seen", "\\Deleted", "stolen")

Attack = Callable[[Session, int, int, int], object]
# Each is given the attacker, a mailbox of the victim's and a mailbox of the attacker's own.
ATTACKS: dict[str, Attack] = {
    "by_id": lambda tx, me, theirs, mine: mailboxes.by_id(tx, me, theirs),
    "claim_recent": lambda tx, me, theirs, mine: mailboxes.claim_recent(tx, me, theirs),
    "append": lambda tx, me, theirs, mine: messages.append(tx, me, theirs, mail(9)),
    "rows": lambda tx, me, theirs, mine: list(messages.rows(tx, me, theirs, ALL, ("uid", "subject", "segment"))),
    "tuples": lambda tx, me, theirs, mine: list(messages.tuples(tx, me, theirs, ALL, ("uid", "subject", "head"))),
    "one": lambda tx, me, theirs, mine: messages.one(tx, me, theirs, 1, ("subject",)),
    "read": lambda tx, me, theirs, mine: messages.read(tx, me, theirs, 1),
    "set_flags": lambda tx, me, theirs, mine: entries.set_flags(tx, me, theirs, ALL, FlagMode.ADD, SEEN).changed,
    "copy out": lambda tx, me, theirs, mine: entries.copy(tx, me, theirs, ALL, mine).new,
    "copy in": lambda tx, me, theirs, mine: entries.copy(tx, me, mine, ALL, theirs).new,
    "move out": lambda tx, me, theirs, mine: entries.move(tx, me, theirs, ALL, mine).new,
    "move in": lambda tx, me, theirs, mine: entries.move(tx, me, mine, ALL, theirs).new,
    "expunge": lambda tx, me, theirs, mine: entries.expunge(tx, me, theirs, ALL, only_deleted=False),
    "page": lambda tx, me, theirs, mine: listing.page(tx, me, theirs),
    "order": lambda tx, me, theirs, mine: listing.order(tx, me, theirs),
    "by_uids": lambda tx, me, theirs, mine: listing.by_uids(tx, me, theirs, [1, 2]),
    "find": lambda tx, me, theirs, mine: search.find(tx, me, theirs, query.AnyText("secret")),
    "find_in": lambda tx, me, theirs, mine: search.find_in(tx, me, [theirs], query.All()),
    "uids": lambda tx, me, theirs, mine: list(snapshot.uids(tx, me, theirs)),
    "first_unseen": lambda tx, me, theirs, mine: snapshot.first_unseen(tx, me, theirs),
    "keywords": lambda tx, me, theirs, mine: snapshot.keywords(tx, me, theirs),
    "with_flag": lambda tx, me, theirs, mine: snapshot.with_flag(tx, me, theirs, 1),
    "since": lambda tx, me, theirs, mine: changes.since(tx, me, 0, theirs),
    "expunged_since": lambda tx, me, theirs, mine: changes.expunged_since(tx, me, theirs, 0),
}


def everything(tx: Session, user_id: int) -> list[object]:
    """All that the store holds of a user."""
    tables = (UserCounter, Mailbox, Entry, Message)
    return [
        tuple(row)
        for table in tables
        for row in tx.connection().execute(select(table.__table__).where(table.__table__.c.user_id == user_id))
    ]


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_another_users_mailbox(store: Store, attack: Attack) -> None:
    victim, attacker = add_user(store, "victim"), add_user(store, "attacker")
    fill(store, victim, 3)
    with store.write() as tx:
        theirs = mailboxes.by_name(tx, victim, "INBOX").id
        mine = mailboxes.by_name(tx, attacker, "INBOX").id
        messages.append(tx, victim, "INBOX", mail(4, "secret"), flags=flags("private"))
        messages.append(tx, attacker, "INBOX", mail(5))
    with store.read() as tx:
        before, own = everything(tx, victim), everything(tx, attacker)
    found: object = None
    with contextlib.suppress(NoSuchMailbox, NoSuchMessage), store.write() as tx:
        found = attack(tx, attacker, theirs, mine)
    assert not found, "the answer tells something"
    with store.read() as tx:
        assert everything(tx, victim) == before
        assert everything(tx, attacker) == own
