"""Rights on a mailbox: with whom it is shared, and what they may do. For whoever has the right ``a``."""

from __future__ import annotations

from flask import Response

from backend.access import caller, signed_in
from backend.extensions import db, reading, writing
from backend.routes import Blueprint
from backend.schemas.mailboxes import RightIn, RightOut, RightsOut
from mailnode.errors import UnknownUser
from mailnode.store import access, permitted, rights
from mailnode.store.rights import Granted

bp = Blueprint("rights", __name__, url_prefix="/mailboxes/<int:mailbox_id>/rights", description="Sharing mailboxes")


@bp.get("")
@signed_in
@bp.response(200, RightsOut)
def list_rights(mailbox_id: int) -> dict[str, object]:
    """Everybody who has rights on the mailbox, the owner first."""
    there = access.by_id(reading(), caller(), mailbox_id, "a").access
    return {"items": [_shown(one) for one in permitted.listed(reading(), there)]}


@bp.get("/<identifier>")
@signed_in
@bp.response(200, RightOut)
def show_right(mailbox_id: int, identifier: str) -> dict[str, object]:
    """What one identifier has."""
    there = access.by_id(reading(), caller(), mailbox_id, "a").access
    name = rights.identifier(reading(), identifier).name
    for one in permitted.listed(reading(), there):
        if one.identifier == name:
            return _shown(one)
    raise UnknownUser("The mailbox is not shared with them")


@bp.put("/<identifier>")
@signed_in
@bp.arguments(RightIn)
@bp.response(200, RightOut)
def set_right(wanted: dict[str, str], mailbox_id: int, identifier: str) -> dict[str, object]:
    """Give an identifier exactly these rights."""
    tx = writing()
    there = access.by_id(tx, caller(), mailbox_id, "a").access
    permitted.share(tx, there, identifier, frozenset(wanted["rights"]))
    name = rights.identifier(tx, identifier).name
    db.session.commit()
    return _shown(Granted(name, frozenset(wanted["rights"])))


@bp.delete("/<identifier>")
@signed_in
@bp.response(204)
def remove_right(mailbox_id: int, identifier: str) -> Response:
    """Stop sharing the mailbox with an identifier."""
    tx = writing()
    permitted.unshare(tx, access.by_id(tx, caller(), mailbox_id, "a").access, identifier)
    db.session.commit()
    return Response(status=204)


def _shown(one: Granted) -> dict[str, object]:
    return {"identifier": one.identifier, "rights": rights.printed(one.rights)}
