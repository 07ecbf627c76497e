"""The supervisor keeps every port that its workers listen on, from before the first one starts.

A socket is bound here and does not listen: it keeps the port (and finds one where 0 was asked for) while workers come
and go. On those for mail on its way in the workers may listen themselves (`Ports.give`). A port that another program
has is found out here, and said in one sentence.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Sequence
from contextlib import suppress

from mailnode.listening import Turn, bind, bound_to, give
from mailnode.node.doors import INBOUND, PROTOCOLS, WEB
from mailnode.settings import BadSettings, Listen, Settings

PATIENCE = 3.0  # seconds; the children of a supervisor that was killed need a moment to hear of it


class Ports:
    """Bound sockets by protocol name."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, Listen], list[socket.socket]] = {}

    def take(self, settings: Settings) -> dict[str, Sequence[Listen]]:
        """Keep the ports of these settings too; real addresses by name. Raises BadSettings."""
        taken = {key: self._kept.get(key) or _bind(*key) for key in _wanted(settings)}
        self._kept |= taken
        places: dict[str, list[Listen]] = {}
        for (name, _), sockets in taken.items():
            places.setdefault(name, []).extend(bound_to(one) for one in sockets)
        return dict(places)

    def keep(self, settings: Settings) -> None:
        """Keep no others than those of these settings."""
        for key in self._kept.keys() - _wanted(settings):
            _close(self._kept.pop(key))

    def fall_silent(self) -> None:
        """No process is to accept from these sockets any more. One that listens would still be given connections, and
        does so until it is closed: another one takes its place."""
        for sockets in self._kept.values():
            for one in [one for one in sockets if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)]:
                with suppress(OSError):  # whoever accepts now keeps the port as well
                    sockets.extend(bind(bound_to(one)))
                sockets.remove(one)
                one.close()

    def give(self, turn: Turn) -> None:
        """In a protocol process: its doors for mail on its way in accept from these sockets, when it is their turn; for
        all others it makes sockets of its own."""
        for (name, _), sockets in self._kept.items():
            if name in INBOUND:
                give(sockets, turn)
            else:
                _close(sockets)
        self._kept = {}

    def close(self) -> None:
        """In a child that does not accept; in the supervisor, when nobody is to accept any more."""
        for sockets in self._kept.values():
            _close(sockets)
        self._kept = {}


def _wanted(settings: Settings) -> dict[tuple[str, Listen], None]:
    wanted = [(name, listen) for name in WEB for listen in getattr(settings, f"listen_{name}")]
    wanted += [(one.name, listen) for one in PROTOCOLS for listen in one.listens(settings)]
    return dict.fromkeys(wanted)


def _close(sockets: list[socket.socket]) -> None:
    for one in sockets:
        one.close()


def _bind(name: str, listen: Listen) -> list[socket.socket]:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            # Alone first: SO_REUSEPORT would let two installations of one user share a port unseen.
            alone = bind(listen, shared=False)
            place = bound_to(alone[0]) if listen.port == 0 else listen
            _close(alone)
            return bind(place)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > end:
                raise BadSettings(_sentence(name, listen, error)) from error
            time.sleep(0.1)


def _sentence(name: str, listen: Listen, error: OSError) -> str:
    setting = f"MAILNODE_LISTEN_{name.upper()}"
    if error.errno == errno.EADDRINUSE:
        return f"{listen} is used by another program; end it, or change {setting}"
    if error.errno == errno.EACCES:
        return f"No right to listen on {listen}; run as root, grant CAP_NET_BIND_SERVICE, or change {setting}"
    return f"Cannot listen on {listen} ({error.strerror or error}); change {setting}"
