"""LIST, LSUB, NAMESPACE: which mailboxes there are (RFC 9051 §6.3.9, RFC 5258, RFC 6154, RFC 5819).

What the answer holds: mailboxes that match a pattern and every selection option; with RECURSIVEMATCH also those
that only have such a mailbox somewhere below (CHILDINFO). Subscribed names without a mailbox are \\NonExistent.
"""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.imap.annotated import answer
from mailnode.imap.names import Entry, known, parents
from mailnode.imap.session import Session
from mailnode.imap.status import figures
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import List, Lsub, Namespace
from mailnode.proto.imap.list_pattern import matcher
from mailnode.proto.imap.responses import Reply
from mailnode.store import notes
from mailnode.store.notes import Holder


async def namespace(session: Session, command: Namespace) -> Reply:
    return responses.ok(command, "Done", [responses.namespace()])


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
    entries = await session.context.offload.read(lambda tx: known(tx, session.user_id))
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
    entries = known(tx, session.user_id)
    tests = [matcher(command.reference, pattern) for pattern in command.patterns]
    chosen = {entry.name for entry in entries if _selected(entry, command)}
    with_chosen_below: set[str] = set()
    if command.recursive_match:  # RFC 5258 §3.5: of what is listed itself nothing is told above
        told = {name for name in chosen if any(test(name) for test in tests)}
        with_chosen_below = {parent for name in chosen - told for parent in parents(name)}
    lines: list[bytes] = []
    for entry in entries:
        below = entry.name in with_chosen_below
        if not (entry.name in chosen or below) or not any(test(entry.name) for test in tests):
            continue
        lines.append(
            responses.list_line(
                entry.name,
                entry.attributes(subscribed=command.subscribed or command.return_subscribed),
                utf8=session.utf8,
                childinfo=below,
            )
        )
        if command.return_status and entry.row is not None and entry.row.selectable:
            values = figures(tx, session.user_id, entry.row, command.return_status, append_limit)
            lines.append(responses.status(entry.name, values, utf8=session.utf8))
        if command.return_metadata is not None and entry.row is not None:
            holder = Holder(session.user_id, entry.row.id, session.user_id)
            found = answer(notes.read(tx, holder), command.return_metadata)  # RFC 9590 §3
            if found.values:
                lines.append(responses.metadata(entry.name, found.values, utf8=session.utf8))
    return lines


def _selected(entry: Entry, command: List) -> bool:
    if command.subscribed:
        return entry.subscribed and (not command.special_use or entry.special_use is not None)
    return entry.row is not None and (not command.special_use or entry.special_use is not None)
