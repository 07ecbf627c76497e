"""Restorations: mail as it was at a time, for users themselves and for those who administer them.

Runs in the request, in transactions of 500 messages each, so nobody else waits long. One that is cut off is simply
asked for again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from backend.access import caller, domain_admin, signed_in
from backend.doors import offload
from backend.extensions import db, limiter, reading
from backend.identifiers import message_id, parse
from backend.resources.users import mine
from backend.routes import Blueprint
from backend.rows import moment as written
from backend.schemas.restorations import CountsOut, RestorationIn, RestorationOut, UserRestorationIn
from mailnode.store import moment, restore
from mailnode.store.entries import AT_ONCE
from mailnode.store.restore import Done
from mailnode.store.rewind import Aim, Step

bp = Blueprint("restorations", __name__, description="Mail as it was")
LISTED = 1000


@dataclass(slots=True)
class _Listing:
    """The first messages of a dry run."""

    messages: list[dict[str, object]] = field(default_factory=list)
    more: bool = False

    def add(self, step: Step, mailbox: str) -> None:
        self.more = len(self.messages) >= LISTED
        if not self.more:
            shown = {name: getattr(step, name) for name in ("subject", "sender", "size")}
            place = message_id(step.mailbox_id, step.uid)
            self.messages.append({"change": step.kind, "id": place, "mailbox": mailbox, **shown})


@bp.post("/me/restorations")
@signed_in
@limiter.limit("20 per minute")
@bp.arguments(RestorationIn)
@bp.response(200, RestorationOut)
def restore_mine(wanted: dict[str, Any]) -> dict[str, object]:
    """Put one's own mail back as it was; with dry_run only tell what would change."""
    at = moment.parse(wanted["at"], int(time.time()))
    messages = frozenset(map(parse, wanted["messages"])) if wanted["messages"] else None
    aim, listing = Aim(at, wanted["mailbox"], messages), _Listing()
    done = _restored(caller().user_id, aim, listing, dry_run=wanted["dry_run"])
    tree = [{"change": step.kind, "name": step.name, "was": step.was or None} for step in done.tree]
    return {**_counts(aim, done, wanted), "tree": tree, "messages": listing.messages, "more": listing.more}


@bp.post("/users/<int:user_id>/restorations")
@domain_admin
@limiter.limit("20 per minute")
@bp.arguments(UserRestorationIn)
@bp.response(200, CountsOut)
def restore_user(wanted: dict[str, Any], user_id: int) -> dict[str, object]:
    """Put a user's mail back as it was; with dry_run only tell how much would change."""
    mine(reading(), user_id)
    db.session.rollback()
    aim = Aim(moment.parse(wanted["at"], int(time.time())), wanted["mailbox"])
    done = _restored(user_id, aim, _Listing(), dry_run=wanted["dry_run"])
    return _counts(aim, done, wanted)


def _restored(user_id: int, aim: Aim, listing: _Listing, *, dry_run: bool) -> Done:
    way = offload()
    if dry_run:
        return way.read_now(lambda tx: restore.look(tx, user_id, aim, listing.add))
    return way.read_now(lambda tx: restore.run(tx, way.write_now, user_id, aim, most=AT_ONCE))


def _counts(aim: Aim, done: Done, wanted: dict[str, Any]) -> dict[str, object]:
    return {
        "at": written(aim.at),
        "dry_run": wanted["dry_run"],
        **{name: getattr(done, name) for name in ("returned", "moved", "flagged", "lost")},
        "size_bytes": done.size,
        "mailboxes": sum(1 for step in done.tree if step.kind in ("make", "rename")),
    }
