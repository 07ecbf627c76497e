"""Domains: made and removed by system administrators, looked after by their own."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import paging, preconditions
from backend.access import administered, administers, domain_admin, require_system_admin, system_admin
from backend.extensions import db, reading, writing
from backend.routes import Blueprint
from backend.schemas.domains import DomainChange, DomainIn, DomainOut, DomainsOut
from backend.schemas.paging import ConfirmQuery, ListQuery
from mailnode.directory import edit
from mailnode.directory.addresses import readable
from mailnode.directory.models import Alias, Domain, User
from mailnode.directory.shared_owner import people
from mailnode.errors import NoSuchDomain, NotConfirmed

bp = Blueprint("domains", __name__, url_prefix="/domains", description="Mail domains")
SORTS = {"name": Domain.name, "created_at": Domain.id}
OWN = (
    "id",
    "name",
    "registration",
    "default_quota_bytes",
    "default_quota_messages",
    "catch_all",
    "over_quota_text",
    "retention_days",
    "created_at",
    "version",
)


@bp.get("")
@domain_admin
@bp.arguments(ListQuery, location="query")
@bp.response(200, DomainsOut)
def list_domains(query: dict[str, Any]) -> dict[str, object]:
    """A page of the domains that the caller administers."""
    tx, found = reading(), administered(select(Domain))
    if query["q"]:
        found = found.where(Domain.name.icontains(query["q"], autoescape=True))
    by = paging.order(query["sort"] or "name", SORTS, Domain.id)
    page = paging.page(tx, found, by, limit=query["limit"], cursor=query["cursor"])
    return page.document(lambda domain: _shown(tx, domain))


@bp.post("")
@system_admin
@bp.arguments(DomainIn)
@bp.response(201, DomainOut)
def create_domain(wanted: dict[str, Any]) -> tuple[dict[str, object], int, dict[str, str]]:
    """Make a domain, with its DKIM keys."""
    keys = edit.new_dkim_keys()
    tx = writing()
    name, alias_of = wanted.pop("name"), wanted.pop("alias_of")
    domain = edit.create_domain(tx, name, alias_of=alias_of, keys=keys, **_changes(wanted))
    db.session.commit()
    place = url_for(".show_domain", name=domain.name)
    return _shown(tx, domain), 201, {"Location": place, **preconditions.versioned(domain.version)}


@bp.get("/<name>")
@domain_admin
@bp.response(200, DomainOut)
def show_domain(name: str) -> tuple[dict[str, object], int, dict[str, str]]:
    """One domain."""
    domain = mine(reading(), name)
    shown = _shown(reading(), domain)
    return shown, 200, preconditions.unless_seen(domain.version, shown)


@bp.patch("/<name>")
@domain_admin
@bp.arguments(DomainChange)
@bp.response(200, DomainOut)
def change_domain(wanted: dict[str, Any], name: str) -> tuple[dict[str, object], int, dict[str, str]]:
    """Change a domain. How large a quota may be and whether it is served is for system administrators."""
    _within_rights(wanted)
    tx = writing()
    mine(tx, name)
    domain = edit.set_domain(tx, name, if_version=preconditions.version_wanted(), **_changes(wanted))
    db.session.commit()
    return _shown(tx, domain), 200, preconditions.versioned(domain.version)


@bp.delete("/<name>")
@system_admin
@bp.arguments(ConfirmQuery, location="query")
@bp.response(204)
def remove_domain(query: dict[str, str], name: str) -> Response:
    """Remove a domain with its users, their mail and its aliases."""
    tx = writing()
    domain = edit.domain(tx, name)
    if query["confirm"] not in (domain.name, readable(domain.name)):
        raise NotConfirmed
    edit.remove_domain(tx, domain.name, with_contents=True)
    db.session.commit()
    return Response(status=204)


def mine(tx: Session, name: str) -> Domain:
    """A domain that the caller administers, however it is spelled. Raises Forbidden; NoSuchDomain for system
    administrators, since others need not know which there are."""
    try:
        found = edit.domain(tx, name)
    except NoSuchDomain:
        require_system_admin()
        raise
    administers(found.name)
    return found


def _within_rights(wanted: dict[str, Any]) -> None:
    if "max_quota_bytes" in wanted or "disabled" in wanted:
        require_system_admin()


def _changes(wanted: dict[str, Any]) -> edit.DomainChanges:
    """The API's names for a domain's fields in the directory's words."""
    changes = {key: value for key, value in wanted.items() if key not in ("max_quota_bytes", "disabled")}
    if "max_quota_bytes" in wanted:
        changes["maximum_quota_bytes"] = wanted["max_quota_bytes"]
    if "disabled" in wanted:
        changes["enabled"] = not wanted["disabled"]
    return changes  # type: ignore[return-value]


def _shown(tx: Session, domain: Domain) -> dict[str, object]:
    counted = {
        "users": tx.scalar(select(func.count()).where(User.domain_id == domain.id, people())),
        "aliases": tx.scalar(select(func.count()).where(Alias.domain_id == domain.id)),
    }
    alias_of = domain.alias_of.name if domain.alias_of else None
    own = {name: getattr(domain, name) for name in OWN}
    own |= {"max_quota_bytes": domain.maximum_quota_bytes, "disabled": not domain.enabled}
    return {**own, **counted, "unicode_name": readable(domain.name), "alias_of": alias_of}
