"""Mailboxes that the caller may know of: the tree with its counters, and the order of a mailbox's messages.

Those of others lie below two names (see `mailnode.store.access`); what may be done with them is for
`mailnode.store.permitted` to say.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, url_for
from sqlalchemy.orm import Session

from backend import preconditions
from backend.access import caller, signed_in
from backend.doors import offload
from backend.extensions import db, reading, writing
from backend.identifiers import message_id
from backend.routes import Blueprint
from backend.schemas.mailboxes import (
    ChangedOut,
    MailboxChange,
    MailboxesOut,
    MailboxIn,
    MailboxOut,
    OrderOut,
    OrderQuery,
    RemovedOut,
)
from mailnode.errors import FixedMailbox, NoRight, NoSuchMailbox
from mailnode.store import access, changes, flags, listing, mailboxes, permitted, rights, steps
from mailnode.store.access import Seen
from mailnode.store.entries import FlagMode
from mailnode.store.mailboxes import SEPARATOR, MailboxRow
from mailnode.store.ranges import Range
from mailnode.store.rights import Access

T = TypeVar("T")
bp = Blueprint("mailboxes", __name__, url_prefix="/mailboxes", description="Mailboxes and their counters")


@bp.get("")
@signed_in
@bp.response(200, MailboxesOut)
def list_mailboxes() -> tuple[dict[str, object], int, dict[str, str]]:
    """All mailboxes, by name."""
    tx, modseq = reading(), changes.latest(reading(), caller().user_id)
    seen = access.tree(tx, caller())
    others = [(one.id, one.row.name, one.row.highest_modseq, rights.printed(one.access.rights)) for one in seen]
    known = preconditions.unless_known(preconditions.tag_of("mailboxes", modseq, others))
    return {"items": _documents(tx, seen), "modseq": modseq}, 200, known


@bp.post("")
@signed_in
@bp.arguments(MailboxIn)
@bp.response(201, MailboxOut)
def create_mailbox(wanted: dict[str, str]) -> tuple[dict[str, object], int, dict[str, str]]:
    """Make a mailbox, and the levels above it; below Shared/ for everybody in the domain to be given rights on."""
    tx = writing()
    made = permitted.create(tx, caller(), wanted["name"])
    db.session.commit()
    return one(reading(), made.id), 201, {"Location": url_for(".show_mailbox", mailbox_id=made.id)}


@bp.get("/<int:mailbox_id>")
@signed_in
@bp.response(200, MailboxOut)
def show_mailbox(mailbox_id: int) -> tuple[dict[str, object], int, dict[str, str]]:
    """One mailbox."""
    shown = one(reading(), mailbox_id)
    return shown, 200, preconditions.unless_known(preconditions.tag_of(shown))


@bp.patch("/<int:mailbox_id>")
@signed_in
@bp.arguments(MailboxChange)
@bp.response(200, MailboxOut)
def change_mailbox(wanted: dict[str, Any], mailbox_id: int) -> tuple[dict[str, object], int, dict[str, str]]:
    """Rename a mailbox and all below it, or change whether it is subscribed."""
    tx, user_id = writing(), caller().user_id
    preconditions.must_match(preconditions.tag_of(one(tx, mailbox_id)), required=False)
    row = access.by_id(tx, caller(), mailbox_id, "l").row
    if "subscribed" in wanted:
        mailboxes.subscribe(tx, user_id, row.name, on=wanted["subscribed"])
    if "name" in wanted and access.normal(wanted["name"]) != row.name:
        _rename(tx, row.name, wanted["name"])
    db.session.commit()
    shown = one(reading(), mailbox_id)
    return shown, 200, preconditions.headers(preconditions.tag_of(shown))


@bp.delete("/<int:mailbox_id>")
@signed_in
@bp.response(204)
def remove_mailbox(mailbox_id: int) -> Response:
    """Remove a mailbox with its messages, a large one in steps."""
    way, who = offload(), caller()
    name = way.read_now(lambda tx: access.by_id(tx, who, mailbox_id, "x").row.name)
    while way.write_now(lambda tx: permitted.lessen(tx, who, name)):
        pass
    tx = writing()
    permitted.remove(tx, who, access.by_id(tx, who, mailbox_id).row.name)
    db.session.commit()
    return Response(status=204)


@bp.post("/<int:mailbox_id>/empty")
@signed_in
@bp.response(200, RemovedOut)
def empty_mailbox(mailbox_id: int) -> dict[str, int]:
    """Remove all messages of a mailbox, of a large one in steps."""
    removed = _in_steps(mailbox_id, lambda tx, here, uids: permitted.expunge(tx, here, uids, only_deleted=False))
    return {"removed": sum(map(len, removed))}


@bp.post("/<int:mailbox_id>/read")
@signed_in
@bp.response(200, ChangedOut)
def read_mailbox(mailbox_id: int) -> dict[str, int]:
    """Mark all messages of a mailbox as read, of a large one in steps."""
    seen = flags.flags("\\Seen")
    done = _in_steps(mailbox_id, lambda tx, here, uids: permitted.set_flags(tx, here, uids, FlagMode.ADD, seen))
    return {"changed": sum(high - low + 1 for one in done for low, high in one.changed)}


@bp.get("/<int:mailbox_id>/order")
@signed_in
@bp.arguments(OrderQuery, location="query")
@bp.response(200, OrderOut)
def show_order(query: dict[str, int | None], mailbox_id: int) -> tuple[dict[str, object], int, dict[str, str]]:
    """The ids of all messages of a mailbox, newest first."""
    tx = reading()
    seen = access.by_id(tx, caller(), mailbox_id, "r")
    row = seen.row
    limit = query["limit"]
    cut = limit if limit is not None and limit < row.messages else 0  # the tag of what is whole says nothing of it
    tag = preconditions.tag_of("order", row.id, row.uid_validity, row.highest_modseq, cut)
    known = preconditions.unless_known(tag)
    ids = [message_id(row.id, uid) for uid in listing.order(tx, seen.owner_id, row.id, limit)]
    total = len(ids) if limit is None else row.messages
    return {"ids": ids, "modseq": row.highest_modseq, "total": total}, 200, known


def _in_steps(mailbox_id: int, step: Callable[[Session, Access, list[Range]], T]) -> list[T]:
    """Do it to a whole mailbox, in transactions that nobody waits long for. Raises NoSuchMailbox, NoRight."""
    way, who = offload(), caller()

    def pieces(tx: Session) -> list[list[Range]]:
        return steps.of_mailbox(tx, access.by_id(tx, who, mailbox_id, "r").owner_id, mailbox_id)

    def write(tx: Session, piece: list[Range]) -> T:
        return step(tx, access.by_id(tx, who, mailbox_id, "r").access, piece)

    return [way.write_now(lambda tx, piece=piece: write(tx, piece)) for piece in way.read_now(pieces)]  # type: ignore[misc]


def _rename(tx: Session, old: str, new: str) -> None:
    """IMAP's RENAME leaves subscriptions to the old names behind (RFC 9051 §6.3.6); here they go along."""
    if old == mailboxes.INBOX:
        raise FixedMailbox("INBOX is renamed by moving its messages")
    user_id = caller().user_id
    below = {name for name in mailboxes.subscriptions(tx, user_id) if f"{name}/".startswith(f"{old}/")}
    permitted.rename(tx, caller(), old, new)
    for name in below:
        mailboxes.subscribe(tx, user_id, name, on=False)
        mailboxes.subscribe(tx, user_id, access.normal(new) + name[len(old) :])


