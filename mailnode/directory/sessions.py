"""Sessions of the web client and of scripts: who is logged in at the API, from where, until when.

The API's tokens name a row here, and every request looks at it. So logging out, a new password or
a disabled user end a session at once, whatever the tokens themselves still say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from mailnode.directory.models import Domain, DomainAdministrator, User, WebSession
from mailnode.errors import NoSuchSession

LIFETIME = timedelta(days=30)  # from the last refresh


@dataclass(frozen=True, slots=True)
class Caller:
    """The user of a live session and what they administer; ``domains`` are names."""

    session_id: str
    user_id: int
    address: str
    administrator: bool
    domains: frozenset[str]

    def administers(self, domain: str) -> bool:
        return self.administrator or domain in self.domains


def start(tx: Session, session_id: str, user_id: int, *, peer: str, client: str, now: datetime) -> WebSession:
    """Write a new session; the caller chooses the random id. Expired ones are cleared on the way."""
    tx.execute(delete(WebSession).where(WebSession.expires_at < now))
    made = WebSession(
        id=session_id,
        user_id=user_id,
        peer=peer[:64],
        client=client[:200],
        created_at=now,
        last_used_at=now,
        expires_at=now + LIFETIME,
    )
    tx.add(made)
    tx.flush()
    return made


def caller(tx: Session, session_id: str, now: datetime) -> Caller | None:
    """Who is behind a session; None when it has ended or its user is disabled."""
    found = tx.execute(
        select(User.id, User.address, User.administrator)
        .join(WebSession, WebSession.user_id == User.id)
        .join(Domain, Domain.id == User.domain_id)
        .where(WebSession.id == session_id, WebSession.expires_at > now)
        .where(User.disabled.is_(False), Domain.enabled.is_(True))
    ).one_or_none()
    if found is None:
        return None
    names = select(Domain.name).join(DomainAdministrator, DomainAdministrator.domain_id == Domain.id)
    domains = tx.scalars(names.where(DomainAdministrator.user_id == found.id))
    return Caller(session_id, found.id, found.address, found.administrator, frozenset(domains))


def extend(tx: Session, session_id: str, now: datetime) -> None:
    """The session was refreshed: it lives for its whole time again."""
    found = update(WebSession).where(WebSession.id == session_id)
    tx.execute(found.values(last_used_at=now, expires_at=now + LIFETIME))


def of_user(tx: Session, user_id: int, now: datetime) -> list[WebSession]:
    """The live sessions of a user, the last used first."""
    found = select(WebSession).where(WebSession.user_id == user_id, WebSession.expires_at > now)
    return list(tx.scalars(found.order_by(WebSession.last_used_at.desc(), WebSession.id)))


def end(tx: Session, user_id: int, session_id: str) -> None:
    """End one of the user's sessions. Raises NoSuchSession."""
    mine = delete(WebSession).where(WebSession.user_id == user_id, WebSession.id == session_id)
    if tx.execute(mine.returning(WebSession.id)).first() is None:
        raise NoSuchSession


def end_all(tx: Session, user_id: int, *, but: str = "") -> None:
    """End all sessions of a user, except perhaps one (the password was changed in it)."""
    tx.execute(delete(WebSession).where(WebSession.user_id == user_id, WebSession.id != but))
