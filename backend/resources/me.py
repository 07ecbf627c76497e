"""Me: the user who calls, their settings and their password."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from backend import preconditions, rows
from backend.access import caller, peer, signed_in
from backend.doors import authenticator
from backend.extensions import db, limiter, reading, writing
from backend.routes import Blueprint
from backend.schemas.me import MeIn, MeOut, PasswordIn, RecipientsOut, RecipientsQuery
from mailnode.directory import edit, lookup, preferences, sessions
from mailnode.directory.addresses import readable
from mailnode.directory.models import User
from mailnode.errors import UnknownUser
from mailnode.store import listing, mailboxes, quota, retention

bp = Blueprint("me", __name__, url_prefix="/me", description="The user who is logged in")
LOOKED_AT = 500  # messages of Sent
SUGGESTED = 10


@bp.get("")
@signed_in
@bp.response(200, MeOut)
def show_me() -> tuple[dict[str, object], int, dict[str, str]]:
    """The caller, what they may do and how much room they have."""
    shown = me(reading(), caller().user_id)
    return shown, 200, preconditions.unless_known(preconditions.tag_of(shown))


@bp.patch("")
@signed_in
@bp.arguments(MeIn)
@bp.response(200, MeOut)
def change_me(wanted: dict[str, Any]) -> tuple[dict[str, object], int, dict[str, str]]:
    """Change one's name, language or settings."""
    tx = writing()
    preconditions.must_match(preconditions.tag_of(me(tx, caller().user_id)), required=False)
    if "settings" in wanted:
        preferences.save(tx, caller().user_id, json.dumps(wanted.pop("settings"), ensure_ascii=False))
    edit.set_user(tx, caller().address, **user_changes(wanted))
    db.session.commit()
    shown = me(reading(), caller().user_id)
    return shown, 200, preconditions.headers(preconditions.tag_of(shown))


@bp.put("/password")
@signed_in
@limiter.limit("10 per minute")
@bp.arguments(PasswordIn)
@bp.response(204)
def change_password(wanted: dict[str, str]) -> Response:
    """Change one's password; all other sessions end."""
    who = caller()
    authenticator().check_now(who.address, wanted["old_password"], peer())
    made = edit.new_password(wanted["new_password"])
    tx = writing()
    edit.set_password(tx, who.address, made.hash, made.scram_keys)
    sessions.end_all(tx, who.user_id, but=who.session_id)
    db.session.commit()
    return Response(status=204)


@bp.get("/recipients")
@signed_in
@bp.arguments(RecipientsQuery, location="query")
@bp.response(200, RecipientsOut)
def list_recipients(query: dict[str, str]) -> dict[str, object]:
    """Whom the caller has written to, the latest first: for completing an address."""
    tx, user_id, wanted = reading(), caller().user_id, query["q"].casefold()
    sent = [row.id for row in mailboxes.tree(tx, user_id) if row.special_use == "\\Sent"]
    found: dict[str, dict[str, str]] = {}
    for row in listing.page(tx, user_id, sent[0], limit=LOOKED_AT) if sent else ():
        for one in rows.recipients(row.recipients):
            if wanted in f"{one['name']} {one['address']}".casefold():
                found.setdefault(one["address"].casefold(), one)
    return {"items": list(found.values())[:SUGGESTED]}


def me(tx: Session, user_id: int) -> dict[str, object]:
    """The document of a user about themselves. Raises UnknownUser."""
    user = tx.get(User, user_id)
    if user is None:
        raise UnknownUser
    return {
        **profile(tx, user),
        "addresses": lookup.addresses_of(tx, user_id),
        "settings": json.loads(preferences.load(tx, user_id)),
    }


def profile(tx: Session, user: User) -> dict[str, object]:
    """What is shown of a user to themselves and to administrators alike."""
    return {
        "id": user.id,
        "address": readable(user.address),
        "name": user.display_name,
        "language": user.language,
        "admin": user.administrator,
        "admin_domains": edit.administered(tx, user.id),
        "quota": room(tx, user.id),
    }


def room(tx: Session, user_id: int) -> dict[str, int | str | None]:
    """Used and allowed bytes and messages, and what is kept of removed mail; no limit is None."""
    used, allowed, held = quota.usage(tx, user_id), lookup.quota(tx, user_id), retention.held(tx, user_id)
    return {
        "used_bytes": used.size,
        "limit_bytes": allowed.bytes,
        "used_messages": used.messages,
        "limit_messages": allowed.messages,
        "kept_bytes": held.size,
        "kept_messages": held.messages,
        "kept_since": rows.moment(held.since) if held.since else None,
    }


def user_changes(wanted: dict[str, Any]) -> edit.UserChanges:
    """The API's names for a user's fields in the directory's words."""
    names = {"name": "display_name", "admin": "administrator"}
    return {names.get(key, key): value for key, value in wanted.items()}  # type: ignore[return-value]
