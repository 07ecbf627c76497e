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
from mailnode.store import access, changes, messages, permitted, ranges
from mailnode.store.entries import FlagMode
from mailnode.store.flags import Flags, flags
from mailnode.store.rights import Access, Who

Body = dict[str, object]


@dataclass(slots=True)
class Acted:
    """``ids``: every id touched and what it is now; ``undo``: bodies, in order."""

    ids: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    modseq: int = 0
    undo: list[Body] = field(default_factory=list)


def act(tx: Session, who: Who, body: Body) -> Acted:
    """Do what a request asks. Raises NoSuchMailbox (the target), NoRight, OverQuota."""
    ids: list[str] = body["ids"]  # type: ignore[assignment]
    done = Acted()
    for mailbox_id, uids in by_mailbox(ids).items():
        try:
            here = access.by_id(tx, who, mailbox_id, "r").access
        except NoSuchMailbox:
            continue
        present = _present(tx, here, uids)
        if present:
            _act_in(tx, who, here, present, body, done)
    done.missing = [one for one in dict.fromkeys(ids) if one not in done.ids]
    done.modseq = changes.latest(tx, who.user_id)
    return done


def _act_in(tx: Session, who: Who, here: Access, present: dict[int, Flags], body: Body, done: Acted) -> None:
    mailbox_id, uids = here.mailbox_id, ranges.of(present)
    match body["action"]:
        case "flag":
            add, remove = flags(*body["add"]), flags(*body["remove"])  # type: ignore[misc]
            permitted.set_flags(tx, here, uids, FlagMode.ADD, add)
            permitted.set_flags(tx, here, uids, FlagMode.REMOVE, remove)
            allowed = permitted.mask(here.rights)
            add, remove = allowed.of(add), allowed.of(remove)
            done.ids |= {name: name for name in (message_id(mailbox_id, uid) for uid in present)}
            done.undo += _flags_back(mailbox_id, present, set(add), set(remove))
        case "move" if body["mailbox_id"] == mailbox_id:
            done.ids |= {name: name for name in (message_id(mailbox_id, uid) for uid in present)}
        case "move":
            new = _transfer(tx, who, here, present, body, done)
            done.undo.append({"action": "move", "ids": new, "mailbox_id": mailbox_id})
        case "copy":
            new = _transfer(tx, who, here, present, body, done)
            done.undo.append({"action": "delete", "ids": new})
        case _:
            permitted.expunge(tx, here, uids, only_deleted=False)
            done.ids |= {name: name for name in (message_id(mailbox_id, uid) for uid in present)}


def _transfer(tx: Session, who: Who, here: Access, present: dict[int, Flags], body: Body, done: Acted) -> list[str]:
    """Move or copy into ``body["mailbox_id"]``; the new ids."""
    target = body["mailbox_id"]
    assert isinstance(target, int)
    there = access.by_id(tx, who, target)
    if not there.row.selectable:
        raise NoSuchMailbox
    transfer = permitted.move if body["action"] == "move" else permitted.copy
    moved = transfer(tx, here, ranges.of(present), there.access)
    new = [message_id(target, uid) for uid in moved.new]
    done.ids |= dict(zip((message_id(here.mailbox_id, uid) for uid in moved.old), new, strict=True))
    return new


def _present(tx: Session, here: Access, uids: Sequence[int]) -> dict[int, Flags]:
    """Those of the messages that are there, with their flags."""
    rows = messages.rows(tx, here.owner_id, here.mailbox_id, ranges.of(uids), ("uid", "flags", "keywords"))
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
