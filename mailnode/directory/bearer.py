"""Bearer tokens: the API's own access tokens, as the mail protocols take them instead of a password.

A token is a JWT that the API has signed with the installation's secret (`TOKENS`). It names a session, which must live
and whose user must be let in: logging out, a new password and a disabled user end it here as they do at the API. A
refresh token is none.

RFC 6750 (bearer tokens), RFC 7519 (JWT).
"""

from __future__ import annotations

from datetime import datetime

import jwt
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.directory import sessions
from mailnode.directory.models import User
from mailnode.errors import BadCredentials, TokenExpired

TOKENS = "tokens"  # the name of the secret
ALGORITHM = "HS256"
_REQUIRED = ["exp", "sub", "sid", "type"]


def session_of(token: str, key: str) -> tuple[str, int]:
    """The id of the session that the token names, and its user's. Raises BadCredentials, TokenExpired."""
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], options={"require": _REQUIRED})
        if claims["type"] != "access":
            raise BadCredentials
        return str(claims["sid"]), int(claims["sub"])
    except jwt.ExpiredSignatureError as error:
        raise TokenExpired from error
    except (jwt.InvalidTokenError, ValueError) as error:
        raise BadCredentials from error


def user_of(tx: Session, session_id: str, user_id: int, now: datetime) -> User:
    """The user of a live session. Raises TokenExpired for one that has ended."""
    found = sessions.caller(tx, session_id, now)
    if found is None or found.user_id != user_id:
        raise TokenExpired
    return tx.scalars(select(User).where(User.id == user_id)).one()
