"""NOTIFY and CANCELUPDATE.

    notify = "NOTIFY" SP ("NONE" / "SET" [SP "STATUS"] 1*(SP event-group))                    RFC 5465 §8
    event-group = "(" filter-mailboxes SP (("(" event *(SP event) ")") / "NONE") ")"
    event = "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"] / a name of ``Event``
    cancelupdate = "CANCELUPDATE" 1*(SP quoted)                                               RFC 5267 §4.3.5

Which events belong together (RFC 5465 §5) is checked for the selected mailbox. For others a lone MessageExpunge or
FlagChange is taken too, as Dovecot does and its ImapTest wants: STATUS tells all of it anyhow.
"""

from __future__ import annotations

from mailnode.errors import ProtocolError
from mailnode.proto.imap.commands import FetchItem, Source
from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.imap.parse_fetch import read_items
from mailnode.proto.imap.parse_multisearch import read_source
from mailnode.proto.imap.watching import CancelUpdate, Event, EventGroup, Notify

MAX_GROUPS = 50
MAX_TAGS = 50
_EVENTS = {event.value.upper(): event for event in Event}
_OF_MESSAGES = frozenset({Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE, Event.FLAG_CHANGE})
_SELECTED = frozenset({"SELECTED", "SELECTED-DELAYED"})
_OTHERS = frozenset({"INBOXES", "PERSONAL", "SUBSCRIBED", "SUBTREE", "MAILBOXES"})


class BadEvent(ProtocolError):
    """An event that is not known: NO [BADEVENT (...)] (RFC 5465 §3.1), not BAD."""


def parse_notify(tag: str, args: Cursor) -> Notify:
    args.space()
    what = args.word()
    if what == "NONE":
        args.end()
        return Notify(tag)
    if what != "SET":
        raise args.fault("SET or NONE was expected")
    args.space()
    status = args.text[args.pos : args.pos + 7].upper() == b"STATUS "
    if status:
        args.pos += 6
        args.space()
    unknown: list[str] = []
    groups = [_group(args, unknown)]
    while not args.at_end():
        args.space()
        if len(groups) == MAX_GROUPS:
            raise args.fault(f"At most {MAX_GROUPS} event groups were expected")
        groups.append(_group(args, unknown))
    if sum(group.source.kind in _SELECTED for group in groups) > 1:
        raise args.fault("One group for the selected mailbox was expected")  # RFC 5465 §6.1
    if unknown:
        raise BadEvent("Some of these events are not known here")
    return Notify(tag, tuple(groups), status)


def parse_cancel_update(tag: str, args: Cursor) -> CancelUpdate:
    tags: list[str] = []
    while not tags or not args.at_end():
        args.space()
        if len(tags) == MAX_TAGS:
            raise args.fault(f"At most {MAX_TAGS} tags were expected")
        tags.append(args.decode(args.string()))
    return CancelUpdate(tag, tuple(tags))


def _group(args: Cursor, unknown: list[str]) -> EventGroup:
    args.expect(b"(")
    source = read_source(args, _SELECTED | _OTHERS)
    args.space()
    if not args.take(b"("):
        if args.word() != "NONE":
            raise args.fault("A list of events or NONE was expected")
        args.expect(b")")
        return EventGroup(source, frozenset())
    events: set[Event] = set()
    items: tuple[FetchItem, ...] = ()
    while True:
        name = args.word()
        event = _EVENTS.get(name)
        if event is None:
            unknown.append(name)
        else:
            events.add(event)
            if event is Event.MESSAGE_NEW and args.at(b" ("):
                args.space()
                items = _items(args, source)
        if args.take(b")"):
            break
        args.space()
    args.expect(b")")
    _require_together(args, source, events, bool(unknown))
    return EventGroup(source, frozenset(events), items)


def _items(args: Cursor, source: Source) -> tuple[FetchItem, ...]:
    """They never set \\Seen: nobody has read what the server sends by itself (RFC 5465 §5.2)."""
    if source.kind not in _SELECTED:
        raise args.fault("Items to fetch, of the selected mailbox only, were expected")  # RFC 5465 §8
    return tuple(dict.fromkeys(read_items(args)))


def _require_together(args: Cursor, source: Source, events: set[Event], unknown: bool) -> None:
    if source.kind not in _SELECTED:
        return
    if not events <= _OF_MESSAGES:
        raise args.fault("Events of messages were expected for the selected mailbox")  # RFC 5465 §6.1
    both = {Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE}
    if events and not (both <= events or unknown):
        raise args.fault("MessageNew and MessageExpunge were expected together")  # RFC 5465 §5
