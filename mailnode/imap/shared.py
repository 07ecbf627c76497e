"""What the sessions of one process share."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailnode.imap.bodies import Bodies
from mailnode.imap.turns import Turns
from mailnode.imap.views import Views
from mailnode.peers import Connections


@dataclass(frozen=True, slots=True)
class Shared:
    """Made once by ``serve``."""

    views: Views
    bodies: Bodies
    connections: Connections
    searches: Turns = field(default_factory=lambda: Turns(each=1, together=2))  # of four reader threads
    streams: Turns = field(default_factory=lambda: Turns(each=4, together=40))  # with bodies in them
