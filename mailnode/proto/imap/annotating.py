"""GETMETADATA and SETMETADATA as values (RFC 5464 §5)."""

from __future__ import annotations

from dataclasses import dataclass

from mailnode.proto.imap.commands import Command, MetadataItems


@dataclass(frozen=True, slots=True)
class GetMetadata(Command):
    """``mailbox`` is "" for the server."""

    mailbox: str
    items: MetadataItems


@dataclass(frozen=True, slots=True)
class SetMetadata(Command):
    """Entries and their values, None for what is to be removed."""

    mailbox: str
    values: tuple[tuple[str, bytes | None], ...]
