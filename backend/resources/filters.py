"""The filter that a user teaches by putting mail into Junk and taking it out."""

from __future__ import annotations

from flask import Response

from backend import rows
from backend.access import caller, signed_in
from backend.extensions import db, reading, writing
from backend.routes import Blueprint
from backend.schemas.filters import FilterOut
from mailnode.learning import teaching
from mailnode.learning.model import LEAST

bp = Blueprint("filters", __name__, url_prefix="/me/filter", description="The user's own junk filter")


@bp.get("")
@signed_in
@bp.response(200, FilterOut)
def show_filter() -> dict[str, object]:
    """What the caller's filter has learned, and whether it judges new mail."""
    found = teaching.status(reading(), caller().user_id)
    return {
        "junk": found.junk,
        "wanted": found.wanted,
        "needed": LEAST,
        "tokens": found.tokens,
        "judges": found.judges,
        "taught_at": rows.moment(found.taught_at) if found.junk or found.wanted else None,
    }


@bp.delete("")
@signed_in
@bp.response(204)
def forget_filter() -> Response:
    """Let the filter begin anew. What was taught until now is not learned again."""
    teaching.forget(writing(), caller().user_id)
    db.session.commit()
    return Response(status=204)
