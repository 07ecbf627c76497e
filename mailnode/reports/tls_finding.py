"""How our own connections to others' hosts went with TLS, for people: what `relay.tls_results` has counted."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from mailnode.reports.models import TlsResult

PAGE = 100
DAY = 86_400
_WITHIN_DAY = (TlsResult.domain, TlsResult.kind, TlsResult.result, TlsResult.host, TlsResult.address)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page has ended. ``day`` counts days since the epoch, in UTC."""

    day: int
    domain: str
    kind: str
    result: str
    host: str
    address: str


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """Sessions of one day that went alike. ``policy`` is the type of the domain's policy (tlsa, sts, no-policy-found),
    ``lines`` its text; ``result`` "" for success, else a word of RFC 8460 §4.3, which ``reason`` explains."""

    place: Place
    lines: tuple[str, ...]
    reason: str
    sessions: int

    @property
    def date(self) -> date:
        return datetime.fromtimestamp(self.place.day * DAY, UTC).date()


def results(
    tx: Session, *, domain: str = "", failed: bool = False, after: Place | None = None, limit: int = PAGE
) -> list[TlsSeen]:
    """The newest day first, in it by domain; those behind ``after`` only (keyset paging). ``failed``: not the
    successes."""
    query = select(TlsResult).order_by(TlsResult.day.desc(), *_WITHIN_DAY).limit(limit)
    if domain:
        query = query.where(TlsResult.domain == domain.lower())
    if failed:
        query = query.where(TlsResult.result != "")
    if after is not None:
        _, *within = astuple(after)
        later = (TlsResult.day == after.day) & (tuple_(*_WITHIN_DAY) > tuple_(*within))
        query = query.where((TlsResult.day < after.day) | later)
    return [_seen(one) for one in tx.scalars(query)]


def _seen(one: TlsResult) -> TlsSeen:
    place = Place(one.day, one.domain, one.kind, one.result, one.host, one.address)
    return TlsSeen(place, tuple(one.lines.split("\n")) if one.lines else (), one.reason, one.sessions)
