"""Access tokens as the API makes them, for doors that run without it."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta

import jwt
from sqlalchemy.orm import Session

from mailnode.database import utcnow
from mailnode.directory import bearer, secrets, sessions
from tests.support.imapd import ReadingServer


def access_token(server: ReadingServer, user_id: int, *, minutes: float = 15, kind: str = "access") -> str:
    """A token of a session that lives."""

    def step(tx: Session) -> str:
        now, session_id = utcnow(), f"session-{user_id}-{minutes}-{kind}"
        sessions.start(tx, session_id, user_id, peer="192.0.2.1", client="test", now=now)
        claims = {"sub": str(user_id), "sid": session_id, "type": kind, "exp": now + timedelta(minutes=minutes)}
        return jwt.encode(claims, secrets.secret(tx, bearer.TOKENS), algorithm=bearer.ALGORITHM)

    return server.write(step)


def oauthbearer(token: str, name: str = "") -> str:
    """The client's message in base64 (RFC 7628 §3.1)."""
    who = f"a={name}" if name else ""
    return b64encode(f"n,{who},\1host=mail.example.com\1port=993\1auth=Bearer {token}\1\1".encode()).decode()


def xoauth2(token: str, name: str) -> str:
    return b64encode(f"user={name}\1auth=Bearer {token}\1\1".encode()).decode()


def holes(server: ReadingServer, user_id: int, address: str) -> dict[str, str]:
    """For transcripts: ``<bearer>`` and ``<xoauth>``, ``<old_bearer>`` whose time is over, ``<false_bearer>``."""
    token, old = access_token(server, user_id), access_token(server, user_id, minutes=-1)
    return {
        "bearer": oauthbearer(token, address),
        "xoauth": xoauth2(token, address),
        "old_bearer": oauthbearer(old, address),
        "false_bearer": oauthbearer(token + "x"),
    }
