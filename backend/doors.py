"""What the web process holds beside Flask: the way to group commit, and who lets people in.

Built once for each application, at its first use, because the engine belongs to the application.
"""

from __future__ import annotations

from threading import Lock

from flask import current_app

from backend.extensions import db
from mailnode.directory.login import Authenticator
from mailnode.offload import Offload

_lock = Lock()


def offload() -> Offload:
    """The offload of this application: reads and writes outside a request's session."""
    with _lock:
        found: Offload | None = current_app.extensions.get("mailnode.offload")
        if found is None:
            found = current_app.extensions["mailnode.offload"] = Offload(db.engine)
        return found


def authenticator() -> Authenticator:
    """The authenticator of this application; it remembers passwords for some minutes."""
    way = offload()
    with _lock:
        found: Authenticator | None = current_app.extensions.get("mailnode.authenticator")
        if found is None:
            found = current_app.extensions["mailnode.authenticator"] = Authenticator(way)
        return found
