"""CAPABILITY, NOOP, LOGOUT, ID (RFC 9051 §6.1, RFC 2971)."""

from __future__ import annotations

from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Capability, Check, Id, Logout, Noop
from mailnode.proto.imap.responses import Reply


async def capability(session: Session, command: Capability) -> Reply:
    return responses.ok(command, "Done", [responses.capability(session.capabilities())])


async def noop(session: Session, command: Noop | Check) -> Reply:
    """Dispatch brings the news; every change is durable already, so CHECK is NOOP (RFC 9051 §6.4.1)."""
    return responses.ok(command, "Done")


async def logout(session: Session, command: Logout) -> Reply:
    session.over = True
    return responses.ok(command, "Good bye", [responses.bye("Logging out")])


async def identify(session: Session, command: Id) -> Reply:
    """We say who we are, not how old: versions are for attackers (RFC 2971 §4)."""
    return responses.ok(command, "Done", [responses.identity([("name", "Mailnode")])])