def _documents(tx: Session, tree: list[Seen]) -> list[dict[str, object]]:
    """The documents of all mailboxes."""
    subscribed = mailboxes.subscriptions(tx, caller().user_id)
    ids = {seen.row.name: seen.id for seen in tree}
    return [_shown(seen, ids, subscribed) for seen in tree]


def one(tx: Session, mailbox_id: int) -> dict[str, object]:
    """The document of one mailbox that the caller may know of. Raises NoSuchMailbox, NoRight."""
    seen = access.by_id(tx, caller(), mailbox_id, "l")
    ids: dict[str, int] = {}
    parent = seen.row.name.rpartition(SEPARATOR)[0]
    if parent:
        with contextlib.suppress(NoSuchMailbox, NoRight):
            ids[parent] = access.find(tx, caller(), parent, "l").id
    return _shown(seen, ids, mailboxes.subscriptions(tx, caller().user_id))


def _owner(seen: Seen) -> str | None:
    """Whose it is, where it is not the caller's own: an address, or the domain's name."""
    if seen.is_own:
        return None
    levels = seen.row.name.removesuffix(seen.own_name).split(SEPARATOR)
    return SEPARATOR.join(levels[1:-1]) or caller().address.rpartition("@")[2]


def use_of(row: MailboxRow) -> str | None:
    """``inbox``, or the special use without its backslash."""
    if row.name == mailboxes.INBOX:
        return "inbox"
    return row.special_use.removeprefix("\\").lower() if row.special_use else None


def _shown(seen: Seen, ids: dict[str, int], subscribed: set[str]) -> dict[str, object]:
    row = seen.row
    return {
        "owner": _owner(seen),
        "my_rights": rights.printed(seen.access.rights),
        "id": row.id,
        "name": row.name,
        "parent_id": ids.get(row.name.rpartition(SEPARATOR)[0]),
        "special_use": use_of(row),
        "selectable": row.selectable,
        "total": row.messages,
        "unread": row.unseen,
        "size_bytes": row.size,
        "subscribed": row.name in subscribed,
        "uid_validity": row.uid_validity,
        "uid_next": row.uid_next,
        "modseq": row.highest_modseq,
    }
