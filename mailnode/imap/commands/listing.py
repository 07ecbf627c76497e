"""LIST, LSUB, NAMESPACE: which mailboxes there are (RFC 9051 §6.3.9, RFC 5258, RFC 6154, RFC 5819, RFC 8440).

What the answer holds: mailboxes that match a pattern and every selection option; with RECURSIVEMATCH also those
that only have such a mailbox somewhere below (CHILDINFO). Subscribed names without a mailbox are \\NonExistent.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.annotated import answer
from mailnode.imap.names import Entry, known, parents
from mailnode.imap.session import Session
from mailnode.imap.status import figures
from mailnode.proto.imap import responses, sharing
from mailnode.proto.imap.commands import List, Lsub, Namespace
from mailnode.proto.imap.list_pattern import matcher
from mailnode.proto.imap.responses import Reply
from mailnode.store import access, notes
from mailnode.store.access import Seen
from mailnode.store.mailboxes import SEPARATOR
from mailnode.store.notes import Holder


async def namespace(session: Session, command: Namespace) -> Reply:
    """The user's own mailboxes, those that other users share, those of the user's domain."""
    line = responses.namespace(access.OTHERS + SEPARATOR, access.SHARED + SEPARATOR)
    return responses.ok(command, "Done", [line])


async def list_mailboxes(session: Session, command: List) -> Reply:
    if command.patterns == ("",) and not command.extended:
        return responses.ok(command, "Done", [responses.list_root()])
    limit = session.context.settings.message_size_limit
    lines = await session.context.offload.read(lambda tx: _list(tx, session, command, limit))
    if command.return_status and "HIGHESTMODSEQ" in command.return_status.names:
        lines = [*session.want_modseqs(), *lines]
    return responses.ok(command, "Done", lines)


async def lsub(session: Session, command: Lsub) -> Reply:
    """RFC 3501 §6.3.9: with "%" a name counts also for what is subscribed below it, as \\Noselect."""
    entries = await session.context.offload.read(lambda tx: known(tx, session.who))
    matches = matcher(command.reference, command.pattern)
    found: dict[str, list[str]] = {entry.name: [] for entry in entries if entry.subscribed and matches(entry.name)}
    if command.pattern.endswith("%"):
        for entry in entries:
            for parent in parents(entry.name) if entry.subscribed else ():
                if matches(parent):
                    found.setdefault(parent, ["\\Noselect"])
    lines = [
        responses.list_line(name, attributes, utf8=session.utf8, lsub=True)
        for name, attributes in sorted(found.items())
    ]
    return responses.ok(command, "Done", lines)


def _list(tx: Transaction, session: Session, command: List, append_limit: int) -> list[bytes]:
    entries = known(tx, session.who)
    tests = [matcher(command.reference, pattern) for pattern in command.patterns]
    levels = [test for test, pattern in zip(tests, command.patterns, strict=True) if pattern.endswith("%")]
    chosen = {entry.name for entry in entries if _selected(entry, command)}
    with_chosen_below: set[str] = set()
    if command.recursive_match:  # RFC 5258 §3.5: of what is listed itself nothing is told above
        told = {name for name in chosen if any(test(name) for test in tests)}
        with_chosen_below = {parent for name in chosen - told for parent in parents(name)}
    lines: list[bytes] = []
    for entry in entries:
        below = entry.name in with_chosen_below
        level = entry.is_level and not command.subscribed and any(test(entry.name) for test in levels)
        if not level and (not (entry.name in chosen or below) or not any(test(entry.name) for test in tests)):
            continue
        lines.append(
            responses.list_line(
                entry.name,
                entry.attributes(subscribed=command.subscribed or command.return_subscribed),
                utf8=session.utf8,
                childinfo=below,
            )
        )
        if entry.seen is not None:
            lines += _returned(tx, session, command, entry.seen, append_limit)
    return lines


def _returned(tx: Transaction, session: Session, command: List, seen: Seen, append_limit: int) -> Iterator[bytes]:
    """What else is told of a mailbox, as far as the user may know it."""
    name, readable = seen.row.name, "r" in seen.access.rights
    if command.return_my_rights and seen.row.selectable:  # RFC 8440 §3
        yield responses.my_rights(name, sharing.told(seen.access.rights), utf8=session.utf8)
    if command.return_status and seen.row.selectable and readable:
        values = figures(tx, seen.owner_id, seen.row, command.return_status, append_limit)
        yield responses.status(name, values, utf8=session.utf8)
    if command.return_metadata is not None and readable:
        holder = Holder(seen.owner_id, seen.id, session.user_id)
        found = answer(notes.read(tx, holder), command.return_metadata)  # RFC 9590 §3
        if found.values:
            yield responses.metadata(name, found.values, utf8=session.utf8)


def _selected(entry: Entry, command: List) -> bool:
    if command.subscribed:
        return entry.subscribed and (not command.special_use or entry.special_use is not None)
    return entry.row is not None and (not command.special_use or entry.special_use is not None)
