"""Opening the store: an engine that knows where the bodies lie."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mailnode import database
from mailnode.settings import Settings
from mailnode.store import appending
from mailnode.store.blobs import Blobs, open_blobs


def open_store(settings: Settings) -> Engine:
    """The engine for everything that reads or writes mail; `blobs_of` finds the bodies' home in it."""
    engine = database.engine(settings, blobs=open_blobs(settings))
    if engine.dialect.name == "sqlite":
        appending.prepare(engine)
    return engine


def blobs_of(tx: Session) -> Blobs:
    return cast(Blobs, tx.connection().get_execution_options()["blobs"])


def blobs_in(engine: Engine) -> Blobs:
    return cast(Blobs, engine.get_execution_options()["blobs"])
