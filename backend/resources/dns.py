"""What the DNS should say of a domain, and whether it does."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from backend.access import domain_admin
from backend.extensions import db, limiter, reading, settings, writing
from backend.problems import language
from backend.resources.domains import mine
from backend.routes import Blueprint
from backend.schemas.domains import CheckOut, RecordsOut
from mailnode.database import utcnow
from mailnode.directory import dkim_rotation, edit
from mailnode.resolver import Resolver
from mailnode.zone.check import Finding, check
from mailnode.zone.plan import Plan, plan
from mailnode.zone.records import records
from mailnode.zone.zone_file import zone_file

PATIENCE = 4.0  # seconds for one question: somebody is looking at the screen

bp = Blueprint("dns", __name__, url_prefix="/domains/<name>", description="What the DNS should say of a domain")


@bp.get("/records")
@domain_admin
@bp.response(200, RecordsOut)
def list_records(name: str) -> dict[str, object]:
    """The records that the domain needs, and its zone file."""
    return _listed(_plan(name))


@bp.post("/check")
@domain_admin
@limiter.limit("30 per minute")
@bp.response(200, CheckOut)
def check_records(name: str) -> dict[str, object]:
    """Ask the live DNS for each record."""
    wanted = _plan(name)
    db.session.rollback()  # the answers may take seconds; no snapshot is held meanwhile
    findings = asyncio.run(_ask(wanted, settings().nameservers))
    return {"checked_at": utcnow(), "verdict": _verdict(findings), "items": [_shown(one) for one in findings]}


@bp.post("/dkim-rotation")
@domain_admin
@limiter.limit("30 per minute")
@bp.response(200, RecordsOut)
def rotate_dkim(name: str) -> dict[str, object]:
    """Make DKIM keys that replace those of the domain once their records are in the DNS; tells all records."""
    domain = mine(reading(), name).name
    db.session.rollback()
    keys = edit.new_dkim_keys()
    dkim_rotation.begin(writing(), domain, keys, utcnow())
    db.session.commit()
    return _listed(_plan(domain))


def _listed(wanted: Plan) -> dict[str, object]:
    items = [asdict(record) for record in records(wanted)]
    return {"items": items, "zone": zone_file(wanted, utcnow()).text}


def _shown(one: Finding) -> dict[str, object]:
    """With its advice in the language of the request."""
    return {**asdict(one), "advice": one.advice.chinese if language() == "zh" else one.advice.english}


def _plan(name: str) -> Plan:
    return plan(reading(), settings(), mine(reading(), name).name)


async def _ask(wanted: Plan, nameservers: tuple[str, ...]) -> tuple[Finding, ...]:
    """A resolver of its own: it belongs to the event loop of this one request."""
    return await check(Resolver(nameservers, timeout=PATIENCE / 2, lifetime=PATIENCE), wanted)


def _verdict(findings: tuple[Finding, ...]) -> str:
    bad = [one for one in findings if one.verdict != "ok"]
    if any(one.needed for one in bad):
        return "wrong"
    return "warning" if bad else "ok"
