"""Registrations: people ask for an address themselves; administrators decide where the domain wants it.

The rules live in mailnode.directory.registrations.
"""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import captcha, paging
from backend.access import administered, administers, anyone, domain_admin, peer
from backend.extensions import db, limiter, reading, writing
from backend.routes import Blueprint
from backend.schemas.paging import DomainListQuery
from backend.schemas.registrations import (
    ChallengeOut,
    OpenDomainsOut,
    RegisteredOut,
    RegistrationIn,
    RegistrationsOut,
)
from mailnode.database import utcnow
from mailnode.directory import challenges, edit, registrations
from mailnode.directory.addresses import readable
from mailnode.directory.models import Domain, Registration
from mailnode.errors import AddressUnavailable
from mailnode.store import mailboxes

bp = Blueprint("registrations", __name__, url_prefix="/registrations", description="Free registration")
SORTS = {"address": Registration.address, "created_at": Registration.id}


@bp.get("/domains")
@anyone
@bp.response(200, OpenDomainsOut)
def list_open_domains() -> dict[str, object]:
    """The domains that take registrations."""
    found = registrations.open_domains(reading())
    return {"items": [{"name": readable(domain.name), "policy": domain.registration} for domain in found]}


@bp.get("/challenge")
@anyone
@limiter.limit("60 per hour")
@bp.response(200, ChallengeOut)
def new_challenge() -> dict[str, object]:
    """A proof of work to solve before registering."""
    return captcha.challenge(utcnow())


@bp.post("")
@anyone
@limiter.limit("20 per hour")
@bp.arguments(RegistrationIn)
@bp.response(201, RegisteredOut)
def register(wanted: dict[str, str]) -> dict[str, str]:
    """Ask for an address."""
    token, expires_at = captcha.check(wanted["altcha"])
    made = edit.new_password(wanted["password"])
    who = registrations.Applicant(made, wanted["name"], wanted["language"], peer())
    tx = writing()
    challenges.spend(tx, token, expires_at, utcnow())
    try:
        done = registrations.register(tx, wanted["local_part"], wanted["domain"], who, utcnow())
    except AddressUnavailable:
        db.session.commit()  # the attempt counts, and the challenge is spent
        raise
    if done.user_id is not None:
        mailboxes.create_defaults(tx, done.user_id)
    db.session.commit()
    return {"status": "waiting" if done.user_id is None else "created", "address": readable(done.address)}


@bp.get("")
@domain_admin
@bp.arguments(DomainListQuery, location="query")
@bp.response(200, RegistrationsOut)
def list_registrations(query: dict[str, Any]) -> dict[str, object]:
    """A page of the registrations that wait for the caller's word."""
    found = select(Registration).join(Domain, Domain.id == Registration.domain_id)
    found = administered(found.where(Registration.state == registrations.PENDING), query["domain"])
    if query["q"]:
        found = found.where(Registration.address.icontains(query["q"], autoescape=True))
    by = paging.order(query["sort"] or "created_at", SORTS, Registration.id)
    return paging.page(reading(), found, by, limit=query["limit"], cursor=query["cursor"]).document(_shown)


@bp.post("/<int:registration_id>/approval")
@domain_admin
@bp.response(204)
def approve(registration_id: int) -> Response:
    """Make the user."""
    tx = writing()
    _mine(tx, registration_id)
    mailboxes.create_defaults(tx, registrations.approve(tx, registration_id).id)
    db.session.commit()
    return Response(status=204)


@bp.delete("/<int:registration_id>")
@domain_admin
@bp.response(204)
def refuse(registration_id: int) -> Response:
    """Turn a registration down."""
    tx = writing()
    _mine(tx, registration_id)
    registrations.refuse(tx, registration_id)
    db.session.commit()
    return Response(status=204)


def _mine(tx: Session, registration_id: int) -> None:
    """Raises NoSuchRegistration, Forbidden."""
    administers(split_domain(registrations.waiting(tx, registration_id).address))


def split_domain(address: str) -> str:
    return address.rpartition("@")[2]


def _shown(one: Registration) -> dict[str, object]:
    return {
        "id": one.id,
        "address": readable(one.address),
        "name": one.display_name,
        "domain": split_domain(one.address),
        "created_at": one.created_at,
        "peer": one.peer,
    }
