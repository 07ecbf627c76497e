"""Changes: asked for with ``GET /changes``, or told as they happen by ``GET /events``.

Under our own server the stream leaves its thread at once (see `front`). Under any other WSGI server
it holds one, and looks every quarter of a second.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from backend import feed, shared_news, streaming
from backend.access import caller, signed_in
from backend.doors import offload
from backend.extensions import reading
from backend.routes import Blueprint
from backend.schemas.events import ChangesOut, ChangesQuery, EventsQuery
from backend.streaming import Listener
from mailnode.offload import Offload

bp = Blueprint("events", __name__, description="What changes, as it happens")
LOOK_EVERY = 0.25
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@bp.get("/changes")
@signed_in
@bp.arguments(ChangesQuery, location="query")
@bp.response(200, ChangesOut)
def list_changes(query: dict[str, int]) -> dict[str, object]:
    """What happened after a modseq."""
    found = feed.since(reading(), caller().user_id, query["since"], query["limit"])
    told = {name: getattr(found, name) for name in ("modseq", "more", "reset", "tree")}
    return {**told, "mailboxes": [feed.document(change) for change in found.mailboxes]}


@bp.get("/events")
@signed_in
@bp.arguments(EventsQuery, location="query")
@bp.response(200, content_type="text/event-stream")
def listen(query: dict[str, Any]) -> Response:
    """Server-sent events: hello, change, mailboxes, reset, bye. Last-Event-ID replays."""
    last = request.headers.get("Last-Event-ID", "")
    since = int(last[:18]) if last.isascii() and last.isdigit() else query["since"]
    listener = Listener(caller().user_id, caller().session_id, since)
    hand_over = request.environ.get("mailnode.listen")
    if hand_over is None:
        return Response(_blocking(offload(), listener), mimetype="text/event-stream", headers=HEADERS)
    hand_over(listener)
    return Response(mimetype="text/event-stream", headers=HEADERS)


def _blocking(way: Offload, listener: Listener) -> Iterator[str]:
    told = way.read_now(lambda tx: streaming.greeting(tx, listener))
    watched = way.read_now(lambda tx: shared_news.begin(tx, listener.user_id))
    yield told.text
    if listener.since is not None and watched.boxes:
        yield streaming.event("reset", {}, told.modseq)
    pinged = time.monotonic()
    while way.read_now(lambda tx: streaming.lives(tx, listener.session_id)):
        modseq = told.modseq
        told = way.read_now(lambda tx: streaming.telling(tx, listener.user_id, modseq))  # noqa: B023 - run at once
        others, watched = way.read_now(lambda tx: streaming.shared(tx, listener, watched, modseq))  # noqa: B023 - run at once
        if told.text or others.text:
            yield told.text + others.text
        elif time.monotonic() - pinged > streaming.PING:
            pinged = time.monotonic()
            yield ": ping\n\n"
        if not told.more:
            time.sleep(LOOK_EVERY)
    yield streaming.event("bye", {}, told.modseq)
