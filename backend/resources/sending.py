"""How much may be sent, what stands still, and letting it go on.

Users see their own; administrators of a domain see, freeze and release its users; destinations and
addresses, which concern everybody, are for system administrators.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from backend.access import caller, domain_admin, require_system_admin, signed_in
from backend.extensions import db, reading, writing
from backend.resources import domains, users
from backend.routes import Blueprint
from backend.schemas.sending import (
    DomainLimitsIn,
    DomainSendingOut,
    FreezeIn,
    FrozensOut,
    LimitsIn,
    ReleasedOut,
    ReleaseIn,
    SendingOut,
    UserSendingOut,
)
from mailnode.directory import edit
from mailnode.directory.addresses import readable
from mailnode.directory.models import User
from mailnode.outbound import counts, freezes, limits
from mailnode.outbound.freezes import Frozen
from mailnode.outbound.models import DOMAIN, EACH, USER

bp = Blueprint("sending", __name__, description="How much may be sent, and what stands still")
NOBODY = 0  # the id of no user, for whom what the domain says counts


@bp.get("/me/sending")
@signed_in
@bp.response(200, SendingOut)
def show_mine() -> dict[str, object]:
    """The caller's limits, what was sent, and why sending is on hold if it is."""
    tx = reading()
    return _of_user(tx, tx.get_one(User, caller().user_id))


@bp.get("/users/<int:user_id>/sending")
@domain_admin
@bp.response(200, UserSendingOut)
def show_user_sending(user_id: int) -> dict[str, object]:
    """The same of a user, with the limits set for this user alone."""
    tx = reading()
    return _with_own(tx, users.mine(tx, user_id))


@bp.patch("/users/<int:user_id>/sending")
@domain_admin
@bp.arguments(LimitsIn)
@bp.response(200, UserSendingOut)
def change_user_sending(wanted: dict[str, Any], user_id: int) -> dict[str, object]:
    """Change a user's limits."""
    tx = writing()
    user = users.mine(tx, user_id)
    limits.change(tx, USER, user.id, **wanted)
    db.session.commit()
    return _with_own(tx, user)


@bp.get("/domains/<name>/sending")
@domain_admin
@bp.response(200, DomainSendingOut)
def show_domain_sending(name: str) -> dict[str, object]:
    """A domain's limits and what its users have sent."""
    tx = reading()
    domain = domains.mine(tx, name)
    return _of_domain(tx, domain.id)


@bp.patch("/domains/<name>/sending")
@domain_admin
@bp.arguments(DomainLimitsIn)
@bp.response(200, DomainSendingOut)
def change_domain_sending(wanted: dict[str, Any], name: str) -> dict[str, object]:
    """Change what each user of the domain may send; what all may together is for system administrators."""
    tx = writing()
    domain = domains.mine(tx, name)
    if wanted["together"]:
        require_system_admin()
    limits.change(tx, DOMAIN, domain.id, **wanted["together"])
    limits.change(tx, EACH, domain.id, **wanted["each"])
    db.session.commit()
    return _of_domain(tx, domain.id)


@bp.get("/sending/frozen")
@domain_admin
@bp.response(200, FrozensOut)
def list_frozen() -> dict[str, object]:
    """What stands still: the caller's users; for system administrators everything."""
    tx = reading()
    return {"items": [_frozen(tx, one) for one in freezes.all_frozen(tx) if _concerns(tx, one)]}


@bp.post("/sending/frozen")
@domain_admin
@bp.arguments(FreezeIn)
@bp.response(201, FrozensOut)
def freeze(wanted: dict[str, str]) -> dict[str, object]:
    """Hold what waits and what comes of a user, or to a destination or an address."""
    tx = writing()
    key = _key(tx, wanted)
    freezes.freeze(tx, key, now=_now(), words=wanted["words"])
    db.session.commit()
    found = freezes.frozen(tx, key)
    return {"items": [_frozen(tx, found)] if found else []}


@bp.post("/sending/release")
@domain_admin
@bp.arguments(ReleaseIn)
@bp.response(200, ReleasedOut)
def release(wanted: dict[str, str]) -> dict[str, int]:
    """Let everything go on that was held for this."""
    tx = writing()
    number = freezes.release(tx, _key(tx, wanted), _now())
    db.session.commit()
    return {"recipients": number}


def _now() -> int:
    return int(time.time())


def _key(tx: Session, wanted: dict[str, str]) -> str:
    """Raises UnknownUser, BadDomainName, BadAddress, Forbidden."""
    if wanted["kind"] == USER:
        return freezes.key_of_user(users.mine(tx, edit.user(tx, wanted["name"]).id).id)
    require_system_admin()
    of = freezes.key_of_destination if wanted["kind"] == "destination" else freezes.key_of_recipient
    return of(wanted["name"])


def _concerns(tx: Session, one: Frozen) -> bool:
    if caller().administrator:
        return True
    user = tx.get(User, one.user_id) if one.user_id is not None else None
    return user is not None and caller().administers(user.domain.name)


def _frozen(tx: Session, one: Frozen) -> dict[str, object]:
    user = tx.get(User, one.user_id) if one.user_id is not None else None
    return {**asdict(one), "name": readable(user.address if user else one.name)}


def _of_user(tx: Session, user: User) -> dict[str, object]:
    found = freezes.frozen(tx, freezes.key_of_user(user.id))
    return {
        "limits": limits.limits_of(tx, user.id, user.domain_id)[0],
        "sent": counts.sent(tx, USER, user.id, _now()),
        "frozen": _frozen(tx, found) if found else None,
    }


def _with_own(tx: Session, user: User) -> dict[str, object]:
    usual, _ = limits.limits_of(tx, NOBODY, user.domain_id)
    return {**_of_user(tx, user), "own": limits.own(tx, USER, user.id), "usual": usual}


def _of_domain(tx: Session, domain_id: int) -> dict[str, object]:
    each, everybodys = limits.limits_of(tx, NOBODY, domain_id)
    return {
        "limits": everybodys,
        "sent": counts.sent(tx, DOMAIN, domain_id, _now()),
        "own": limits.own(tx, DOMAIN, domain_id),
        "each": each,
        "own_each": limits.own(tx, EACH, domain_id),
        "usual": limits.OF_A_DOMAIN,
        "usual_each": limits.OF_A_USER,
    }
