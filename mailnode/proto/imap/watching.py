"""NOTIFY and CANCELUPDATE as values (RFC 5465 §8, RFC 5267 §4.3.5)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mailnode.proto.imap.commands import Command, FetchItem, Source


class Event(enum.Enum):
    """What can happen (RFC 5465 §5); the value is the name on the wire."""

    MESSAGE_NEW = "MessageNew"
    MESSAGE_EXPUNGE = "MessageExpunge"
    FLAG_CHANGE = "FlagChange"
    MAILBOX_NAME = "MailboxName"
    SUBSCRIPTION_CHANGE = "SubscriptionChange"
    MAILBOX_METADATA_CHANGE = "MailboxMetadataChange"
    SERVER_METADATA_CHANGE = "ServerMetadataChange"


@dataclass(frozen=True, slots=True)
class EventGroup:
    """Events of a set of mailboxes; ``items`` are fetched of new messages in the selected one."""

    source: Source
    events: frozenset[Event]
    items: tuple[FetchItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify(Command):
    """No groups: NOTIFY NONE. ``status``: how the mailboxes are now is told at once."""

    groups: tuple[EventGroup, ...] = ()
    status: bool = False


@dataclass(frozen=True, slots=True)
class CancelUpdate(Command):
    tags: tuple[str, ...]
