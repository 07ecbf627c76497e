"""Mailboxes of the caller: the tree with its counters, and the order of a mailbox's messages."""

from __future__ import annotations

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
    RemovedOut,
)
from mailnode.store import changes, entries, flags, listing, mailboxes, steps
from mailnode.store.entries import FlagMode
from mailnode.store.mailboxes import SEPARATOR, MailboxRow
from mailnode.store.ranges import Range

T = TypeVar("T")
bp = Blueprint("mailboxes", __name__, url_prefix="/mailboxes", description="Mailboxes and their counters")


@bp.get("")
@signed_in
@bp.response(200, MailboxesOut)
def list_mailboxes() -> tuple[dict[str, object], int, dict[str, str]]:
    """All mailboxes, by name."""
    modseq = changes.latest(reading(), caller().user_id)
    known = preconditions.unless_known(preconditions.tag_of("mailboxes", modseq))
    return {"items": tree(reading(), caller().user_id), "modseq": modseq}, 200, known


@bp.post("")
@signed_in
@bp.arguments(MailboxIn)
@bp.response(201, MailboxOut)
def create_mailbox(wanted: dict[str, str]) -> tuple[dict[str, object], int, dict[str, str]]:
    """Make a mailbox, and the levels above it."""
    tx = writing()
    made = mailboxes.create(tx, caller().user_id, wanted["name"])
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
    row = mailboxes.by_id(tx, user_id, mailbox_id)
    if "subscribed" in wanted:
        mailboxes.subscribe(tx, user_id, row.name, on=wanted["subscribed"])
    if "name" in wanted and mailboxes.normal(wanted["name"]) != row.name:
        _rename(tx, user_id, row.name, wanted["name"])
    db.session.commit()
    shown = one(reading(), mailbox_id)
    return shown, 200, preconditions.headers(preconditions.tag_of(shown))


@bp.delete("/<int:mailbox_id>")
@signed_in
@bp.response(204)
def remove_mailbox(mailbox_id: int) -> Response:
    """Remove a mailbox with its messages, a large one in steps."""
    way, user_id = offload(), caller().user_id
    name = way.read_now(lambda tx: mailboxes.by_id(tx, user_id, mailbox_id).name)
    while way.write_now(lambda tx: steps.lessen(tx, user_id, name)):
        pass
    tx = writing()
    entries.remove_mailbox(tx, user_id, mailboxes.by_id(tx, user_id, mailbox_id).name)
    db.session.commit()
    return Response(status=204)


@bp.post("/<int:mailbox_id>/empty")
@signed_in
@bp.response(200, RemovedOut)
def empty_mailbox(mailbox_id: int) -> dict[str, int]:
    """Remove all messages of a mailbox, of a large one in steps."""
    user_id = caller().user_id
    removed = _in_steps(mailbox_id, lambda tx, uids: entries.expunge(tx, user_id, mailbox_id, uids, only_deleted=False))
    return {"removed": sum(map(len, removed))}


@bp.post("/<int:mailbox_id>/read")
@signed_in
@bp.response(200, ChangedOut)
def read_mailbox(mailbox_id: int) -> dict[str, int]:
    """Mark all messages of a mailbox as read, of a large one in steps."""
    user_id, seen = caller().user_id, flags.flags("\\Seen")
    done = _in_steps(mailbox_id, lambda tx, uids: entries.set_flags(tx, user_id, mailbox_id, uids, FlagMode.ADD, seen))
    return {"changed": sum(high - low + 1 for one in done for low, high in one.changed)}


@bp.get("/<int:mailbox_id>/order")
@signed_in
@bp.response(200, OrderOut)
def show_order(mailbox_id: int) -> tuple[dict[str, object], int, dict[str, str]]:
    """The ids of all messages of a mailbox, newest first."""
    tx, user_id = reading(), caller().user_id
    row = mailboxes.by_id(tx, user_id, mailbox_id)
    known = preconditions.unless_known(preconditions.tag_of("order", row.id, row.uid_validity, row.highest_modseq))
    ids = [message_id(row.id, uid) for uid in listing.order(tx, user_id, row.id)]
    return {"ids": ids, "modseq": row.highest_modseq, "total": len(ids)}, 200, known


def _in_steps(mailbox_id: int, step: Callable[[Session, list[Range]], T]) -> list[T]:
    """Do it to a whole mailbox, in transactions that nobody waits long for. Raises NoSuchMailbox."""
    way, user_id = offload(), caller().user_id
    pieces = way.read_now(lambda tx: steps.of_mailbox(tx, user_id, mailbox_id))
    return [way.write_now(lambda tx, piece=piece: step(tx, piece)) for piece in pieces]  # type: ignore[misc]


def _rename(tx: Session, user_id: int, old: str, new: str) -> None:
    """IMAP's RENAME leaves subscriptions to the old names behind (RFC 9051 §6.3.6); here they go along."""
    below = {name for name in mailboxes.subscriptions(tx, user_id) if f"{name}/".startswith(f"{old}/")}
    mailboxes.rename(tx, user_id, old, new)
    for name in below:
        mailboxes.subscribe(tx, user_id, name, on=False)
        mailboxes.subscribe(tx, user_id, mailboxes.normal(new) + name[len(old) :])


def tree(tx: Session, user_id: int) -> list[dict[str, object]]:
    """The documents of all mailboxes."""
    rows, subscribed = mailboxes.tree(tx, user_id), mailboxes.subscriptions(tx, user_id)
    ids = {row.name: row.id for row in rows}
    return [_shown(row, ids, subscribed) for row in rows]


def one(tx: Session, mailbox_id: int) -> dict[str, object]:
    """The document of one mailbox of the caller. Raises NoSuchMailbox."""
    user_id = caller().user_id
    row = mailboxes.by_id(tx, user_id, mailbox_id)
    parent = row.name.rpartition(SEPARATOR)[0]
    ids = {parent: mailboxes.by_name(tx, user_id, parent).id} if parent else {}
    return _shown(row, ids, mailboxes.subscriptions(tx, user_id))


def use_of(row: MailboxRow) -> str | None:
    """``inbox``, or the special use without its backslash."""
    if row.name == mailboxes.INBOX:
        return "inbox"
    return row.special_use.removeprefix("\\").lower() if row.special_use else None


def _shown(row: MailboxRow, ids: dict[str, int], subscribed: set[str]) -> dict[str, object]:
    return {
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
