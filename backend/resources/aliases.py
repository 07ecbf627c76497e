"""Aliases of the caller's domains: addresses that stand for other addresses.

The rules (who owns the address, loops, limits) live in mailnode.directory.edit; this file only
translates. Errors are raised, never built here: see problems.py.
"""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import paging, preconditions
from backend.access import administered, administers, domain_admin
from backend.extensions import db, reading, writing
from backend.routes import Blueprint
from backend.schemas.aliases import AliasChange, AliasesOut, AliasIn, AliasOut
from backend.schemas.paging import DomainListQuery
from mailnode.directory import edit
from mailnode.directory.addresses import normal, readable, split
from mailnode.directory.models import Alias, Domain
from mailnode.errors import UnknownAlias

bp = Blueprint("aliases", __name__, url_prefix="/aliases", description="Addresses that stand for others")
SORTS = {"address": Alias.address, "created_at": Alias.id}


@bp.get("")
@domain_admin
@bp.arguments(DomainListQuery, location="query")
@bp.response(200, AliasesOut)
def list_aliases(query: dict[str, Any]) -> dict[str, object]:
    """A page of the aliases that the caller administers."""
    found = administered(select(Alias).join(Domain, Domain.id == Alias.domain_id), query["domain"])
    if query["q"]:
        found = found.where(Alias.address.icontains(query["q"], autoescape=True))
    by = paging.order(query["sort"] or "address", SORTS, Alias.id)
    return paging.page(reading(), found, by, limit=query["limit"], cursor=query["cursor"]).document(_shown)


@bp.post("")
@domain_admin
@bp.arguments(AliasIn)
@bp.response(201, AliasOut)
def create_alias(wanted: dict[str, Any]) -> tuple[dict[str, object], int, dict[str, str]]:
    """Make an alias."""
    tx = writing()
    administers(split(normal(wanted["address"]))[1])
    alias = edit.create_alias(tx, wanted["address"], wanted["targets"])
    db.session.commit()
    place = url_for(".show_alias", alias_id=alias.id)
    return _shown(alias), 201, {"Location": place, **preconditions.versioned(alias.version)}


@bp.get("/<int:alias_id>")
@domain_admin
@bp.response(200, AliasOut)
def show_alias(alias_id: int) -> tuple[dict[str, object], int, dict[str, str]]:
    """One alias."""
    alias = _mine(reading(), alias_id)
    shown = _shown(alias)
    return shown, 200, preconditions.unless_seen(alias.version, shown)


@bp.patch("/<int:alias_id>")
@domain_admin
@bp.arguments(AliasChange)
@bp.response(200, AliasOut)
def change_alias(wanted: dict[str, Any], alias_id: int) -> tuple[dict[str, object], int, dict[str, str]]:
    """Give an alias other targets."""
    tx = writing()
    address, version = _mine(tx, alias_id).address, preconditions.version_wanted()
    alias = edit.set_targets(tx, address, wanted["targets"], if_version=version)
    db.session.commit()
    return _shown(alias), 200, preconditions.versioned(alias.version)


@bp.delete("/<int:alias_id>")
@domain_admin
@bp.response(204)
def remove_alias(alias_id: int) -> Response:
    """Remove an alias."""
    tx = writing()
    edit.remove_alias(tx, _mine(tx, alias_id).address)
    db.session.commit()
    return Response(status=204)


def _mine(tx: Session, alias_id: int) -> Alias:
    """An alias that the caller administers. Raises UnknownAlias, Forbidden."""
    alias = tx.get(Alias, alias_id)
    if alias is None:
        raise UnknownAlias
    administers(alias.domain.name)
    return alias


def _shown(alias: Alias) -> dict[str, object]:
    return {
        "id": alias.id,
        "address": readable(alias.address),
        "targets": [readable(target) for target in alias.targets],
        "domain": alias.domain.name,
        "created_at": alias.created_at,
        "version": alias.version,
    }
