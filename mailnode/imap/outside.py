"""News of everything but the selected mailbox, for whoever has asked by NOTIFY or has enabled METADATA.

RFC 5465 §5: other mailboxes' messages are told by STATUS, mailboxes and subscriptions by LIST, notes by METADATA
without values. However much has happened, a mailbox is told once; when even that would be too much, the client is told
so and hears nothing any more (RFC 5465 §5.8). What this session has done itself to the user's own mailboxes is not
told. Of others' mailboxes those are watched whose owners had shared one with the user when the watch began, or have
named the user since.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.overview import MOST_OWNERS, Overview
from mailnode.imap.session import Session
from mailnode.imap.sources import normal
from mailnode.imap.watch import Other, Watch
from mailnode.proto.imap import responses
from mailnode.proto.imap.watching import Notify
from mailnode.store import changes
from mailnode.store.changes import Change, What

FEW = 100  # names
MOST = 2_000  # steps and changes of the tree of which one look tells
_OF_THE_TREE = frozenset({What.MAILBOX_CREATED, What.MAILBOX_RENAMED, What.MAILBOX_REMOVED, What.RIGHTS})


@dataclass(slots=True)
class _Journals:
    """What has happened since the last look, by whose journal says it, and up to where they were read."""

    seen: dict[int, int]
    steps: list[Change] = field(default_factory=list)
    own: list[Change] = field(default_factory=list)  # of the tree of the user
    others: list[Change] = field(default_factory=list)  # of the trees of other owners


@dataclass(frozen=True, slots=True)
class _Found:
    seen: dict[int, int]
    others: dict[int, Other]
    lines: list[bytes]
    is_too_much: bool = False


async def gather(session: Session) -> list[bytes]:
    """What is to be told now; afterwards it counts as told. After an error the session still has news."""
    watch = session.watch
    if not (watch.stale and watch.is_about_more):
        watch.stale = False
        return []
    watch.stale = False
    try:
        offload = session.context.offload
        read = offload.look if watch.breadth <= FEW else offload.read  # who waits shall not queue behind long readings
        found = await read(lambda tx: _read(tx, session, watch))
    except BaseException:
        watch.stale = True
        raise
    if found.is_too_much:
        session.begin_watching(Watch((), metadata=watch.metadata, seen=found.seen, others=found.others))
        return [responses.untagged_ok("Too much has happened; nothing is told any more", "NOTIFICATIONOVERFLOW")]
    same_owners = watch.seen.keys() == found.seen.keys()
    watch.seen, watch.others = found.seen, found.others
    watch.own = {modseq for modseq in watch.own if modseq > watch.seen[session.user_id]}
    if not same_owners:
        session.begin_watching(watch)
    return found.lines


def begin(tx: Transaction, session: Session, command: Notify) -> tuple[Watch, list[bytes]]:
    """A watch over what is to come, and what is to be told at once (RFC 5465 §3.1)."""
    seen = {session.user_id: changes.latest(tx, session.user_id)}
    groups = [replace(group, source=normal(group.source)) for group in command.groups]
    watch = Watch(groups, metadata=session.watch.metadata, seen=seen)
    if not watch.is_about_more:
        return watch, []
    overview = Overview(tx, session, watch)
    watch.breadth = len(overview.entries)
    watch.others = overview.others()
    watch.seen = _positions(tx, watch.seen, watch.others)
    return watch, overview.at_first(status=command.status)


def begin_with_notes(tx: Transaction, session: Session) -> Watch:
    """A watch over notes alone, for a client that has not used NOTIFY (RFC 5464 §4.1)."""
    watch = Watch(None, metadata=True, seen={session.user_id: changes.latest(tx, session.user_id)})
    overview = Overview(tx, session, watch)
    watch.breadth = len(overview.entries)
    watch.others = overview.others()
    watch.seen = _positions(tx, watch.seen, watch.others)
    return watch


def _read(tx: Transaction, session: Session, watch: Watch) -> _Found:
    journals = _journals(tx, session.user_id, watch)
    if journals is None:  # what was too much is past
        seen = {owner_id: changes.latest(tx, owner_id) for owner_id in watch.seen}
        return _Found(seen, watch.others, [], is_too_much=True)
    seen, others = journals.seen, watch.others
    tree = [*journals.own, *journals.others]
    if not (journals.steps or tree):
        return _Found(seen, others, [])
    overview = Overview(tx, session, watch)
    watch.breadth = len(overview.entries)
    lines = overview.names(journals.own)
    moved = [*journals.others, *(change for change in journals.own if change.what is What.RIGHTS)]
    if any(change.what in _OF_THE_TREE for change in moved):
        others = overview.others()
        seen = _positions(tx, seen, others)
        lines += overview.names_of_others(watch.others, others)
    lines += [*overview.statuses(journals.steps, journals.own), *overview.notes(tree)]
    return _Found(seen, others, lines)


def _journals(tx: Transaction, user_id: int, watch: Watch) -> _Journals | None:
    """None when it is too much to tell."""
    found = _Journals(dict(watch.seen))
    for owner_id, since in watch.seen.items():
        latest = changes.latest(tx, owner_id)
        if latest <= since:
            continue
        steps = changes.steps_since(tx, owner_id, since, MOST + 1) if watch.groups else []
        tree = changes.tree_since(tx, owner_id, since, MOST + 1)
        if len(steps) > MOST or len(tree) > MOST:
            return None
        found.seen[owner_id] = max([latest, *(change.modseq for change in (*steps, *tree))])
        if owner_id == user_id:
            found.steps += [step for step in steps if step.modseq not in watch.own]
            found.own += [change for change in tree if change.modseq not in watch.own]
        else:
            found.steps += [step for step in steps if step.mailbox_id in watch.others]
            found.others += [change for change in tree if not _is_private(change)]
    return found


def _is_private(change: Change) -> bool:
    """A note that the owner keeps for herself."""
    return change.what is What.ANNOTATION and change.old.startswith("/private/")


def _positions(tx: Transaction, seen: dict[int, int], others: dict[int, Other]) -> dict[int, int]:
    """Up to where the journals count as read: of owners that are new to the watch from now on."""
    own = next(iter(seen))
    owners = [own, *dict.fromkeys(other.owner_id for other in others.values())][: MOST_OWNERS + 1]
    return {owner: seen[owner] if owner in seen else changes.latest(tx, owner) for owner in owners}
