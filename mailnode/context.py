"""What every door and worker of one process is given, built once by ``node``."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from mailnode.directory.login import Authenticator
from mailnode.offload import Offload
from mailnode.resolver import Resolver
from mailnode.room import Room
from mailnode.settings import Settings
from mailnode.store.waker import Waker


@dataclass(frozen=True, slots=True)
class Context:
    """One process's tools. ``room`` is for what comes in; ``tls`` is one object for ever: a new certificate is
    loaded into it."""

    settings: Settings
    offload: Offload
    authenticator: Authenticator
    waker: Waker
    resolver: Resolver
    tls: ssl.SSLContext
    room: Room
