"""What the sessions of one process share."""

from __future__ import annotations

from dataclasses import dataclass

from mailnode.imap.bodies import Bodies
from mailnode.imap.views import Views
from mailnode.smtpd.connections import Connections


@dataclass(frozen=True, slots=True)
class Shared:
    """Made once by ``serve``."""

    views: Views
    bodies: Bodies
    connections: Connections
