"""What is done with many messages at once, and how it is undone.

All or nothing, in the caller's transaction. An undo is a list of requests of the same kind, made
from what really changed: a flag that was set before stays set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from backend.identifiers import by_mailbox, message_id
from mailnode.errors import NoSuchMailbox
from mailnode.store import changes, entries, mailboxes, messages, ranges
from mailnode.store.entries import FlagMode
from mailnode.store.flags import Flags, flags

Body = dict[str, object]


@dataclass(slots=True)
class Acted:
    """``ids``: every id touched and what it is now; ``undo``: bodies, in order."""

    ids: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    modseq: int = 0
    undo: list[Body] = field(default_factory=list)


def act(tx: Session, user_id: int, body: Body) -> Acted:
    """Do what a request asks. Raises NoSuchMailbox (the target), OverQuota."""
    ids: list[str] = body["ids"]  # type: ignore[assignment]
    done = Acted()
    for mailbox_id, uids in by_mailbox(ids).items():
        present = _present(tx, user_id, mailbox_id, uids)
        if present:
            _act_in(tx, user_id, mailbox_id, present, body, done)
    done.missing = [one for one in dict.fromkeys(ids) if one not in done.ids]
    done.modseq = changes.latest(tx, user_id)
    return done


def _act_in(tx: Session, user_id: int, mailbox_id: int, present: dict[int, Flags], body: Body, done: Acted) -> None:
    uids = ranges.of(present)
    match body["action"]:
        case "flag":
            add, remove = flags(*body["add"]), flags(*body["remove"])  # type: ignore[misc]
            entries.set_flags(tx, user_id, mailbox_id, uids, FlagMode.ADD, add)
            entries.set_flags(tx, user_id, mailbox_id, uids, FlagMode.REMOVE, remove)
            done.ids |= {name: name for name in (message_id(mailbox_id, uid) for uid in present)}
            done.undo += _flags_back(mailbox_id, present, set(add), set(remove))
        case "move" if body["mailbox_id"] == mailbox_id:
            done.ids |= {name: name for name in (message_id(mailbox_id, uid) for uid in present)}
        case "move":
            new = _transfer(tx, user_id, mailbox_id, present, body, done)
            done.undo.append({"action": "move", "ids": new, "mailbox_id": mailbox_id})
        case "copy":
            new = _transfer(tx, user_id, mailbox_id, present, body, done)
            done.undo.append({"action": "delete", "ids": new})
        case _:
            entries.expunge(tx, user_id, mailbox_id, uids, only_deleted=False)
            done.ids |= {name: name for name in (message_id(mailbox_id, uid) for uid in present)}


def _transfer(
    tx: Session, user_id: int, mailbox_id: int, present: dict[int, Flags], body: Body, done: Acted
) -> list[str]:
    """Move or copy into ``body["mailbox_id"]``; the new ids."""
    target = body["mailbox_id"]
    assert isinstance(target, int)
    if not mailboxes.by_id(tx, user_id, target).selectable:
        raise NoSuchMailbox
    transfer = entries.move if body["action"] == "move" else entries.copy
    moved = transfer(tx, user_id, mailbox_id, ranges.of(present), target)
    new = [message_id(target, uid) for uid in moved.new]
    done.ids |= dict(zip((message_id(mailbox_id, uid) for uid in moved.old), new, strict=True))
    return new


def _present(tx: Session, user_id: int, mailbox_id: int, uids: Sequence[int]) -> dict[int, Flags]:
    """Those of the messages that are there, with their flags; none in a mailbox of somebody else."""
    rows = messages.rows(tx, user_id, mailbox_id, ranges.of(uids), ("uid", "flags", "keywords"))
    return {row.uid: Flags(row.flags, row.keywords) for row in rows}


def _flags_back(mailbox_id: int, before: dict[int, Flags], add: set[str], remove: set[str]) -> list[Body]:
    """Requests that give each message the flags that it had."""
    unwanted = {name.lower() for name in remove}
    groups: defaultdict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for uid, had in before.items():
        names = {name.lower() for name in had}
        came = tuple(sorted(name for name in add if name.lower() not in names))
        went = tuple(sorted(name for name in had if name.lower() in unwanted))
        if came or went:
            groups[came, went].append(message_id(mailbox_id, uid))
    return [
        {"action": "flag", "ids": ids, "add": list(went), "remove": list(came)} for (came, went), ids in groups.items()
    ]
