"""Users of the caller's domains. What makes somebody an administrator is for system administrators."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend import paging, preconditions
from backend.access import administered, administers, caller, domain_admin, require_system_admin
from backend.extensions import db, reading, writing
from backend.resources.me import profile, user_changes
from backend.routes import Blueprint
from backend.schemas.paging import ConfirmQuery, DomainListQuery
from backend.schemas.users import NewPasswordIn, UserChange, UserIn, UserOut, UsersOut
from mailnode.directory import edit, sessions
from mailnode.directory.addresses import normal, readable, split
from mailnode.directory.models import Domain, User
from mailnode.directory.shared_owner import is_owner, people
from mailnode.errors import Forbidden, NotConfirmed, UnknownUser
from mailnode.store import mailboxes

bp = Blueprint("users", __name__, url_prefix="/users", description="People with mailboxes")
SORTS = {"address": User.address, "name": User.display_name, "created_at": User.id}
FOR_SYSTEM_ADMINS = ("admin", "admin_domains")


@bp.get("")
@domain_admin
@bp.arguments(DomainListQuery, location="query")
@bp.response(200, UsersOut)
def list_users(query: dict[str, Any]) -> dict[str, object]:
    """A page of the users that the caller administers."""
    tx, found = reading(), select(User).join(Domain, Domain.id == User.domain_id).where(people())
    found = administered(found, query["domain"])
    if query["q"]:
        part = query["q"]
        found = found.where(
            or_(User.address.icontains(part, autoescape=True), User.display_name.icontains(part, autoescape=True))
        )
    by = paging.order(query["sort"] or "address", SORTS, User.id)
    page = paging.page(tx, found, by, limit=query["limit"], cursor=query["cursor"])
    return page.document(lambda user: _shown(tx, user))


@bp.post("")
@domain_admin
@bp.arguments(UserIn)
@bp.response(201, UserOut)
def create_user(wanted: dict[str, Any]) -> tuple[dict[str, object], int, dict[str, str]]:
    """Make a user with the usual mailboxes."""
    administers(split(normal(wanted["address"]))[1])
    _only_system_admins(wanted)
    made = edit.new_password(wanted.pop("password"))
    tx, address, domains = writing(), wanted.pop("address"), wanted.pop("admin_domains", None)
    changes = user_changes(wanted)
    user = edit.create_user(tx, address, password_hash=made.hash, scram_keys=made.scram_keys, **changes)
    mailboxes.create_defaults(tx, user.id)
    if domains:
        edit.set_administered(tx, user.address, domains)
    db.session.commit()
    place = url_for(".show_user", user_id=user.id)
    return _shown(tx, user), 201, {"Location": place, **preconditions.versioned(user.version)}


@bp.get("/<int:user_id>")
@domain_admin
@bp.response(200, UserOut)
def show_user(user_id: int) -> tuple[dict[str, object], int, dict[str, str]]:
    """One user."""
    user = mine(reading(), user_id)
    shown = _shown(reading(), user)
    return shown, 200, preconditions.unless_seen(user.version, shown)


@bp.patch("/<int:user_id>")
@domain_admin
@bp.arguments(UserChange)
@bp.response(200, UserOut)
def change_user(wanted: dict[str, Any], user_id: int) -> tuple[dict[str, object], int, dict[str, str]]:
    """Change a user; disabling ends their sessions."""
    _only_system_admins(wanted)
    tx, domains = writing(), wanted.pop("admin_domains", None)
    address, version = mine(tx, user_id).address, preconditions.version_wanted()
    user = edit.set_user(tx, address, if_version=version, **user_changes(wanted))
    if domains is not None:
        edit.set_administered(tx, address, domains)
    if user.disabled:
        sessions.end_all(tx, user.id)
    db.session.commit()
    return _shown(tx, user), 200, preconditions.versioned(user.version)


@bp.put("/<int:user_id>/password")
@domain_admin
@bp.arguments(NewPasswordIn)
@bp.response(204)
def set_password(wanted: dict[str, str], user_id: int) -> Response:
    """Give a user another password; their sessions end."""
    address = mine(reading(), user_id).address
    made = edit.new_password(wanted["password"])
    db.session.rollback()
    tx = writing()
    edit.set_password(tx, address, made.hash, made.scram_keys)
    sessions.end_all(tx, user_id)
    db.session.commit()
    return Response(status=204)


@bp.delete("/<int:user_id>")
@domain_admin
@bp.arguments(ConfirmQuery, location="query")
@bp.response(204)
def remove_user(query: dict[str, str], user_id: int) -> Response:
    """Remove a user and all their mail."""
    tx = writing()
    user = mine(tx, user_id)
    if query["confirm"] not in (user.address, readable(user.address)):
        raise NotConfirmed
    edit.remove_user(tx, user.address)
    db.session.commit()
    return Response(status=204)


def mine(tx: Session, user_id: int) -> User:
    """A user whom the caller administers. Raises UnknownUser, Forbidden.

    A domain administrator has no hold on a system administrator who happens to live in the domain.
    """
    user = tx.get(User, user_id)
    if user is None or is_owner(user.address):
        raise UnknownUser
    administers(user.domain.name)
    if user.administrator and not caller().administrator:
        raise Forbidden
    return user


def _only_system_admins(wanted: dict[str, Any]) -> None:
    if any(name in wanted for name in FOR_SYSTEM_ADMINS):
        require_system_admin()


def _shown(tx: Session, user: User) -> dict[str, object]:
    own = {name: getattr(user, name) for name in ("disabled", "quota_bytes", "quota_messages", "created_at", "version")}
    return {**profile(tx, user), **own, "domain": user.domain.name}
